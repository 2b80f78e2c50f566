"""Clients: whom we serve, the persons there, and the addresses by which we know them."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.channels import Channel
from storage.columns import choice


class Client(SQLModel, table=True):
    """A person or organisation we serve."""

    __tablename__ = "client"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    tier: str = "standard"
    since: datetime | None = None
    slack_channel: str = Field(default="", index=True)
    """The Slack channel (id) that is this client's own; "" if none."""
    note: str = ""


class Contact(SQLModel, table=True):
    """A person at a client."""

    __tablename__ = "contact"

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str
    role: str = ""


class Address(SQLModel, table=True):
    """A mail address (lower case) or Slack user id of a contact; it belongs to one contact only."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    channel: Channel = choice(Channel)
    address: str


class Clients:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, client: Client) -> Client:
        self._session.add(client)
        await self._session.flush()
        return client

    async def add_contact(self, client: Client, name: str, *, role: str = "") -> Contact:
        assert client.id is not None
        contact = Contact(client_id=client.id, name=name, role=role)
        self._session.add(contact)
        await self._session.flush()
        return contact

    async def add_address(self, contact: Contact, channel: Channel, address: str) -> Address:
        """Refused by the database when the address is somebody else's."""
        assert contact.id is not None
        row = Address(contact_id=contact.id, channel=channel, address=address.strip().lower() if channel is Channel.EMAIL else address)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, client_id: int) -> Client:
        """The client; KeyError if there is none."""
        found = await self._session.get(Client, client_id)
        if found is None:
            raise KeyError(f"client {client_id}")
        return found

    async def contact(self, contact_id: int) -> Contact | None:
        return await self._session.get(Contact, contact_id)

    async def with_address(self, channel: Channel, address: str) -> tuple[Client, Contact] | None:
        """Whose address this is; None: nobody's."""
        wanted = address.strip().lower() if channel is Channel.EMAIL else address
        query = (
            select(Client, Contact)
            .join(Contact, col(Contact.client_id) == col(Client.id))
            .join(Address, col(Address.contact_id) == col(Contact.id))
            .where(col(Address.channel) == channel, col(Address.address) == wanted)
        )
        found = (await self._session.exec(query)).first()
        return (found[0], found[1]) if found else None

    async def with_slack_channel(self, channel_id: str) -> Client | None:
        if not channel_id:
            return None
        return (await self._session.exec(select(Client).where(col(Client.slack_channel) == channel_id))).first()

    async def all(self) -> list[Client]:
        return list((await self._session.exec(select(Client).order_by(col(Client.name)))).all())

    async def contacts(self, client_id: int) -> list[Contact]:
        query = select(Contact).where(col(Contact.client_id) == client_id).order_by(col(Contact.id))
        return list((await self._session.exec(query)).all())

    async def addresses(self, client_id: int, channel: Channel) -> list[str]:
        query = (
            select(Address.address)
            .join(Contact, col(Address.contact_id) == col(Contact.id))
            .where(col(Contact.client_id) == client_id, col(Address.channel) == channel)
            .order_by(col(Address.id))
        )
        return list((await self._session.exec(query)).all())

    async def count(self) -> int:
        return (await self._session.exec(select(func.count()).select_from(Client))).one()

"""Facts: dated, sourced statements about a client; superseded, never edited."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import choice, json_list


class Basis(StrEnum):
    TOLD = "told"          # the client said so to us
    OBSERVED = "observed"  # we saw it happen
    IMPORTED = "imported"  # from another system of the owner's
    INFERRED = "inferred"  # a conclusion; needs a person's word before it is used


class Fact(SQLModel, table=True):
    __tablename__ = "fact"

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str = ""
    """What a routine's slot may ask for by name, e.g. "next_visit"; "" for free statements."""
    text: str
    basis: Basis = choice(Basis)
    source: str
    """Where it comes from, in words: "mail of 12 May", "imported at the start"."""
    purposes: list[str] = json_list()
    dated: datetime
    superseded_by: int | None = Field(default=None, foreign_key="fact.id")


class Facts:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, fact: Fact) -> Fact:
        self._session.add(fact)
        return fact

    async def usable(self, client_id: int) -> list[Fact]:
        """The client's facts that still hold and may be used in a reply, newest first."""
        query = select(Fact).where(
            col(Fact.client_id) == client_id,
            col(Fact.superseded_by).is_(None),
            col(Fact.basis) != Basis.INFERRED,
        )
        return list((await self._session.exec(query.order_by(col(Fact.dated).desc()))).all())

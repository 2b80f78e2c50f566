"""The shape of understudy.toml: what may stand in it, and what each value has to be like."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.people import Approver, People, Role
from handlers.settings_oauth import OAuthTable
from handlers.settings_values import (
    ChannelName,
    Hours,
    Line,
    Listening,
    MailAddress,
    MailAddressIfAny,
    SlackId,
    Words,
    Zone,
    is_loopback,
    url_of,
    words,
)


class Section(BaseModel):
    """One table of the file. A field's description is the cure when its value cannot be used."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Business(Section):
    name: Line = Field(description='Write the name clients know: name = "Studio Hallberg".')
    timezone: Zone = Field(
        default="UTC", description='Write the zone by its city: timezone = "Europe/Stockholm".'
    )
    hours: Hours = Field(
        default=None,
        description='Write hours = { monday = ["09:00-17:00"], … }, or leave it to house_rules.toml.',
    )
    """Weekday (0 is Monday) to opening hours; None: the house rules of the playbook say."""
    signature: str = Field(default="", description='Write what stands under a mail: signature = "Maren".')

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Person(Section):
    name: Line = Field(description='Write the name as it stands under a mail: name = "Maren Hallberg".')
    email: MailAddressIfAny = Field(default="", description='Write email = "maren@studio.example".')
    slack: SlackId = Field(default="", description='Write the Slack member id: slack = "U0123ABCD".')


class Owner(Person):
    """Whose business it is."""


class Delegate(Person):
    covers: Words = Field(
        default=(), description='Write topics of the playbook: covers = ["pricing", "scheduling"].'
    )
    limit: Line = Field(
        default="standard", description='Write a limit that authority.toml names: limit = "standard".'
    )


class Mail(Section):
    address: MailAddress = Field(
        description='Write the address clients write to: address = "hello@studio.example".'
    )
    imap: Annotated[str, url_of("imaps", "imap", plain=("imap",))] = Field(
        repr=False, description='Write imap = "imaps://user@imap.provider.example:993".'
    )
    smtp: Annotated[str, url_of("smtp+starttls", "smtps", "smtp", plain=("smtp",))] = Field(
        repr=False, description='Write smtp = "smtp+starttls://user@smtp.provider.example:587".'
    )
    folders: Words = Field(default=("INBOX",), min_length=1, description='Write folders = ["INBOX"].')
    sent_copy: Literal["append", "server"] = Field(
        default="append",
        description='Write sent_copy = "append", or "server" where the provider files sent mail by itself.',
    )
    authserv_id: Words = Field(
        default=(),
        description='Write the id of your provider\'s server: authserv_id = ["mx.provider.example"].',
    )
    """Whose Authentication-Results are believed; with none no sender counts as verified."""
    addresses: Annotated[tuple[MailAddress, ...], BeforeValidator(words)] = Field(
        default=(), description='Write addresses = ["info@studio.example"].'
    )
    """Further addresses that are ours."""
    oauth: OAuthTable = Field(
        default=None,
        description='Write oauth = { provider = "microsoft", client_id = "…" }, and sign in with `understudy login`.',
    )
    """Sign in by token instead of a password; None: by password."""
    history_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Write how many days of old mail are read as context: history_days = 90, or 0 for none.",
    )
    """Old mail is never answered. A quarter holds the threads that are still alive, and is read within minutes."""


class Slack(Section):
    mode: Literal["socket", "http"] = Field(
        default="socket", description='Write mode = "socket", or "http" with a public address.'
    )
    desk: ChannelName = Field(default="#desk", description='Write the channel: desk = "#desk".')
    api: Annotated[str, url_of("https", "http", plain=("http",))] = Field(
        default="https://slack.com/api/",
        description='Leave `api` out, or write api = "https://slack.com/api/".',
    )


class Model(Section):
    base_url: Annotated[str, url_of("https", "http", plain=("http",))] = Field(
        default="https://api.openai.com/v1", description='Write base_url = "https://api.openai.com/v1".'
    )
    draft_model: Line = Field(description="Write the name of a model that your server offers.")
    triage_model: str = Field(default="", description="Write the name of a model that your server offers.")
    """"" stands for the draft model."""
    monthly_budget: Decimal = Field(
        default=Decimal(20),
        ge=0,
        le=1_000_000,
        description="Write a sum in the currency of your price list: monthly_budget = 20.",
    )
    timeout: float = Field(
        default=30.0, gt=0, le=600, description="Write seconds for one call: timeout = 30."
    )

    @property
    def needs_key(self) -> bool:
        """A server on this machine usually asks for none."""
        return not is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def sorting_model(self) -> str:
        return self.triage_model or self.draft_model


class Storage(Section):
    url: Annotated[str, url_of("sqlite", "postgresql", host=False)] = Field(
        default="sqlite:///understudy.db",
        repr=False,
        description='Write url = "sqlite:///understudy.db", or "postgresql://user@host/name".',
    )

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite:///") else None


class Queue(Section):
    url: Annotated[str, url_of("memory", "redis", "rediss", "amqp", "amqps", host=False)] = Field(
        default="memory://",
        repr=False,
        description='Write url = "memory://", "redis://host:6379/0" or "amqp://user:password@host/".',
    )


class Web(Section):
    address: Listening = Field(default="127.0.0.1:8025", description='Write address = "127.0.0.1:8025".')
    public_url: Annotated[str, url_of("https", "http", plain=("http",), blank=True)] = Field(
        default="", description='Write how the world reaches it: public_url = "https://desk.studio.example".'
    )

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


class Secrets(BaseModel):
    """What may not be printed; "" where it is not set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    imap_password: SecretStr = SecretStr("")
    smtp_password: SecretStr = SecretStr("")
    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    openai_api_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    oauth_client_secret: SecretStr = SecretStr("")


class File(Section):
    """The whole of understudy.toml."""

    business: Business
    owner: Owner
    delegate: tuple[Delegate, ...] = ()
    mail: Mail | None = None
    slack: Slack | None = None
    model: Model | None = None
    storage: Storage = Storage()
    queue: Queue = Queue()
    web: Web = Web()


class Settings(BaseModel):
    """Everything one business's house is told from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    business: Business
    owner: Owner
    delegates: tuple[Delegate, ...] = ()
    mail: Mail | None = None
    slack: Slack | None = None
    model: Model | None = None
    """None: the offline writer."""
    storage: Storage = Storage()
    queue: Queue = Queue()
    web: Web = Web()
    secrets: Secrets = Secrets()

    @property
    def playbook(self) -> Path:
        return self.home / "playbook"

    def people(self, *, team: str = "") -> People:
        """Who may answer, and the addresses that are ours; `team` is the Slack team their ids belong to."""
        mail = self.mail
        return People(
            owner=Approver(self.owner.name, Role.OWNER, self.owner.email, self.owner.slack),
            delegates=tuple(
                Approver(one.name, Role.DELEGATE, one.email, one.slack, one.covers, one.limit)
                for one in self.delegates
            ),
            team=team,
            business_addresses=frozenset(a.lower() for a in (mail.address, *mail.addresses))
            if mail
            else frozenset(),
        )

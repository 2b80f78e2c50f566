"""Sets the stage: the sample business as a home, as practice mailboxes, as a workspace, and as rows of history."""

import secrets
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import tomlkit

from handlers.rehearsal.business import PastMessage, SampleBusiness, SampleClient
from handlers.rehearsal.cast import Business
from handlers.rehearsal.mail_store import PracticePerson
from handlers.rehearsal.slack_seed import Seed, SeedChannel, SeedPerson
from handlers.rehearsal.workspace import Workspace
from handlers.settings import Settings, read_settings
from handlers.slack.manifest import manifest
from storage.channels import Channel
from storage.clients import Client
from storage.conversations import Conversation
from storage.engagements import Engagement
from storage.facts import Basis, Fact
from storage.messages import Direction, Message
from storage.store import Store, Tx

PASSWORD = "practice"  # noqa: S105  a mailbox of the practice world, on loopback only
AUTHSERV_ID = "practice.understudy.example"
SAMPLE_PLAYBOOK = Path(__file__).resolve().parents[2] / "prompts" / "sample"


def mailboxes(business: Business) -> list[PracticePerson]:
    """A practice mailbox for the business and for everybody around it."""
    people = [PracticePerson(business.name, "business", business.address, _user(business.address), PASSWORD)]
    for one in business.people:
        role = "client" if one.role == "stranger" else one.role
        people.append(PracticePerson(one.name, role, one.address, _user(one.address), PASSWORD))
    return people


def _user(address: str) -> str:
    """The login: what stands before the @, with the domain's first word, so that two Saras do not collide."""
    local, _, domain = address.partition("@")
    return f"{local}.{domain.partition('.')[0]}"


def seed_of(sample: SampleBusiness) -> Seed:
    """The practice workspace of the sample business: its people, its channels, and the product as its app."""
    ours = [sample.owner, *sample.delegates]
    people = [
        SeedPerson(one.slack, one.name, "owner" if one is sample.owner else "delegate", one.email, sample.timezone)
        for one in ours
    ]
    channels = [
        SeedChannel("desk", (*(one.slack for one in ours), "understudy", "script"), topic="What needs a person"),
        SeedChannel("general", (*(one.slack for one in ours), "script"), topic="Everything else"),
    ]
    for client in sample.clients:
        inside = [contact for contact in client.contacts if contact.slack]
        people += [
            SeedPerson(one.slack, one.name, "connect", one.email, sample.timezone, company=client.name) for one in inside
        ]
        if client.channel and inside:
            members = (*(one.slack for one in ours), *(one.slack for one in inside), "understudy", "script")
            channels.append(SeedChannel(client.channel, members, topic=f"With {client.name}"))
    return Seed(sample.name, tuple(people), tuple(channels), (manifest("socket"),))


def write_home(home: Path, sample: SampleBusiness, workspace: Workspace, *, smtp: str, imap: str, web: str) -> Settings:
    """The practice business as an ordinary home: understudy.toml, .env, playbook. Addresses are this start's."""
    home.mkdir(parents=True, exist_ok=True)
    playbook = home / "playbook"
    if not playbook.exists():
        shutil.copytree(SAMPLE_PLAYBOOK, playbook, ignore=shutil.ignore_patterns("__pycache__"))
    app = next(app for app in workspace.apps.values() if not app.practice)
    user = _user(sample.address)
    toml = tomlkit.document()
    toml.add(tomlkit.comment("The practice world wrote this and writes it anew at each start."))
    toml["business"] = {"name": sample.name, "timezone": sample.timezone, "signature": sample.signature}
    toml["owner"] = {"name": sample.owner.name, "email": sample.owner.email, "slack": workspace.person(sample.owner.slack).id}
    toml["delegate"] = [
        {
            "name": one.name,
            "email": one.email,
            "slack": workspace.person(one.slack).id,
            "covers": list(one.covers),
            "limit": one.limit,
        }
        for one in sample.delegates
    ]
    toml["mail"] = {
        "address": sample.address,
        "imap": f"imap://{user}@{imap}",
        "smtp": f"smtp://{user}@{smtp}",
        "authserv_id": [AUTHSERV_ID],
    }
    toml["slack"] = {"mode": "socket", "desk": "#desk", "api": f"{web}/api/"}
    toml["storage"] = {"url": "sqlite:///understudy.db"}
    toml["web"] = {"address": web.removeprefix("http://")}
    (home / "understudy.toml").write_text(tomlkit.dumps(toml), encoding="utf-8")
    _write_env(home / ".env", app.bot_token, app.app_token, app.signing_secret)
    return read_settings(home, {})


def _write_env(path: Path, bot: str, app: str, signing: str) -> None:
    key = ""
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        key = next((line.partition("=")[2] for line in lines if line.startswith("UNDERSTUDY_SECRET_KEY=")), "")
    values = {
        "UNDERSTUDY_SECRET_KEY": key or secrets.token_urlsafe(32),
        "UNDERSTUDY_IMAP_PASSWORD": PASSWORD,
        "UNDERSTUDY_SMTP_PASSWORD": PASSWORD,
        "SLACK_BOT_TOKEN": bot,
        "SLACK_APP_TOKEN": app,
        "SLACK_SIGNING_SECRET": signing,
    }
    path.touch(mode=0o600, exist_ok=True)
    path.chmod(0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")


async def furnish(store: Store, sample: SampleBusiness, workspace: Workspace, *, now: datetime) -> bool:
    """Write the clients and their history into an empty database; False: it has clients already."""
    async with store.transaction("rehearsal.furnish") as tx:
        if await tx.clients.count():
            return False
        for client in sample.clients:
            await _furnish_client(tx, sample, client, workspace, now)
    return True


async def _furnish_client(
    tx: Tx, sample: SampleBusiness, one: SampleClient, workspace: Workspace, now: datetime
) -> None:
    channel = next((c.id for c in workspace.channels.values() if one.channel and c.name == one.channel), "")
    client = await tx.clients.add(
        Client(name=one.name, tier=one.tier, since=_noon(one.since), slack_channel=channel)
    )
    assert client.id is not None
    for person in one.contacts:
        contact = await tx.clients.add_contact(client, person.name, role=person.role)
        await tx.clients.add_address(contact, Channel.EMAIL, person.email)
        if person.slack:
            await tx.clients.add_address(contact, Channel.SLACK, workspace.person(person.slack).id)
    for fact in one.facts:
        tx.facts.add(
            Fact(
                client_id=client.id, name=fact.name, text=fact.text, basis=Basis.TOLD, source=fact.source,
                purposes=["reply"], dated=_noon(fact.told),
            )
        )  # fmt: skip
    for work in one.engagements:
        milestones = []
        if work.next_milestone:
            on = work.next_date.isoformat() if work.next_date else None
            milestones.append({"name": work.next_milestone, "on": on, "done": False})
        tx.engagements.add(
            Engagement(
                client_id=client.id, name=work.title, starts_on=work.start, ends_on=work.end,
                milestones=milestones, status=work.stage,
            )
        )  # fmt: skip
    await _furnish_history(tx, sample, client, one.history, now)


async def _furnish_history(
    tx: Tx, sample: SampleBusiness, client: Client, history: tuple[PastMessage, ...], now: datetime
) -> None:
    threads: dict[str, Conversation] = {}
    for number, past in enumerate(sorted(history, key=lambda p: p.day)):
        base = past.subject.removeprefix("Re: ").casefold()
        at = min(_noon(past.day) + timedelta(minutes=number), now - timedelta(hours=1))
        conversation = threads.get(base)
        if conversation is None:
            conversation = await tx.conversations.add(
                Conversation(
                    channel=Channel.EMAIL, client_id=client.id, subject=past.subject, base_subject=base,
                    participants=[past.contact.email.lower()], place=sample.address, last_at=at,
                )
            )  # fmt: skip
            threads[base] = conversation
        conversation.last_at = at
        theirs = past.who == "client"
        assert conversation.id is not None
        await tx.messages.add(
            Message(
                conversation_id=conversation.id,
                inquiry_id=None,
                direction=Direction.IN if theirs else Direction.OUT,
                sender_name=past.contact.name if theirs else sample.owner.name,
                sender_address=past.contact.email.lower() if theirs else sample.address,
                to=[sample.address if theirs else past.contact.email],
                subject=past.subject,
                text=past.text,
                kind="human" if theirs else "own",
                verified=True,
                history=True,
                at=at,
            )
        )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)

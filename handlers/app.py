"""The roof: settings in, a running house out. Everything that exists, in the order it comes to life."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.context import House
from bot.door import Doorway
from bot.errors import BotError, Transient
from bot.people import People
from bot.ports import Carrier, Clock, Desk, Posted, Reader, SentFolder, Writer
from bot.questions import Post
from bot.rules.message_ids import is_ours
from bot.rules.recipients import named
from bot.runner import Runner
from bot.steps.arrive import Arrive
from bot.steps.decide import Decide
from bot.steps.digest import MorningDigest
from bot.steps.draft import WriteDraft
from bot.steps.file_sent import FileSent
from bot.steps.intake import Intake
from bot.steps.post import PostIt
from bot.steps.put_back import PutBack
from bot.steps.reconcile import Reconcile
from bot.steps.report import Report
from bot.steps.routine import RunRoutine
from bot.steps.send import Send
from bot.steps.settle import Settle
from bot.steps.show import Show
from bot.steps.triage import Triage
from bot.steps.undo import Undo
from bot.steps.verify import Verify
from bot.steps.wake import Wake
from handlers.jobs.heart import Heart
from handlers.mail.compose import MailComposer, header_injection_probe
from handlers.mail.entering import way_in_of
from handlers.mail.mailbox import POLL_SECONDS
from handlers.mail.own import Own
from handlers.mail.reader import MailReader
from handlers.mail.sender import SmtpCarrier
from handlers.mail.sent import ImapSentFolder
from handlers.model.opening import open_writer
from handlers.settings import Settings
from handlers.slack.answers import PrivateAnswers
from handlers.slack.desk import SlackDesk
from handlers.slack.identity import Ourselves
from handlers.slack.listeners import build_app
from handlers.slack.reader import SlackReader
from handlers.slack.sender import SlackCarrier
from handlers.slack.web_api import open_client
from handlers.web.health import Figures
from prompts.playbooks import Playbook, read_playbook
from storage.channels import Channel
from storage.engine import open_engines
from storage.jobs import Step
from storage.migrate import migrate
from storage.store import Reached, Ring, Store

log = logging.getLogger(__name__)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Tuning:
    """What tests and the rehearsal set differently; a live house takes it as it is."""

    clock: Clock = field(default_factory=SystemClock)
    reached: Reached = lambda _point: None
    undo: timedelta | None = None
    lease: timedelta = timedelta(seconds=12)
    dot_timeout: float = 600.0
    poll_seconds: float = POLL_SECONDS
    """Between looks into folders where nothing rings, such as Sent."""


@dataclass(frozen=True)
class Rooms:
    """An open house, as its processes need it."""

    settings: Settings
    store: Store
    clock: Clock
    house: House
    runner: Runner
    door: Doorway
    heart: Heart
    figures: Figures
    verify: Verify
    slack: "SlackRoom | None"


@dataclass(frozen=True)
class SlackRoom:
    """The Slack side: one client, the Bolt app, the desk."""

    client: AsyncWebClient
    app: AsyncApp
    answers: PrivateAnswers
    desk: SlackDesk


class NoDesk:
    """There is no Slack in the settings: what would be shown waits, and `doctor` says so."""

    async def post(self, post: Post, *, key: str, under: Posted | None = None) -> Posted:
        raise Transient("no Slack is set up", retry_after=timedelta(minutes=30))

    async def find(self, key: str, *, since: datetime, under: Posted | None = None) -> Posted | None:
        return None

    async def update(self, posted: Posted, post: Post) -> None:
        raise Transient("no Slack is set up", retry_after=timedelta(minutes=30))


@asynccontextmanager
async def open_rooms(
    settings: Settings, *, ring: Ring, tuning: Tuning | None = None, playbook: Playbook | None = None
) -> AsyncIterator[Rooms]:
    """Open everything but the listeners; closed in reverse. PlaybookError, Permanent (a self-test failed)."""
    tuning = tuning or Tuning()
    header_injection_probe()
    book = playbook or read_playbook(settings.playbook)
    clock = tuning.clock
    async with AsyncExitStack() as house:
        engines = open_engines(settings.storage.url)
        house.push_async_callback(engines.dispose)
        await migrate(engines)
        store = Store(engines, ring=ring, reached=tuning.reached)
        heart, figures = Heart(store, clock), Figures()

        slack_client = await _open_slack(house, settings)
        people = settings.people(team=await _team(slack_client))
        known = _describe(settings, people, book, undo=tuning.undo)
        writer: Writer = await house.enter_async_context(open_writer(settings, book, store, clock))
        composer = MailComposer()
        readers, carriers, sent = await _open_mail(house, settings, tuning)
        desk: Desk = NoDesk()
        if slack_client is not None and settings.slack is not None:
            desk = SlackDesk(slack_client, settings.slack.desk)
            readers[Channel.SLACK] = SlackReader(slack_client)
            carriers[Channel.SLACK] = SlackCarrier(slack_client, clock)

        warnings = Warnings(store, heart, settings, clock)
        steps: Mapping[Step, Any] = {
            Step.INTAKE: Intake(store, readers, known, clock),
            Step.TRIAGE: Triage(store, writer, known, clock),
            Step.ROUTINE: RunRoutine(store, composer, known, clock),
            Step.DRAFT: WriteDraft(store, writer, known, clock),
            Step.POST: PostIt(store, desk, known, clock),
            Step.SEND: Send(store, carriers, clock),
            Step.RECONCILE: Reconcile(store, carriers, clock),
            Step.FILE_SENT: FileSent(store, sent),
            Step.WAKE: Wake(store, clock),
            Step.DIGEST: MorningDigest(store, known, clock, warnings),
        }
        runner = Runner(store, steps, clock, lease=tuning.lease, ran=figures.ran)
        door = Doorway(
            store=store,
            house=known,
            clock=clock,
            arrive_step=Arrive(store, clock),
            decide=Decide(store, composer, known, clock),
            settle=Settle(store, known, clock),
            undo=Undo(store, known, clock),
            put_back=PutBack(store, known, clock),
            show=Show(store, known),
            report=Report(store, known, clock, warnings, budget=settings.model.monthly_budget if settings.model else None),
        )
        slack = None
        if slack_client is not None and isinstance(desk, SlackDesk):
            answers = PrivateAnswers(slack_client)
            app = build_app(slack_client, door, people, desk=desk.channel, answers=answers)
            slack = SlackRoom(slack_client, app, answers, desk)
        yield Rooms(settings, store, clock, known, runner, door, heart, figures, Verify(store, clock), slack)


def _describe(settings: Settings, people: People, playbook: Playbook, *, undo: timedelta | None) -> House:
    address = settings.mail.address if settings.mail else settings.owner.email
    return House(
        business=settings.business.name,
        zone=settings.business.zone,
        people=people,
        playbook=playbook,
        address=address,
        sender=named(settings.owner.name, address) if address else settings.owner.name,
        signature=settings.business.signature,
        secret=settings.secrets.secret_key.get_secret_value().encode(),
        domain=address.rpartition("@")[2] or "localhost",
        undo=undo,
    )


async def _open_slack(house: AsyncExitStack, settings: Settings) -> AsyncWebClient | None:
    token = settings.secrets.slack_bot_token.get_secret_value()
    if settings.slack is None or not token:
        return None
    return await house.enter_async_context(open_client(token, api=settings.slack.api))


async def _team(client: AsyncWebClient | None) -> str:
    """Our Slack team, if Slack can be asked now; "" otherwise: the pinned user ids alone decide then."""
    if client is None:
        return ""
    try:
        async with asyncio.timeout(5):
            return (await Ourselves(client).identity()).team
    except (BotError, TimeoutError):
        return ""


async def _open_mail(
    house: AsyncExitStack, settings: Settings, tuning: Tuning
) -> tuple[dict[Channel, Reader], dict[Channel, Carrier], SentFolder]:
    mail = settings.mail
    readers: dict[Channel, Reader] = {Channel.EMAIL: await house.enter_async_context(MailReader(own_mail(settings)))}
    if mail is None:
        return readers, {}, NoSent()
    sent = ImapSentFolder(mail.imap, way_in_of(settings, "imap", tuning.clock), sent_copy=mail.sent_copy)
    way_out = way_in_of(settings, "smtp", tuning.clock)
    carrier = SmtpCarrier(mail.smtp, way_out, sent=sent, dot_timeout=tuning.dot_timeout)
    return readers, {Channel.EMAIL: carrier}, sent


def own_mail(settings: Settings) -> Own:
    """What mail is read against: our addresses, the servers we trust, and the ids only we can make."""
    secret = settings.secrets.secret_key.get_secret_value().encode()
    trusted = settings.mail.authserv_id if settings.mail else ()
    return Own(settings.people().business_addresses, trusted, partial(is_ours, secret))


class NoSent:
    """There is no mailbox in the settings: nothing is filed."""

    async def file(self, raw: bytes, message_id: str) -> bool:
        return False


@dataclass(frozen=True)
class Warnings:
    """What is wrong with the house now, as plain sentences for digest and status."""

    store: Store
    heart: Heart
    settings: Settings
    clock: Clock

    async def __call__(self) -> Sequence[str]:
        found = []
        now = self.clock.now()
        async with self.store.reading() as tx:
            for pulse in await tx.pulses.all():
                worked = pulse.worked_at
                if pulse.failed_at is not None and (worked is None or pulse.failed_at > worked):
                    found.append(f"{pulse.part} is not working{': ' + pulse.detail if pulse.detail else ''}.")
            for look in await tx.look_backs.unfinished():
                how = "stopped" if look.stopped else "being read"
                found.append(f"Mail from before the start is {how} as context: {look.done} of {look.found}.")
            if unread := len(await tx.inbound.quarantined()):
                found.append(f"{unread} messages could not be read; each has a card.")
            if self.settings.model is not None:
                month = now.astimezone(self.settings.business.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
                spent = await tx.model_calls.spent_since(month)
                if spent >= self.settings.model.monthly_budget:
                    found.append("The month's model budget is spent; drafts come from the playbook alone.")
        return found



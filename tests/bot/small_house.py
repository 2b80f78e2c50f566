"""A whole head over a real SQLite file, with hands that write down what they were asked; no server, no sleeping."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.answers import Byline, DraftAnswer, DraftAsk, Drafted, TriageAnswer, TriageAsk, Triaged
from bot.context import House
from bot.door import Doorway
from bot.errors import BotError, Permanent, Refused
from bot.inbound import Authenticated, Kind, Person, ReadMessage
from bot.people import Approver, People, Role
from bot.ports import BeforeDot, HandedOver, Parcel, Posted
from bot.questions import Click, Note, Post, Press, Question, Stamp, Told
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
from handlers.mail.compose import MailComposer
from prompts.playbooks import Playbook, read_playbook
from storage.cards import Card, CardAbout, CardState
from storage.channels import Channel
from storage.clients import Client
from storage.engine import open_engines
from storage.facts import Basis, Fact
from storage.inquiries import Inquiry
from storage.jobs import Step
from storage.migrate import migrate
from storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
US = "hello@studio.example"


class Clock:
    def __init__(self) -> None:
        self.at = TUESDAY

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Readers:
    """Reads what a story put in: the bytes are only its number."""

    known: dict[bytes, ReadMessage] = field(default_factory=dict)

    async def read(self, raw: bytes) -> ReadMessage:
        return self.known[raw]


@dataclass
class Writer:
    """Answers as a story says, and keeps what it was shown."""

    triage_as: Callable[[TriageAsk], TriageAnswer]
    asks: list[DraftAsk] = field(default_factory=list)
    before_draft: Callable[[], object] | None = None

    async def triage(self, ask: TriageAsk) -> Triaged:
        return Triaged(self.triage_as(ask), Byline("story"))

    async def draft(self, ask: DraftAsk) -> Drafted:
        self.asks.append(ask)
        return Drafted(DraftAnswer(body=f"Dear {ask.sender}, yes.", sources=[], open_points=[], no_draft=""), Byline("story"))


def sorted_as(track: str = "reply", **more: object) -> Callable[[TriageAsk], TriageAnswer]:
    answer = {
        "track": track, "category": "other", "topics": [], "summary": "somebody wants something", "asks": [],
        "decision": "", "urgency": "normal", "mood": "calm", "asks_for_person": False, "confidence": 0.95, **more,
    }  # fmt: skip
    return lambda _ask: TriageAnswer.model_validate(answer)


@dataclass
class Desk:
    """What stands at the desk, by key."""

    shown: dict[str, Post] = field(default_factory=dict)
    stands: dict[str, str] = field(default_factory=dict)
    """Stamp to key; a message somebody deleted is not in it."""
    refuse: Callable[[Post], BotError | None] = lambda _post: None

    async def post(self, post: Post, *, key: str, under: Posted | None = None) -> Posted:
        if (error := self.refuse(post)) is not None:
            raise error
        stamp = f"{len(self.stands) + 1}.0"
        while stamp in self.stands:
            stamp += "1"
        self.shown[key], self.stands[stamp] = post, key
        return Posted("DESK", stamp)

    async def find(self, key: str, *, since: datetime, under: Posted | None = None) -> Posted | None:
        return next((Posted("DESK", stamp) for stamp, known in self.stands.items() if known == key), None)

    async def update(self, posted: Posted, post: Post) -> None:
        if (error := self.refuse(post)) is not None:
            raise error
        if posted.stamp not in self.stands:
            raise Permanent("it is gone")
        self.shown[self.stands[posted.stamp]] = post


@dataclass
class Carrier:
    """Takes everything, unless a story says otherwise."""

    took: list[Parcel] = field(default_factory=list)
    answer: Callable[[Parcel], HandedOver] = lambda _parcel: HandedOver("250 taken")
    after_dot: Callable[[], object] | None = None
    proof: str | None = None

    async def carry(self, parcel: Parcel, *, before_dot: BeforeDot) -> HandedOver:
        if not await before_dot():
            raise Refused("another sender took over")
        self.took.append(parcel)
        said = self.answer(parcel)
        if self.after_dot is not None:
            await self.after_dot()  # type: ignore[misc]
        return said

    async def find(self, parcel: Parcel) -> str | None:
        return self.proof


class Sent:
    async def file(self, raw: bytes, message_id: str) -> bool:
        return True


@dataclass
class SmallHouse:
    store: Store
    clock: Clock
    house: House
    readers: Readers
    writer: Writer
    desk: Desk
    carrier: Carrier
    runner: Runner
    door: Doorway
    number: int = 0

    # What comes in

    async def mail(
        self, read: ReadMessage, *, ours: bool = False, history: bool = False, complete: bool = True, run: bool = True
    ) -> int:
        """A mail arrives; with `run` the house then works until it is quiet. The inbound row's id."""
        return await self._arrive(read, Channel.EMAIL, US, "INBOX", run=run, ours=ours, history=history, complete=complete)

    async def slack(self, read: ReadMessage, *, run: bool = True) -> int:
        return await self._arrive(read, Channel.SLACK, "T1", read.headers["slack-channel"], run=run)

    async def _arrive(self, read: ReadMessage, channel: Channel, account: str, place: str, *, run: bool, **more: bool) -> int:
        self.number += 1
        raw = str(self.number).encode()
        self.readers.known[raw] = read
        async with self.store.transaction("story.arrives") as tx:
            row = await tx.inbound.add(
                key=f"story:{self.number}", channel=channel, account=account, place=place, raw=raw,
                arrived_at=self.clock.now(), **more,
            )  # fmt: skip
            assert row is not None
            assert row.id is not None
            await tx.jobs.add(Step.INTAKE, row.id, due_at=self.clock.now())
        if run:
            await self.work()
        return row.id

    async def work(self) -> None:
        """Run what is due until nothing is."""
        for _ in range(200):
            async with self.store.reading() as tx:
                due = await tx.jobs.due(now=self.clock.now())
            if not due:
                return
            for job_id in due:
                await self.runner.run(job_id)
        raise AssertionError("the house does not come to rest")

    async def step(self, step: Step) -> None:
        """Run only what is due of this step, once."""
        async with self.store.reading() as tx:
            due = [job for job_id in await tx.jobs.due(now=self.clock.now()) if (job := await tx.jobs.get(job_id))]
        for job in due:
            if job.step is step and job.id is not None:
                await self.runner.run(job.id)

    # What people do

    async def press(self, press: Press, card: Card, *, by: str = "UOWNER", **more: str) -> Told:
        assert card.id is not None
        async with self.store.reading() as tx:
            draft = await tx.drafts.get(card.draft_id) if card.draft_id is not None else None
        stamp = Stamp(card.id, draft.id or 0, draft.revision, draft.digest) if draft else Stamp(card.id)
        told = await self.door.click(Click(press, by=by, team="T1", stamp=stamp, **more))
        await self.work()
        return told

    # What is there

    async def cards(self, *states: CardState, about: CardAbout = CardAbout.INQUIRY) -> list[Card]:
        async with self.store.reading() as tx:
            found = []
            number = 1
            while (card := await tx.cards.get(number)) is not None:
                if card.about is about and (not states or card.state in states):
                    found.append(card)
                number += 1
            return found

    async def open_card(self) -> Card:
        [card] = await self.cards(CardState.OPEN)
        return card

    async def inquiry(self, number: int) -> Inquiry:
        async with self.store.reading() as tx:
            return await tx.inquiries.get(number)

    async def broken(self) -> list[str]:
        return [f"{b.rule}: {b.row} {b.what}" for b in await Verify(self.store, self.clock)(settled=True)]

    def question(self, card: Card) -> Question:
        shown = self.desk.shown[f"card:{card.id}"]
        assert isinstance(shown, Question)
        return shown

    @property
    def notes(self) -> list[Note]:
        return [post for post in self.desk.shown.values() if isinstance(post, Note)]

    # Whom the story is about

    async def client(self, name: str, *addresses: str, slack: str = "", channel: str = "", fact: str = "") -> Client:
        async with self.store.transaction("story.client") as tx:
            client = await tx.clients.add(Client(name=name, slack_channel=channel))
            contact = await tx.clients.add_contact(client, name)
            for address in addresses:
                await tx.clients.add_address(contact, Channel.EMAIL, address)
            if slack:
                await tx.clients.add_address(contact, Channel.SLACK, slack)
            if fact:
                assert client.id is not None
                tx.facts.add(
                    Fact(
                        client_id=client.id, text=fact, basis=Basis.TOLD, source="a mail", purposes=["reply"],
                        dated=self.clock.now(),
                    )
                )  # fmt: skip
            return client


def letter(sender: str, text: str, *, message_id: str, verified: bool = True, **more: object) -> ReadMessage:
    """A person's mail to us."""
    read = ReadMessage(
        kind=Kind.HUMAN, message_id=message_id, sender=Person(sender.partition("@")[0].title(), sender),
        to=(Person("", US),), subject="A question", text=text,
        authenticated=Authenticated.PASS if verified else Authenticated.NONE,
    )  # fmt: skip
    return replace(read, **more)  # type: ignore[arg-type]


def said(user: str, text: str, *, channel: str, stamp: str, thread: str = "", kind: str = "channel", **more: object) -> ReadMessage:
    """A person's words in Slack."""
    headers = {"slack-channel": channel, "slack-channel-type": kind, "slack-ts": stamp}
    if thread:
        headers["slack-thread"] = thread
    read = ReadMessage(
        kind=Kind.HUMAN, message_id=stamp, in_reply_to=thread if thread != stamp else None, sender=Person(user, user),
        to=(Person("", channel),), text=text, authenticated=Authenticated.PASS, headers=headers,
    )  # fmt: skip
    return replace(read, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def small_house(
    folder: Path, *, url: str = "", playbook: Playbook | None = None, undo: timedelta | None = None
) -> AsyncIterator[SmallHouse]:
    engines = open_engines(url or f"sqlite:///{folder / 'house.db'}")
    try:
        await migrate(engines)
        yield build(Store(engines), playbook or read_playbook(ROOT / "prompts" / "starter"), undo=undo)
    finally:
        await engines.dispose()


def build(store: Store, playbook: Playbook, *, undo: timedelta | None = None) -> SmallHouse:
    clock, readers, writer, desk, carrier = Clock(), Readers(), Writer(sorted_as()), Desk(), Carrier()
    people = People(
        owner=Approver("Maren Berg", Role.OWNER, "maren@studio.example", "UOWNER"),
        delegates=(
            Approver("Jonas Lind", Role.DELEGATE, "jonas@studio.example", "UJONAS", covers=("pricing",)),
            Approver("Ida Holm", Role.DELEGATE, "ida@studio.example", "UIDA", covers=("scheduling",)),
        ),
        team="T1",
        business_addresses=frozenset({US}),
    )
    house = House(
        business="The Studio", zone=ZoneInfo("Europe/Stockholm"), people=people, playbook=playbook, address=US,
        sender=f"Maren Berg <{US}>", signature="Maren", secret=b"story", domain="studio.example", undo=undo,
    )  # fmt: skip
    composer, channels = MailComposer(), (Channel.EMAIL, Channel.SLACK)
    carriers = dict.fromkeys(channels, carrier)

    async def no_warnings() -> tuple[str, ...]:
        return ()

    runner = Runner(
        store,
        {
            Step.INTAKE: Intake(store, dict.fromkeys(channels, readers), house, clock),
            Step.TRIAGE: Triage(store, writer, house, clock),
            Step.ROUTINE: RunRoutine(store, composer, house, clock),
            Step.DRAFT: WriteDraft(store, writer, house, clock),
            Step.POST: PostIt(store, desk, house, clock),
            Step.SEND: Send(store, carriers, clock),
            Step.RECONCILE: Reconcile(store, carriers, clock),
            Step.FILE_SENT: FileSent(store, Sent()),
            Step.WAKE: Wake(store, clock),
            Step.DIGEST: MorningDigest(store, house, clock, no_warnings),
        },
        clock,
    )
    door = Doorway(
        store=store, house=house, clock=clock, arrive_step=Arrive(store, clock), decide=Decide(store, composer, house, clock),
        settle=Settle(store, house, clock), undo=Undo(store, house, clock), put_back=PutBack(store, house, clock),
        show=Show(store, house), report=Report(store, house, clock, no_warnings),
    )  # fmt: skip
    return SmallHouse(store, clock, house, readers, writer, desk, carrier, runner, door)

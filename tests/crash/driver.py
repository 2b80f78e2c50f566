"""The house under test, inside a forked process: runs it whole, and answers the test's questions over a socket."""

import asyncio
import json
import logging
import os
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

import handlers.app
import handlers.mail.row_history
from bot.errors import Quarantined
from bot.inbound import ReadMessage
from bot.questions import Click, Press
from handlers.app import Tuning
from handlers.jobs.sweeper import Sweeper
from handlers.mail.own import Own
from handlers.mail.reader import RawMail
from handlers.mail.reading import read_mail
from handlers.mail.row_history import history_as_it_is
from handlers.mail.row_ledger import RowLedger
from handlers.processes import Running, run_embedded
from handlers.settings import read_settings
from storage.audit import AuditEntry
from storage.cards import Card
from storage.decisions import Decision
from storage.drafts import Draft
from storage.inbound_messages import InboundMessage
from storage.inquiries import Inquiry
from storage.jobs import Job, JobState, Step
from storage.messages import Message
from storage.outbox import OutboxItem
from storage.postings import Posting

PATIENCE = 20.0


class MovedClock:
    """The machine's clock, some seconds ahead."""

    def __init__(self, ahead: float) -> None:
        self.ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Points:
    """Counts every crash point passed, and ends the process at the one that is armed."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self._point, self._times = "", 0

    def arm(self, point: str, times: int) -> None:
        self._point, self._times = point, times

    def reached(self, point: str) -> None:
        self.passed[point] += 1
        if point == self._point:
            self._times -= 1
            if self._times <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class QuickReader:
    """Reads mail in this process: the limited child takes a second to start, and has no transition of its own."""

    def __init__(self, own: Own, *, children: int = 1) -> None:
        self._own = own

    async def __aenter__(self) -> "QuickReader":
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def read(self, raw: bytes) -> ReadMessage:
        return read_mail(raw, own=self._own)

    async def read_many(self, mails: Sequence[RawMail]) -> list[ReadMessage | Quarantined]:
        return [read_mail(one.raw, own=self._own) for one in mails]

    async def aclose(self) -> None:
        return


def drive(spec: dict[str, Any]) -> None:
    """Run one life of the house, as the test wants it; ends when told to, or at the armed point."""
    logging.basicConfig(level=logging.WARNING)
    if spec["quick"]:
        handlers.app.MailReader = QuickReader  # type: ignore[misc, assignment]
        handlers.mail.row_history.MailReader = QuickReader  # type: ignore[misc, assignment]
    asyncio.run(_live(spec))


async def _live(spec: dict[str, Any]) -> None:
    points = Points()
    if spec["kill"]:
        points.arm(*spec["kill"])
    clock = MovedClock(spec["ahead"])
    tuning = Tuning(clock=clock, reached=points.reached, lease=timedelta(seconds=3), dot_timeout=1.5)
    settings = read_settings(Path(spec["home"]), spec["environment"])
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(run_embedded(settings, tuning=tuning, serve=False))
        while not (await running.health.state())[0]:  # noqa: ASYNC110  health is asked, it does not call
            await asyncio.sleep(0.03)
        reader, writer = await asyncio.open_unix_connection(spec["socket"], limit=2**24)
        stack.callback(writer.close)
        house = Driven(running, clock, points)
        writer.write(b'{"ready": true}\n')
        while line := await reader.readline():
            asked = json.loads(line)
            if asked["do"] == "stop":
                break
            answer = await getattr(house, asked.pop("do"))(**asked)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()


class Driven:
    """What the test may ask of a living house."""

    def __init__(self, running: Running, clock: MovedClock, points: Points) -> None:
        self._clock, self._points = clock, points
        self._rooms, self._store = running.rooms, running.rooms.store
        assert running.bell is not None
        self._bell = running.bell
        self._sweeper = Sweeper(self._store, clock, running.bell.ring)

    async def arm(self, point: str, times: int) -> None:
        self._points.arm(point, times)

    async def points(self) -> dict[str, int]:
        """How often each point was passed in this life."""
        return dict(self._points.passed)

    async def advance(self, seconds: float) -> None:
        self._clock.ahead += timedelta(seconds=seconds)

    async def settle(self, mails: dict[str, int], old: list[list[Any]], heard: list[str], soon: float) -> dict[str, Any]:
        """Wait until nothing is due and everything outside has come in; what is still missing if it does not come.

        `soon` in the answer: how long until the next job that falls due within that many seconds.
        """
        loop = asyncio.get_running_loop()
        until, quiet = loop.time() + PATIENCE, 0
        while quiet < 2:
            missing = ["a job runs"]
            if self._bell.idle:
                await self._sweeper.sweep()
                missing = await self._missing(mails, old, heard)
            quiet = quiet + 1 if not missing else 0
            if missing and loop.time() > until:
                return {"missing": missing, "soon": None}
            await asyncio.sleep(0.01)
        async with self._store.reading() as tx:
            horizon = self._clock.now() + timedelta(seconds=soon)
            next_due = select(func.min(Job.due_at)).where(col(Job.state) == JobState.DUE, col(Job.due_at) <= horizon)
            due = (await tx.session.exec(next_due)).one()
        wait = None if due is None else max((_aware(due) - self._clock.now()).total_seconds(), 0.0) + 0.1
        return {"missing": [], "soon": wait}

    async def _missing(self, mails: dict[str, int], old: list[list[Any]], heard: list[str]) -> list[str]:
        found = [] if self._bell.idle else ["a job runs"]
        async with self._store.reading() as tx:
            due = select(Job).where(col(Job.state) == JobState.DUE, col(Job.due_at) <= self._clock.now())
            found += [f"{j.step} {j.subject_id} {j.occasion} {j.last_error}" for j in (await tx.session.exec(due)).all()]
            for row in await tx.mailboxes.all():
                if row.last_uid < mails.get(row.folder, 0):
                    found.append(f"{row.folder} is read up to {row.last_uid} of {mails[row.folder]}")
            found += ["the past is being read" for row in await tx.look_backs.all() if row.finished_at is None]
            for folder, uid in old:
                like = col(InboundMessage.key).like(f"imap:%:{folder}:%:{uid:010d}")
                if (await tx.session.exec(select(InboundMessage.id).where(like))).first() is None:
                    found.append(f"the old mail {folder}/{uid} is not remembered")
            for stamp in heard:
                like = col(InboundMessage.key).contains(f":{stamp}:")
                if (await tx.session.exec(select(InboundMessage.id).where(like))).first() is None:
                    found.append(f"Slack's {stamp} was not heard")
        return found

    async def verify(self) -> list[str]:
        return [f"{b.row}: {b.rule}: {b.what}" for b in await self._rooms.verify(settled=True)]

    async def dump(self) -> dict[str, list[list[Any]]]:
        """Everything that must not change by a start, and that the ledgers outside are compared with."""
        tables: dict[str, list[list[Any]]] = {}
        async with self._store.reading() as tx:
            for name, columns in _DUMPED.items():
                rows = (await tx.session.exec(select(*columns).order_by(columns[0]))).all()
                tables[name] = [[_plain(value) for value in (row if len(columns) > 1 else [row])] for row in rows]
            tables["audit"] = [[(await tx.session.exec(select(func.count()).select_from(AuditEntry))).one()]]
        own = {row[0] for row in tables["inbound"] if row[4]}
        tables["inbound"] = [row for row in tables["inbound"] if not row[4]]
        tables["job"] = [row for row in tables["job"] if row[1] != "intake" or row[2] not in own]
        return tables

    # What does not happen by itself

    async def press(self, press: str, by: str, subject: int) -> dict[str, Any]:
        """A press through the door itself, for what no card of the desk offers."""
        told = await self._rooms.door.click(Click(Press(press), by=by, team="", subject=subject))
        return {"done": told.done, "text": told.text}

    async def ask_again(self) -> None:
        """Cause every step once more for rows it is done with, as a broker does that delivers twice, and late."""
        async with self._store.transaction("craft.again") as tx:
            for step in Step:
                query = select(Job).where(col(Job.step) == step, col(Job.state) == JobState.DONE)
                for job in (await tx.session.exec(query.order_by(col(Job.id).desc()).limit(4))).all():
                    occasion = f"-{job.id}" if step is Step.POST else f"x{job.id}"  # of a post: the version to draw
                    await tx.jobs.add(step, job.subject_id, due_at=self._clock.now(), occasion=occasion)

    async def draw_twice(self, key: str) -> None:
        """Two changes at once to what is shown: the later one leaves the drawing to the earlier."""
        async with self._store.transaction("craft.drawn") as tx:
            await tx.repaint(key, now=self._clock.now())
            await tx.repaint(key, now=self._clock.now())

    async def send_early(self, outbox_id: int) -> None:
        """A ring for something whose undo window is still open."""
        async with self._store.transaction("craft.early") as tx:
            await tx.jobs.add(Step.SEND, outbox_id, due_at=self._clock.now(), occasion="early")

    async def look_away_and_back(self) -> None:
        """Somebody has the reading of the past stopped, and lets it go on."""
        await history_as_it_is(self._store, True)
        await history_as_it_is(self._store, False)

    async def lose_row(self, number: int) -> None:
        """A job whose row is not there: it ends for good."""
        async with self._store.transaction("craft.lost") as tx:
            await tx.jobs.add(Step.TRIAGE, 1_000_000 + number, due_at=self._clock.now())

    async def vanish(self, number: int) -> None:
        """A mail that was listed, and gone before it could be fetched."""
        mail = self._rooms.settings.mail
        assert mail is not None
        async with self._store.reading() as tx:
            row = await tx.mailboxes.of(mail.address, "INBOX")
        assert row is not None
        await RowLedger(self._store, self._clock).left(mail.address, "INBOX", row.uidvalidity, [4_000_000 + number])


_DUMPED: dict[str, list[Any]] = {
    "inbound": [InboundMessage.id, InboundMessage.key, InboundMessage.state, InboundMessage.message_id, InboundMessage.ours],
    "message": [Message.id, Message.direction, Message.external_id, Message.inquiry_id],
    "inquiry": [Inquiry.id, Inquiry.state, Inquiry.track, Inquiry.message_id],
    "draft": [Draft.id, Draft.inquiry_id, Draft.revision, Draft.digest],
    "decision": [Decision.id, Decision.kind, Decision.draft_id],
    "outbox": [
        OutboxItem.id, OutboxItem.state, OutboxItem.message_id, OutboxItem.raw_hash, OutboxItem.channel,
        OutboxItem.tries, OutboxItem.inquiry_id,
    ],
    "card": [Card.id, Card.state, Card.about, Card.outbox_id],
    "posting": [Posting.id, Posting.key, Posting.version, Posting.shown, Posting.stamp, Posting.kind],
    "job": [Job.id, Job.step, Job.subject_id, Job.state],
}  # fmt: skip


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)

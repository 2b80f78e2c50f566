"""Rows on a real SQLite file, and small mails with a date, for stories about mail from before our time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from sqlmodel import select

from bot.people import Approver, People, Role
from bot.ports import Clock
from bot.steps.remember import Remember
from handlers.mail.reading import Own
from storage.engine import open_engines
from storage.inbound_messages import InboundMessage
from storage.inquiries import Inquiry
from storage.jobs import Job
from storage.messages import Message
from storage.migrate import migrate
from storage.store import Store

US = "hello@studio.example"
OWNER = "maren@studio.example"
PEOPLE = People(Approver("Maren", Role.OWNER, OWNER), business_addresses=frozenset({US}))
OWN = Own(frozenset({US}), ("mx.studio.example",))


@asynccontextmanager
async def rows(folder: Path) -> AsyncIterator[Store]:
    engines = open_engines(f"sqlite:///{folder / 'understudy.db'}")
    try:
        await migrate(engines)
        yield Store(engines)
    finally:
        await engines.dispose()


def remembering(store: Store, clock: Clock) -> Remember:
    return Remember(store, PEOPLE, clock)


def letter(
    number: int, when: datetime, *, sender: str = "ana@client.example", to: str = US, answers: int | None = None,
    travelled: bool = True, verified: bool = False, words: str = "",
) -> bytes:  # fmt: skip
    lines = []
    if travelled:
        lines.append("Received: from a.example by mx.studio.example; " + format_datetime(when))
    if verified:
        lines.insert(0, f"Authentication-Results: mx.studio.example; dmarc=pass header.from={sender.partition('@')[2]}")
    lines += [
        f"Message-ID: <{number}@mail.example>", f"Date: {format_datetime(when)}", f"From: {sender}", f"To: {to}",
        f"Subject: {'Re: ' if answers else ''}Matter {answers or number}",
    ]  # fmt: skip
    if answers:
        lines.append(f"In-Reply-To: <{answers}@mail.example>")
    return "\r\n".join([*lines, "", words or f"Words of letter {number}.", ""]).encode()


async def messages(store: Store) -> list[Message]:
    async with store.reading() as tx:
        return list((await tx.session.exec(select(Message).order_by(Message.id))).all())


async def arrivals(store: Store) -> list[InboundMessage]:
    async with store.reading() as tx:
        return list((await tx.session.exec(select(InboundMessage).order_by(InboundMessage.id))).all())


async def caused(store: Store) -> int:
    """How many inquiries and jobs there are: history causes none."""
    async with store.reading() as tx:
        return len((await tx.session.exec(select(Inquiry))).all()) + len((await tx.session.exec(select(Job))).all())

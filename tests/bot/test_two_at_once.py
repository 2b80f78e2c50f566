"""Two workers at the same rows on PostgreSQL: whoever is second sees what the first did; nothing is written over."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.inbound import Person
from bot.questions import Click, Press, Stamp
from prompts.playbooks import read_playbook
from storage.cards import CardState
from storage.jobs import Job, Step
from tests.bot.small_house import ROOT, SmallHouse, letter, small_house, sorted_as
from tests.needed import missing

SERVER = "postgresql://postgres@127.0.0.1:5432/"
ROUNDS = 5
ANA = "ana@client.example"


@pytest.fixture
def database() -> Iterator[str]:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=2).close()
    except OSError:
        missing("no PostgreSQL server on 127.0.0.1:5432")
    name = f"understudy_bot_{secrets.token_hex(6)}"
    with psycopg.connect(SERVER + "postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield SERVER + name
    finally:
        with psycopg.connect(SERVER + "postgres", autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    async with small_house(tmp_path, url=database, playbook=read_playbook(ROOT / "prompts" / "sample")) as own:
        yield own


async def due(house: SmallHouse, *steps: Step) -> list[Job]:
    async with house.store.reading() as tx:
        jobs = [await tx.jobs.get(job_id) for job_id in await tx.jobs.due(now=house.clock.now())]
    return [job for job in jobs if job is not None and job.step in steps]


async def run(house: SmallHouse, *steps: Step) -> None:
    """All due jobs of these steps at the same time, as several workers do."""
    await asyncio.gather(*(house.runner.run(job.id or 0) for job in await due(house, *steps)))


async def test_a_press_and_the_clients_next_mail_at_the_same_moment(house: SmallHouse) -> None:
    for number in range(ROUNDS):
        address = f"ana{number}@client.example"
        await house.mail(letter(address, "What does a logo cost?", message_id=f"a{number}"))
        [card] = await house.cards(CardState.OPEN)
        async with house.store.reading() as tx:
            draft = await tx.drafts.get(card.draft_id or 0)
        await house.mail(letter(address, "And by when?", message_id=f"b{number}", in_reply_to=f"a{number}"), run=False)
        click = Click(Press.SEND, by="UOWNER", team="T1", stamp=Stamp(card.id or 0, draft.id or 0, draft.revision, draft.digest))

        await asyncio.gather(house.door.click(click), run(house, Step.INTAKE))
        await house.work()

        [card] = await house.cards(CardState.OPEN)
        assert "And by when?" in house.question(card).asked
        assert not await house.broken()
        house.clock.forward(minutes=1)
        await house.press(Press.NO_REPLY, card)


async def test_a_draft_and_the_clients_next_mail_at_the_same_moment(house: SmallHouse) -> None:
    for number in range(ROUNDS):
        address = f"ana{number}@client.example"
        await house.mail(letter(address, "What does a logo cost?", message_id=f"a{number}"), run=False)
        await run(house, Step.INTAKE)
        await run(house, Step.TRIAGE)
        await house.mail(letter(address, "And by when?", message_id=f"b{number}", in_reply_to=f"a{number}"), run=False)

        await run(house, Step.DRAFT, Step.INTAKE)
        await house.work()

        [card] = await house.cards(CardState.OPEN)
        assert "And by when?" in house.question(card).asked
        assert not await house.broken()
        await house.press(Press.NO_REPLY, card)


async def test_copies_of_one_mail_read_at_the_same_moment_are_one_inquiry(house: SmallHouse) -> None:
    for number in range(ROUNDS):
        read = letter(f"ana{number}@client.example", "What does a logo cost?", message_id=f"a{number}")
        for _ in range(3):
            await house.mail(read, run=False)

        await run(house, Step.INTAKE)
        await house.work()

        [card] = await house.cards(CardState.OPEN)
        await house.press(Press.NO_REPLY, card)


async def test_mails_of_one_thread_read_at_the_same_moment_are_all_on_the_card(house: SmallHouse) -> None:
    await house.mail(letter(ANA, "Hello?", message_id="first"))
    texts = [f"Question {number}?" for number in range(4)]
    for number, text in enumerate(texts):
        await house.mail(letter(ANA, text, message_id=f"m{number}", in_reply_to="first"), run=False)

    await run(house, Step.INTAKE)
    await house.work()

    [card] = await house.cards(CardState.OPEN)
    assert all(text in house.question(card).asked for text in texts)
    assert not await house.broken()


async def test_the_budget_of_automatic_mail_holds_for_two_at_once(house: SmallHouse) -> None:
    await house.client("Ana", ANA)
    house.writer.triage_as = sorted_as("routine", category="book-a-meeting")
    for number in range(4):
        read = letter(ANA, "When can we meet?", message_id=f"m{number}", subject=f"Meeting {number}", cc=(Person("", "x@y.example"),))
        await house.mail(read, run=False)
    await run(house, Step.INTAKE)
    await run(house, Step.TRIAGE)

    await run(house, Step.ROUTINE)
    house.clock.forward(hours=1)
    await house.work()

    assert len(house.carrier.took) == 1
    assert len(await house.cards(CardState.OPEN)) == 3
    assert not await house.broken()


async def test_two_presses_at_once_send_once(house: SmallHouse) -> None:
    await house.mail(letter(ANA, "What does a logo cost?", message_id="a1"))
    card = await house.open_card()
    async with house.store.reading() as tx:
        draft = await tx.drafts.get(card.draft_id or 0)
    stamp = Stamp(card.id or 0, draft.id or 0, draft.revision, draft.digest)
    clicks = [Click(Press.SEND, by=by, team="T1", stamp=stamp) for by in ("UOWNER", "UJONAS", "UIDA") * 4]

    told = await asyncio.gather(*(house.door.click(click) for click in clicks))
    await house.work()

    assert [one.done for one in told].count(True) == 1
    assert len(house.carrier.took) == 1

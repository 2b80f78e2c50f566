"""Importing kept mail: an mbox, a Maildir, a folder; context only, once only, and gone on with after a stop."""

import mailbox
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refused
from bot.steps.verify import Verify
from handlers.mail import importing
from handlers.mail.archives import find, read, travelled
from handlers.mail.importing import ImportDesk, Progress, import_mail
from storage.inbound_messages import InboundState
from storage.messages import Direction
from tests.handlers.mail.kept import OWN, OWNER, US, arrivals, caused, letter, messages, remembering, rows
from tests.handlers.mail.memory_ledger import HandClock

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def an_mbox(path, *raws: bytes):
    box = mailbox.mbox(path)
    for raw in raws:
        box.add(raw)
    box.close()
    return path


async def imported(store, path, clock=None) -> Progress:
    progress = Progress()
    await import_mail(path, remembering(store, clock or HandClock()), OWN, US, progress)
    return progress


async def test_an_mbox_becomes_conversations_and_causes_nothing(tmp_path):
    question, answer = letter(1, DAY), letter(2, DAY + timedelta(hours=2), sender=US, to="ana@client.example", answers=1, travelled=False)
    thanks = letter(3, DAY + timedelta(hours=3), answers=2)
    path = an_mbox(tmp_path / "old.mbox", thanks, answer, question)  # newest first, as some providers give it

    async with rows(tmp_path) as store:
        progress = await imported(store, path)
        kept, causes = await messages(store), await caused(store)
        amiss = await Verify(store, HandClock())(settled=True)

    assert (progress.found, progress.new, progress.known, progress.unreadable) == (3, 3, 0, 0)
    assert [m.external_id for m in kept] == ["1@mail.example", "2@mail.example", "3@mail.example"]
    assert [m.direction for m in kept] == [Direction.IN, Direction.OUT, Direction.IN]
    assert len({m.conversation_id for m in kept}) == 1
    assert all(m.history and m.inquiry_id is None for m in kept)
    assert [m.at for m in kept] == [DAY, DAY + timedelta(hours=2), DAY + timedelta(hours=3)]
    assert causes == 0
    assert amiss == []


async def test_the_same_file_twice_adds_nothing(tmp_path):
    path = an_mbox(tmp_path / "old.mbox", *(letter(n, DAY + timedelta(minutes=n)) for n in range(1, 8)))

    async with rows(tmp_path) as store:
        await imported(store, path)
        before = len(await arrivals(store))
        again = await imported(store, path)
        after = len(await arrivals(store))

    assert (again.done, again.new, again.known) == (7, 0, 7)
    assert before == after == 7


async def test_the_same_mail_from_mbox_maildir_and_folder_is_one(tmp_path):
    raws = [letter(n, DAY + timedelta(minutes=n), words="Dear all,\r\n\r\nFrom Monday on we are open.") for n in (1, 2)]
    path = an_mbox(tmp_path / "old.mbox", *raws)
    maildir = mailbox.Maildir(tmp_path / "Maildir")
    folder = tmp_path / "folder" / "inner"
    folder.mkdir(parents=True)
    for number, raw in enumerate(raws):
        maildir.add(raw.replace(b"\r\n", b"\n"))
        (folder / f"{number}.eml").write_bytes(raw)
    (folder / "notes.txt").write_text("no mail")

    async with rows(tmp_path) as store:
        progresses = [await imported(store, where) for where in (path, tmp_path / "Maildir", tmp_path / "folder")]
        kept = await messages(store)

    assert [p.new for p in progresses] == [2, 0, 0]
    assert [p.known for p in progresses] == [0, 2, 2]
    assert "From Monday on" in kept[0].text


async def test_an_import_that_was_broken_off_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 3)
    path = an_mbox(tmp_path / "old.mbox", *(letter(n, DAY + timedelta(minutes=n)) for n in range(1, 11)))

    async with rows(tmp_path) as store:
        batches = 0

        def reached(point: str) -> None:
            nonlocal batches
            batches += point == "before remember.batch"
            if batches == 3:
                raise ConnectionAbortedError

        store.reached = reached
        with pytest.raises(ConnectionAbortedError):
            await imported(store, path)
        store.reached = lambda _point: None
        halfway = len(await messages(store))
        again = await imported(store, path)
        kept = await messages(store)

    assert halfway == 6
    assert (again.new, again.known) == (4, 6)
    assert [m.external_id for m in kept] == [f"{n}@mail.example" for n in range(1, 11)]


async def test_what_cannot_be_read_is_kept_and_counted_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "1.eml").write_bytes(letter(1, DAY))
    (folder / "2.eml").write_bytes(b"".join(b"X-%d: y\r\n" % n for n in range(3000)) + b"\r\nhostile\r\n")
    (folder / "3.eml").write_bytes(letter(3, DAY))

    async with rows(tmp_path) as store:
        progress = await imported(store, folder)
        states = sorted(row.state for row in await arrivals(store))
        async with store.reading() as tx:
            listed = await tx.inbound.quarantined()

    assert (progress.new, progress.unreadable) == (2, 1)
    assert states == [InboundState.QUARANTINED, InboundState.READ, InboundState.READ]
    assert listed == []


@pytest.mark.parametrize(
    ("travelled", "verified", "direction"), [(False, False, "out"), (True, True, "out"), (True, False, "in")]
)
async def test_our_name_on_a_mail_that_came_over_the_wire_proves_nothing(tmp_path, travelled, verified, direction):
    raw = letter(1, DAY, sender=OWNER, to="ana@client.example", travelled=travelled, verified=verified)
    (tmp_path / "1.eml").write_bytes(raw)

    async with rows(tmp_path) as store:
        await imported(store, tmp_path / "1.eml")
        (kept,) = await messages(store)

    assert kept.direction == direction
    assert kept.verified is (direction == "out")


async def test_a_path_without_mail_is_refused(tmp_path):
    async with rows(tmp_path) as store:
        (tmp_path / "empty").mkdir()
        with pytest.raises(Refused, match="no mail"):
            await imported(store, tmp_path / "empty")
        with pytest.raises(Refused, match="cannot be read"):
            await imported(store, tmp_path / "nowhere.mbox")


def test_prose_that_begins_with_from_does_not_part_an_mbox(tmp_path):
    first = letter(1, DAY, words="Hello\r\n\r\nFrom here on it is prose.\r\n")
    path = tmp_path / "raw.mbox"
    path.write_bytes(
        b"From ana@client.example Mon Mar  2 09:00:00 2026\n" + first.replace(b"\r\n", b"\n")
        + b"\nFrom ben@client.example Mon Mar  2 10:00:00 2026\n" + letter(2, DAY).replace(b"\r\n", b"\n")
    )  # fmt: skip

    found = find(path)

    assert [read(one)[0] for one in found] == [first, letter(2, DAY)]
    assert travelled(first)


async def test_a_running_house_imports_one_at_a_time_and_tells_how_far_it_is(tmp_path):
    path = an_mbox(tmp_path / "old.mbox", *(letter(n, DAY + timedelta(minutes=n)) for n in range(1, 4)))

    async with rows(tmp_path) as store:
        desk = ImportDesk(remembering(store, HandClock()), OWN, US)
        verbs = desk.verbs()
        begun = await verbs["import"]({"path": str(path)})
        refused = await verbs["import"]({"path": str(path)})
        await desk._task
        told = await verbs["import_progress"]({})
        await verbs["import"]({"path": str(tmp_path / "nowhere")})
        await desk._task
        missing = await verbs["import_progress"]({})
        await verbs["import_stop"]({})

    assert begun["over"] is False
    assert "under way" in refused["error"]
    assert (told["new"], told["error"]) == (3, "")
    assert "cannot be read" in missing["error"]

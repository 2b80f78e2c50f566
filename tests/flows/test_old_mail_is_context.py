"""Mail from before the first start, and mail from a file, is known to the house and answered by nobody."""

import mailbox
from pathlib import Path

from sqlmodel import select

from handlers import importing
from handlers.control import ask
from storage.inquiries import Inquiry
from storage.look_backs import LookBack
from storage.messages import Message
from tests.flows.eventually import eventually
from tests.flows.house import House, open_house


async def messages_about(house: House, subject: str) -> list[Message]:
    async with house.store.reading() as tx:
        query = select(Message).where(Message.subject.contains(subject)).order_by(Message.id)  # type: ignore[attr-defined]
        return list((await tx.session.exec(query)).all())


async def never_seen(house: House) -> None:
    """As at the first start on a mailbox that has been used for years."""
    async with house.store.transaction("test.never_seen") as tx:
        for row in await tx.mailboxes.all():
            await tx.mailboxes.forget(row.account, row.folder)
        for looked in await tx.look_backs.all():
            await tx.session.delete(looked)


async def test_an_old_thread_goes_on_where_it_was(tmp_path: Path) -> None:
    async with open_house(tmp_path / "home") as house:
        await house.close()
        await never_seen(house)
        first = await house.post.send("Nora", "The blue door", "Hello,\n\ncould you paint the door blue?\n\nNora")
        await house.post.file_sent("Nora", "Re: The blue door", "Yes, gladly.", answers=first)
        await house.open()

        async def read() -> bool:
            async with house.store.reading() as tx:
                looked = (await tx.session.exec(select(LookBack))).first()
            return looked is not None and looked.finished_at is not None and looked.done == 2

        await eventually(read)
        old = await messages_about(house, "The blue door")
        assert [m.history for m in old] == [True, True]
        assert [m.direction for m in old] == ["in", "out"]
        assert not house.desk.cards("paint the door")
        assert house.post.answers("Nora", first) == []
        told = await ask(house.home, "history", stopped=None)
        assert told[0]["finished"] is True

        await house.post.send("Nora", "Re: The blue door", "Hello again,\n\nhow about green instead?\n\nNora", answers=first)
        await house.desk.card("how about green instead")
        async with house.store.reading() as tx:
            inquiries = (await tx.session.exec(select(Inquiry).where(Inquiry.conversation_id == old[0].conversation_id))).all()
        assert len(inquiries) == 1
        assert [m.conversation_id for m in await messages_about(house, "The blue door")] == [old[0].conversation_id] * 3
        await house.quiet()


async def test_a_file_is_imported_through_the_running_house_and_beside_none(own_house: House, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "old.mbox")
    for number in range(1, 4):
        box.add(
            f"Message-ID: <old-{number}@client.example>\nDate: Mon, 02 Feb 2026 0{number}:00:00 +0000\n"
            f"From: Nora <nora@client.example>\nSubject: The red roof\n\nOld words {number}.\n".encode()
        )
    box.close()

    house = own_house
    through = await importing._import(house.settings, tmp_path / "old.mbox")
    await house.quiet()
    await house.close()
    beside = await importing._import(house.settings, tmp_path / "old.mbox")
    kept = await messages_about(house, "The red roof")
    await house.open()

    assert (through.found, through.new, through.error) == (3, 3, "")
    assert (beside.new, beside.known) == (0, 3)
    assert [m.history for m in kept] == [True] * 3
    assert not house.desk.cards("Old words")

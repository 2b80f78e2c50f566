"""The Sent copy: filed once whatever breaks, in the folder the owner's mail program uses, and found again."""

import pytest

from bot.errors import Permanent, Transient
from handlers.mail.imap_words import Folder
from handlers.mail.sent import ImapSentFolder, choose_sent_folder
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.fault_proxy import Fault, FaultProxy
from tests.servers.imap_stub import ImapStub

ID = "<one.two@studio.example>"
RAW = b"Message-ID: " + ID.encode() + b"\r\nSubject: Thursday\r\n\r\nYes.\r\n"


def sent(server: object, user: str = "anna", **more: object) -> ImapSentFolder:
    return ImapSentFolder(f"imap://{user}@{server.host}:{server.port}", PASSWORD, **{"deadline": 5.0, **more})


def inside(dovecot: Dovecot, user: str, folder: str) -> list[tuple[bytes, bytes]]:
    """Flags and bytes of everything in a folder, as another mail program sees them."""
    with dovecot.client(user) as client:
        assert client.select(folder, readonly=True)[0] == "OK"
        _, answer = client.fetch("1:*", "(FLAGS BODY.PEEK[])")
        return [(part[0], part[1]) for part in answer if isinstance(part, tuple)]


async def test_a_copy_is_filed_once_and_seen(the_dovecot: Dovecot):
    with the_dovecot.client("copy") as client:
        client.create('"Sent Mail"')
    folder = sent(the_dovecot, "copy")

    assert await folder.find(ID) is None
    assert await folder.file(RAW, ID)
    assert await folder.file(RAW, ID)

    [(flags, raw)] = inside(the_dovecot, "copy", '"Sent Mail"')
    assert raw == RAW
    assert b"\\Seen" in flags
    assert "Sent Mail" in await folder.find(ID)
    assert await folder.find("<another@studio.example>") is None


async def test_a_mailbox_without_a_sent_folder_gets_one(the_dovecot: Dovecot):
    folder = sent(the_dovecot, "fresh")

    assert await folder.find(ID) is None
    await folder.file(RAW, ID)

    assert len(inside(the_dovecot, "fresh", "Sent")) == 1


async def test_where_the_provider_files_it_nothing_is_done():
    async with ImapStub() as stub:
        assert not await sent(stub, sent_copy="server").file(RAW, ID)
    assert not stub.sessions


@pytest.mark.parametrize("cut", range(0, 900, 53))
async def test_a_copy_is_filed_once_wherever_the_line_breaks(the_dovecot: Dovecot, cut):
    user = f"cut{cut}"
    async with FaultProxy(the_dovecot.address, Fault(down_after=cut)) as proxy:
        for _ in range(3):
            try:
                await sent(proxy, user).file(RAW, ID)
                break
            except Transient:
                continue

    assert len(inside(the_dovecot, user, "Sent")) == 1


async def test_a_full_mailbox_is_for_a_person():
    async with ImapStub() as stub:
        stub.always("LIST", b'* LIST (\\Sent) "/" "Sent"\r\n')
        stub.always("APPEND", lambda tag, _: f"{tag} NO [OVERQUOTA] full\r\n".encode())
        with pytest.raises(Permanent, match="full"):
            await sent(stub).file(RAW, ID)


@pytest.mark.parametrize(
    ("folders", "chosen"),
    [
        ([Folder("INBOX"), Folder("Sent"), Folder("Gesendet", frozenset({"\\sent"}))], "Gesendet"),
        ([Folder("INBOX"), Folder("Sent Items"), Folder("Gesendet")], "Sent Items"),
        ([Folder("INBOX"), Folder("INBOX.Sent")], "INBOX.Sent"),
        ([Folder("Éléments envoyés")], "Éléments envoyés"),
        ([Folder("Sent", frozenset({"\\noselect"})), Folder("Enviados")], "Enviados"),
        ([Folder("INBOX"), Folder("Sentiments")], None),
        ([], None),
    ],
)
def test_the_sent_folder_is_the_one_so_marked_else_the_one_so_called(folders, chosen):
    assert choose_sent_folder(folders) == chosen

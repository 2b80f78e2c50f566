"""The practice mailboxes as the IMAP server sees them: pymap's interfaces over our own file.

pymap's in-memory folders forget everything at exit, hold about 130 KB per mail, and can sleep through a mail that
arrives between two IDLE rounds. These keep only numbers and flags in memory and read bytes when somebody fetches.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any

from pymap.backend.mailbox import MailboxDataInterface, MailboxSetInterface
from pymap.concurrent import Event
from pymap.flags import FlagOp
from pymap.listtree import ListEntry, ListTree
from pymap.mailbox import MailboxSnapshot
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import ObjectId
from pymap.parsing.specials.flag import Flag, Recent, Seen, Wildcard, get_system_flags
from pymap.selected import SelectedMailbox, SelectedSet

from handlers.rehearsal.mail_contents import Mail
from handlers.rehearsal.mail_store import FolderRow, MailRow, MailStore

SPECIAL_USE = {name: name.encode() for name in ("Sent", "Drafts", "Trash", "Junk", "Archive")}


class Folder(MailboxDataInterface[Mail]):  # type: ignore[misc]
    """One mailbox of one user. `changed` is called after every change, once it is on disk."""

    def __init__(self, store: MailStore, row: FolderRow, changed: Callable[[], None]) -> None:
        self.id, self.subscribed = row.id, row.subscribed
        self._store, self._tell = store, changed
        self._object_id, self._uid_validity = ObjectId(row.object_id.encode()), row.uid_validity
        self._next_uid = row.next_uid
        self._mails = {mail.uid: Mail(mail, self._read) for mail in store.mails(row.id)}
        self._recent: set[int] = set()
        self._selected_set = SelectedSet()
        self._updated = Event.for_asyncio()
        self._revision = 0
        self._touched: dict[int, int] = {}  # uid → revision, oldest first; gone mails stay listed

    @property
    def mailbox_id(self) -> ObjectId:
        return self._object_id

    @property
    def readonly(self) -> bool:
        return False

    @property
    def uid_validity(self) -> int:
        return self._uid_validity

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return frozenset(get_system_flags() - {Recent} | {Wildcard})

    @property
    def selected_set(self) -> SelectedSet:
        return self._selected_set

    def filed(self, row: MailRow, *, recent: bool = True) -> Mail:
        """Take in a mail that has just been written to the store."""
        mail = self._mails[row.uid] = Mail(row, self._read)
        self._next_uid = row.uid + 1
        if recent:
            self._recent.add(row.uid)
        self._touch([row.uid])
        return mail

    async def update_selected(
        self, selected: SelectedMailbox, *, wait_on: Event | None = None
    ) -> SelectedMailbox:
        # Waiting only when nothing is new: a change since the last look would otherwise be slept through.
        if wait_on is not None and selected.mod_sequence == self._revision and not wait_on.is_set():
            either = wait_on.or_event(self._updated)
            await either.wait()
        seen, selected.mod_sequence = selected.mod_sequence, self._revision
        if seen is None:
            selected.add_updates(list(self._mails.values()), [])
        else:
            latest_first = reversed(self._touched.items())
            newer = [uid for uid, _ in takewhile(lambda item: item[1] > seen, latest_first)]
            there = [self._mails[uid] for uid in newer if uid in self._mails]
            selected.add_updates(there, [uid for uid in newer if uid not in self._mails])
        return selected

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Mail:
        flags = [str(flag) for flag in append_msg.flag_set if flag != Recent]
        [row] = self._store.add(
            [self.id], bytes(append_msg.literal), received_at=append_msg.when, flags=flags
        )
        return self.filed(row, recent=recent)

    async def copy(self, uid: int, destination: "Folder", *, recent: bool = False) -> int | None:
        return self._bring(uid, destination, recent=recent, move=False)

    async def move(self, uid: int, destination: "Folder", *, recent: bool = False) -> int | None:
        return self._bring(uid, destination, recent=recent, move=True)

    async def get(self, uid: int, cached_msg: Any) -> Mail | None:
        return self._mails.get(uid)

    async def update(self, uid: int, cached_msg: Any, flag_set: frozenset[Flag], mode: FlagOp) -> Mail:
        mail = self._mails.get(uid)
        if mail is None:
            return Mail(_row(cached_msg), self._read, expunged=True)
        flags = mode.apply(mail.permanent_flags, flag_set)
        if flags != mail.permanent_flags:
            self._store.set_flags(self.id, uid, map(str, flags))
            mail.permanent_flags = flags
            self._touch([uid])
        return mail

    async def delete(self, uids: Iterable[int]) -> None:
        gone = [uid for uid in uids if uid in self._mails]
        if gone:
            self._store.delete(self.id, gone)
            for uid in gone:
                del self._mails[uid]
            self._touch(gone)

    async def claim_recent(self, selected: SelectedMailbox) -> None:
        for uid in self._recent:
            selected.session_flags.add_recent(uid)
        self._recent.clear()

    async def cleanup(self) -> None:
        pass

    async def snapshot(self) -> MailboxSnapshot:
        mails = enumerate(self._mails.values(), 1)
        unseen = [number for number, mail in mails if Seen not in mail.permanent_flags]
        first_unseen = unseen[0] if unseen else None
        return _Snapshot(
            self.mailbox_id, self.readonly, self.uid_validity, self.permanent_flags, self.session_flags,
            len(self._mails), len(self._recent), len(unseen), first_unseen, self._next_uid,
        )  # fmt: skip

    def _bring(self, uid: int, destination: "Folder", *, recent: bool, move: bool) -> int | None:
        mail = self._mails.get(uid)
        new_uid = self._store.copy(self.id, uid, destination.id, move=move) if mail else None
        if mail is None or new_uid is None:
            return None
        if move:
            del self._mails[uid]
            self._touch([uid])
        destination.filed(_row(mail, uid=new_uid), recent=recent)
        return new_uid

    def _touch(self, uids: Iterable[int]) -> None:
        self._revision += 1
        for uid in uids:
            self._touched.pop(uid, None)
            self._touched[uid] = self._revision
        self._updated.set()
        self._tell()

    def _read(self, uid: int) -> bytes | None:
        return self._store.raw(self.id, uid)


class FolderSet(MailboxSetInterface[Folder]):  # type: ignore[misc]
    """All folders of one user; `changed` hears the folder's name after each change in it."""

    def __init__(self, store: MailStore, user: str, changed: Callable[[str], None]) -> None:
        self._store, self._user, self._tell = store, user, changed
        self._folders: dict[str, Folder] = {}
        for row in store.folders(user):
            self._open(row)

    def __getitem__(self, name: str) -> Folder:
        return self._folders["INBOX" if name.upper() == "INBOX" else name]

    @property
    def delimiter(self) -> str:
        return "/"

    async def set_subscribed(self, name: str, subscribed: bool) -> None:
        if name in self._folders:
            self._folders[name].subscribed = subscribed
            self._store.subscribe_folder(self._folders[name].id, subscribed)

    async def list_subscribed(self) -> ListTree:
        names = [name for name, folder in self._folders.items() if folder.subscribed]
        return _Tree(self.delimiter).update("INBOX", *names)

    async def list_mailboxes(self) -> ListTree:
        return _Tree(self.delimiter).update("INBOX", *self._folders)

    async def get_mailbox(self, name: str) -> Folder:
        return self[name]

    async def add_mailbox(self, name: str) -> ObjectId:
        if name in self._folders:
            raise ValueError(name)
        return self._open(self._store.add_folder(self._user, name)).mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        self._store.drop_folder(self._folders.pop(name).id)
        self._tell(name)

    async def rename_mailbox(self, before: str, after: str) -> None:
        """INBOX stays: renaming it would have to move its mails (RFC 9051, section 6.3.6). ValueError then."""
        tree = ListTree(self.delimiter).update("INBOX", *self._folders)
        if tree.get(before) is None:
            raise KeyError(before)
        if before.upper() == "INBOX" or tree.get(after) is not None:
            raise ValueError(after)
        for old, new in tree.get_renames(before, after):
            folder = self._folders.pop(old)
            self._store.rename_folder(folder.id, new)
            self._folders[new] = folder
            self._tell(new)

    def _open(self, row: FolderRow) -> Folder:
        folder = self._folders[row.name] = Folder(self._store, row, lambda: self._tell(self._name_of(row.id)))
        return folder

    def _name_of(self, folder_id: int) -> str:
        return next((name for name, folder in self._folders.items() if folder.id == folder_id), "")


class _Snapshot(MailboxSnapshot):  # type: ignore[misc]
    @property
    def flags(self) -> frozenset[Flag]:
        return frozenset(super().flags - {Wildcard})  # a permission, not a flag (RFC 9051, section 7.3.5)


class _Entry(ListEntry):  # type: ignore[misc]
    @property
    def attributes(self) -> list[bytes]:
        special = SPECIAL_USE.get(self.name)
        return [*super().attributes, *([special] if special else [])]


class _Tree(ListTree):  # type: ignore[misc]
    """Names the folders' special uses (RFC 6154), so that a mail program finds Sent and Trash by itself."""

    def list_matching(self, ref_name: str, filter_: str) -> Iterator[ListEntry]:
        for entry in super().list_matching(ref_name, filter_):
            yield _Entry(entry.name, entry.exists, entry.marked, entry.has_children)


def _row(mail: Mail, *, uid: int | None = None) -> MailRow:
    flags = frozenset(map(str, mail.permanent_flags))
    return MailRow(uid or mail.uid, mail.internal_date, flags, mail.email_id.value.decode(), mail.size)

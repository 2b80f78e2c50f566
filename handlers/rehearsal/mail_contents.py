"""One practice mail as the IMAP server gives it out: exact bytes, and structure where it can be read."""

from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any

from pymap.bytes import Writeable
from pymap.message import BaseLoadedMessage, BaseMessage
from pymap.mime import MessageBody, MessageContent, MessageHeader
from pymap.parsing.response.fetch import BodyStructure, EnvelopeStructure
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Flag

from handlers.rehearsal.mail_store import MailRow


class Mail(BaseMessage):  # type: ignore[misc]
    """A mail's numbers and flags; its bytes are read when they are asked for."""

    __slots__ = ("_read", "size")

    def __init__(self, row: MailRow, read: Callable[[int], bytes | None], *, expunged: bool = False) -> None:
        flags = [Flag(flag) for flag in row.flags]
        email_id = ObjectId(row.object_id.encode())
        super().__init__(row.uid, row.received_at, flags, email_id=email_id, expunged=expunged)
        self.size, self._read = row.size, read

    async def load_content(self, requirement: FetchRequirement) -> "LoadedMail":
        return LoadedMail(self, requirement, self._read)


class LoadedMail(BaseLoadedMessage):  # type: ignore[misc]
    """Gives out exact bytes without parsing; parses only for structure, and survives what cannot be parsed."""

    __slots__ = ("_parts", "_raw", "_read")

    def __init__(
        self, mail: Mail, requirement: FetchRequirement, read: Callable[[int], bytes | None]
    ) -> None:
        super().__init__(mail, requirement, None)
        self._read, self._raw = read, b""
        self._parts: MessageContent | None = None

    @property
    def raw(self) -> bytes:
        if not self._raw:
            self._raw = self._read(self.message.uid) or b""
        return self._raw

    @property
    def content(self) -> MessageContent:
        if self._parts is None:
            self._parts = _parsed(self.raw)
        return self._parts

    def __bytes__(self) -> bytes:
        return self.raw

    def get_size(self, section: Any = None) -> int:
        return int(super().get_size(section)) if section else int(self.message.size)

    def get_body(self, section: Any = None, binary: bool = False) -> Writeable:
        return super().get_body(section, binary) if section or binary else Writeable.wrap(self.raw)

    def get_header(self, name: bytes) -> list[str]:
        return [
            text
            for key, value in self.content.header.folded
            if key == name.lower()
            for text in _readings(bytes(value).partition(b":")[2])
        ]

    # pymap leaves structure to the standard library's strict parser, which raises on some real mail; one such
    # mail must not cost a client its connection.
    def get_envelope_structure(self) -> EnvelopeStructure:
        try:
            return super().get_envelope_structure()
        except Exception:
            return EnvelopeStructure.empty()

    def get_body_structure(self) -> BodyStructure:
        try:
            return super().get_body_structure()
        except Exception:
            return BodyStructure.empty()


def _parsed(raw: bytes) -> MessageContent:
    try:
        return MessageContent.parse(raw)
    except Exception:
        lines, text = MessageContent._find_lines(raw), MessageBody.empty().content_type  # noqa: SLF001
        return MessageContent(raw, MessageHeader.empty(), MessageBody(raw, lines, text, []))


def _readings(value: bytes) -> Iterator[str]:
    """A header as it stands and as a person reads it; a search may mean either."""
    plain = value.decode("utf-8", "replace").replace("\r\n", "").strip()
    yield plain
    try:
        yield str(make_header(decode_header(plain)))
    except (HeaderParseError, LookupError, ValueError):
        return

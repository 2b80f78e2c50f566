"""Addresses in mail headers (RFC 5322 3.4, RFC 6532) read tolerantly, and whether one may be written to."""

import re
from dataclasses import dataclass, field

from handlers.mail.headers import LONGEST_VALUE, SPACES, decode_words, one_line

MOST_ADDRESSES = 500
LONGEST_LOCAL = 64
LONGEST_DOMAIN = 255

LOCAL_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
)
LOCAL_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"')
LABEL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff](?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]*[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff])?"
)
LITERAL = re.compile(r"\[(?:IPv6:[0-9A-Fa-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
AROUND_DOTS = re.compile(r" {1,8}([.@]) {0,8}|([.@]) {1,8}")
STRAY_QUOTES = re.compile(r"^[\"'\s]+|[\"'\s]+$")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as a header states it; `address` is None when none can be read."""

    name: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A named group (RFC 5322 3.4); name None: the mailboxes that stand outside of any group."""

    name: str | None
    members: tuple[Mailbox, ...] = ()


@dataclass(slots=True)
class _Open:
    """The mailbox being read."""

    words: list[tuple[str, bool]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None


def read_groups(text: str) -> tuple[list[Group], bool]:
    """An address header's groups in order, and whether it held more than we read (500 addresses).

    Accepts what mail programs write: encoded words in quotes, comments as names, bare words, semicolons
    between addresses, a name behind the address, unclosed quotes and brackets. Linear in its length.
    """
    text = one_line(text[:LONGEST_VALUE])
    groups: list[Group] = []
    loose: list[Mailbox] = []
    members: list[Mailbox] | None = None
    group_name: str | None = None
    item = _Open()
    count, at, size = 0, 0, len(text)
    quotes_close = True

    def close() -> None:
        nonlocal item, count
        mailbox = _mailbox(item)
        item = _Open()
        if mailbox is not None:
            count += 1
            (loose if members is None else members).append(mailbox)

    while at < size and count < MOST_ADDRESSES:
        letter = text[at]
        if letter in " \t\r\n":
            item.words.append((" ", False))
            at += 1
        elif letter == '"':
            word, end, closed = _until(text, at + 1, '"') if quotes_close else ("", at + 1, False)
            if closed:
                item.words.append((word, True))
            else:  # one that is never closed says nothing; looking for its end again would cost the square
                quotes_close, end = False, at + 1
                item.words.append(('"', False))
            at = end
        elif letter == "(":
            comment, at = _comment(text, at + 1)
            item.comments.append(comment)
            item.words.append((" ", False))
        elif letter == "<":
            item.angle, at = _angle(text, at + 1, item.comments)
        elif letter == ",":
            close()
            at += 1
        elif letter == ";":
            close()
            at += 1
            if members is not None:
                groups.append(Group(group_name, tuple(members)))
                members, group_name = None, None
        elif letter == ":" and members is None and item.angle is None and not _looks_like_address(item):
            group_name, item = _group_name(item), _Open()
            if loose:
                groups.append(Group(None, tuple(loose)))
                loose = []
            members = []
            at += 1
        else:
            stop = at + 1
            while stop < size and text[stop] not in ' \t\r\n"(<,;:':
                stop += 1
            item.words.append((text[at:stop], False))
            at = stop
    close()
    if members is not None:
        groups.append(Group(group_name, tuple(members)))
    elif loose:
        groups.append(Group(None, tuple(loose)))
    return groups, at < size


def read_mailboxes(text: str) -> tuple[list[Mailbox], bool]:
    """The mailboxes of an address header, those inside groups included; and whether there were too many."""
    groups, cut = read_groups(text)
    return [mailbox for group in groups for mailbox in group.members], cut


def _until(text: str, at: int, closing: str) -> tuple[str, int, bool]:
    """The raw inside of a quoted string from behind its opening, where it ends, and whether it was closed."""
    start = at
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == closing:
            return text[start:at], at + 1, True
        else:
            at += 1
    return text[start:], len(text), False


def _comment(text: str, at: int) -> tuple[str, int]:
    start, depth = at, 1
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
            continue
        depth += (letter == "(") - (letter == ")")
        at += 1
        if depth == 0:
            return text[start : at - 1], at
    return text[start:], len(text)


def _angle(text: str, at: int, comments: list[str]) -> tuple[str, int]:
    """What stands in angle brackets without its spaces, its comments set aside; `<<a@b>>` is read as one."""
    out: list[str] = []
    while at < len(text):
        letter = text[at]
        if letter == "<":
            out.clear()
            at += 1
        elif letter == ">":
            at += 1
            while at < len(text) and text[at] == ">":
                at += 1
            return "".join(out), at
        elif letter == "(":
            comment, at = _comment(text, at + 1)
            comments.append(comment)
        elif letter == '"':
            word, at, _ = _until(text, at + 1, '"')
            out.append(f'"{word}"')
        else:
            if letter not in " \t\r\n":
                out.append(letter)
            at += 1
    return "".join(out), at


def _looks_like_address(item: _Open) -> bool:
    return any("@" in word for word, quoted in item.words if not quoted)


def _group_name(item: _Open) -> str | None:
    name = _phrase(item.words)
    comments = _said(item.comments)
    return f"{name} ({comments})" if name and comments else name or comments or None


def _said(comments: list[str]) -> str:
    return " ".join(filter(None, (_clean(decode_words(ESCAPED.sub(r"\1", comment))) for comment in comments)))


def _phrase(words: list[tuple[str, bool]]) -> str:
    """A display name; encoded words next to quoted ones are read as if all were plain, as everybody does."""
    joined = "".join(ESCAPED.sub(r"\1", word) if quoted else word for word, quoted in words)
    return _clean(decode_words(joined))


def _clean(text: str) -> str:
    return SPACES.sub(" ", text.replace("\x00", "")).strip()


def _mailbox(item: _Open) -> Mailbox | None:
    comments = _said(item.comments)
    if item.angle is not None:
        name = STRAY_QUOTES.sub("", _phrase(item.words)) or ""
        address = item.angle
        if (
            address.startswith("@") and ":" in address
        ):  # a source route (RFC 5322 4.4): the mailbox is behind it
            address = address.rsplit(":", 1)[1]
        full = f"{name} ({comments})" if name and comments else name or comments
        return Mailbox(full or None, _decoded(address) or None)
    bare = [(f'"{word}"' if quoted else word) for word, quoted in item.words]
    text = "".join(bare).strip()
    if not text and not comments:
        return None
    if "@" not in text:
        if not text:
            return Mailbox(comments, None)
        return (
            Mailbox(comments, text)
            if comments and " " not in text
            else Mailbox(_phrase(item.words) or None, None)
        )
    text = _decoded(text)
    if " " in text and not any(quoted for _, quoted in item.words):
        text = AROUND_DOTS.sub(
            lambda found: found[1] or found[2], text
        )  # blanks around dots and @ (RFC 5322 4.4)
    if " " in text:
        # "John Doe john@example.org" and "john@example.org John Doe": one word is an address, the rest the name.
        words = text.split()
        addresses = [word for word in words if is_address(word.strip("[]()'"))]
        if (
            len(addresses) == 1
            and all(word.isalpha() for word in words if word not in addresses)
            and len(words) > 2
        ):
            return Mailbox(
                " ".join(word for word in words if word not in addresses), addresses[0].strip("[]()'")
            )
    return Mailbox(comments or None, text)


def _decoded(address: str) -> str:
    return _clean(decode_words(address)) if "=?" in address else address.strip()


def is_address(text: str) -> bool:
    """Whether this is one address that could be written to (RFC 5321 4.1.2, RFC 6531); no name, no comment."""
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(text.encode("utf-8", "replace")) > 320:
        return False
    if len(local.encode("utf-8", "replace")) > LONGEST_LOCAL and len(local) > 128:
        return False
    if not (LOCAL_ATOM.fullmatch(local) or LOCAL_QUOTED.fullmatch(local)):
        return False
    if LITERAL.fullmatch(domain):
        return True
    labels = domain.split(".")
    if len(domain) > LONGEST_DOMAIN or not all(
        label and len(label) <= 63 and LABEL.fullmatch(label) for label in labels
    ):
        return False
    return all(_readable_label(label) for label in labels if label.lower().startswith("xn--"))


def _readable_label(label: str) -> bool:
    """Punycode that decodes to something, and to something that is not plain ASCII again (RFC 5891 4.2.1)."""
    try:
        return not label.encode("ascii").decode("idna").isascii()
    except (UnicodeError, ValueError):
        return False

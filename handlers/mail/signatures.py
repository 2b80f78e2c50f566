"""Finds the signature under a message."""

import re
from enum import Enum

from handlers.mail.client_lines import bare, is_rule
from handlers.mail.phrases import CLOSINGS, SENT_FROM, THANKS, plain_form

MOST_SIGNATURE_LINES = 15
"""Lines with words below a bare "--"; more than that is a list or a text with a rule in it."""
LONGEST_SIGNATURE = 60
"""Lines with words that are looked at from the end; a legal notice below "-- " is longer than any greeting."""
MOST_FOOTER_LINES = 6
LONGEST_SIGNATURE_LINE = 60
_SENT_FROM = re.compile("|".join(SENT_FROM), re.IGNORECASE)
_DASH_NAME = re.compile(r"^[-–—] ?[^\W\d_](?:[^\W\d_]|['’]){1,30}(?: [^\W\d_][^\W\d_.'’-]{0,30}){0,2}$")
_PHONE = re.compile(
    r"(?<![\w.])[+(]?\d[\d ().+/-]{5,24}\d(?!\w)|(?<!\w)[xX][- ]?\d{3,7}\b|(?<![\w-])\d-\d{4}\b"
)
_POSTSCRIPT = re.compile(r"^(?:p\. ?s\.|ps|pps|n\.b\.|nb|p\.d\.|pd)[\s:.,]", re.IGNORECASE)
_LABELLED = re.compile(
    r"^(?:[tpfmwec]|ph|tel|telephone|telefon|tél|téléphone|teléfono|telefone|mob|mobile|mobil|handy|cell|phone|office|work|home|fax|direct"
    r"|e-?mail|mail|web|website|internet|skype|twitter|linkedin|via|ext|toll free|www|адрес|тел|моб)\b[.:#)]?\s{0,9}\S",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}|\bwww\.|https?://", re.IGNORECASE)
_INITIAL = re.compile(
    r"^(?:[^\W\d_]\. ?){1,3}[^\W\d_][\w'’-]+$|^[^\W\d_][\w'’-]+ [^\W\d_]\. [^\W\d_][\w'’-]+$"
)
_NAME_WORD = re.compile(r"^[^\W\d_][\w.'’-]*$")
_LINK = re.compile(r"https?://|www\.|@|mailing list", re.IGNORECASE)


def sent_from(line: str) -> bool:
    """Whether a line is what a phone or an app puts under every mail ("Sent from my iPhone")."""
    text = bare(line)
    if not 8 <= len(text) <= 250:
        return False
    words = re.sub(r"<[^<>]{0,200}>", "", text).strip(" *_")
    found = _SENT_FROM.match(words)
    return bool(found) and len(words.split()) <= 10 and "," not in words and ". " not in words


def certain_signature(lines: list[str], *, closings: bool = True) -> int:
    """The number of the line where a certain signature starts; the number of lines when there is none.

    Certain is "-- " (RFC 3676 4.3), "-Name" at the end, "Sent from my …", the footer of a mailing list, and, if
    `closings`, a line of greeting with a name below it.
    """
    said = [at for at, line in enumerate(lines) if line.strip()]
    if not said:
        return len(lines)
    for order in range(max(0, len(said) - LONGEST_SIGNATURE), len(said) - 1):
        at, below = said[order], len(said) - order - 1
        text = lines[at].rstrip("\r")
        if text.strip() == "--" and (text == "-- " or below <= MOST_SIGNATURE_LINES):
            return at
        footer = below <= MOST_FOOTER_LINES and text.startswith("__") and not text.strip("_ ")
        if footer and any(_LINK.search(lines[later]) for later in said[order + 1 :]):
            return _before_footer(lines, said[:order], at)
    return _ending(lines, said, closings=closings)


def _before_footer(lines: list[str], said: list[int], footer: int) -> int:
    return min(footer, _ending(lines[:footer], said, closings=False)) if said else footer


def _ending(lines: list[str], said: list[int], *, closings: bool) -> int:
    end = len(lines)
    while said and sent_from(lines[said[-1]]):
        end = said.pop()
    if len(said) < 2:
        return end
    last = said[-1]
    if (
        _DASH_NAME.match(bare(lines[last]).rstrip("."))
        and last - said[-2] > 1
        and bare(lines[last])[1:2] != " "
    ):
        return last
    if closings:
        for order in range(len(said) - 2, max(0, len(said) - 7), -1):
            if plain_form(lines[said[order]]).strip(" ,.!:;-") in CLOSINGS and all(
                _short(lines[at]) for at in said[order + 1 :]
            ):
                return said[order]
    return end


def _short(line: str) -> bool:
    text = bare(line)
    if len(text) > LONGEST_SIGNATURE_LINE or text.endswith(("?", ":")):
        return False
    return not _POSTSCRIPT.match(text) and not _is_sentence(text)


class _Kind(Enum):
    CLOSING = "closing"
    SIGNED = "closing and name on one line"
    KNOWN = "the sender's name"
    NAME = "a name"
    DASHED = "-name"
    CONTACT = "contact"
    SENT_FROM = "sent from"
    RULE = "rule"
    TITLE = "title"


def split_signature(text: str, *, sender_name: str = "") -> tuple[str, str]:
    """Split new words from the signature below them: (text, signature), the second "" when there is none.

    `sender_name` is the From header's display name (an address in it helps too). Besides what
    `certain_signature` knows, the shape of the last lines counts: a greeting, the sender's name, telephone
    numbers, addresses. Looks at the last few lines only.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    said = [at for at, line in enumerate(lines) if line.strip()]
    start = min(_delimited(lines, said), _shaped(lines, said, _Sender(sender_name)))
    if not said or start >= len(lines):
        return text, ""
    return "\n".join(lines[:start]).rstrip(), "\n".join(lines[start:]).strip()


class _Sender:
    """The words of a sender's name, to find it under a letter."""

    def __init__(self, name: str) -> None:
        words = [word for word in re.split(r"[\W\d_]+", name[:300]) if word]
        self.words = {word.casefold() for word in words if len(word) > 1} - {
            "mailto",
            "com",
            "org",
            "net",
            "the",
        }
        self.initials = (
            {"".join(sorted(word[0].casefold() for word in words[:2]))} if len(words) > 1 else set()
        )

    def signs(self, line: str) -> bool:
        """Whether a line is the sender's name, maybe with a word before it or another person beside it."""
        words = [word.strip(".,()!") for word in re.split(r"[\s,&/]+", line) if word.strip(".,()!-")]
        if not 1 <= len(words) <= 5:
            return False
        if len(words) == 1 and words[0].isupper() and len(words[0]) <= 3:
            return "".join(sorted(words[0].casefold())) in self.initials
        if not any(word.casefold() in self.words for word in words):
            return False
        return all(
            word[:1].isupper()
            or not word[:1].isalpha()
            or word in {"and", "und", "et", "y", "e", "i", "og", "och", "en", "de", "van", "von", "pal"}
            for word in words
        )


def _delimited(lines: list[str], said: list[int]) -> int:
    """Where a signature under "--", "__" or "—" starts."""
    for order in range(max(1, len(said) - 1 - MOST_SIGNATURE_LINES), len(said) - 1):
        at = said[order]
        text = bare(lines[at])
        if text in {"--", "—", "–", "__"}:
            return at
        if (
            is_rule(lines[at])
            and len(text) >= 5
            and _looks_signed([lines[later] for later in said[order + 1 :]])
        ):
            return at
    return certain_signature(lines, closings=False) if said else len(lines)


def _looks_signed(lines: list[str]) -> bool:
    kinds = [_kind(line, _Sender("")) for line in lines]
    return None not in kinds and (_Kind.CONTACT in kinds or _Kind.NAME in kinds)


def _shaped(lines: list[str], said: list[int], sender: _Sender) -> int:
    tail: list[tuple[int, _Kind]] = []
    for at in reversed(said[1:]):
        kind = _kind(lines[at], sender)
        if kind is None or len(tail) >= MOST_SIGNATURE_LINES:
            break
        tail.insert(0, (at, kind))
    for order, (at, kind) in enumerate(tail):
        if _starts(lines, at, kind, [later for _, later in tail[order + 1 :]]):
            return at
    return len(lines)


def _starts(lines: list[str], at: int, kind: _Kind, below: list[_Kind]) -> bool:
    names = {_Kind.KNOWN, _Kind.NAME, _Kind.SIGNED}
    apart = not lines[at - 1].strip()
    if kind in {_Kind.SIGNED, _Kind.KNOWN, _Kind.SENT_FROM}:
        return True
    if kind is _Kind.CLOSING:
        return bool(names & set(below[:2])) and below[0] is not _Kind.RULE
    if kind is _Kind.DASHED:
        return apart and _Kind.DASHED not in below
    if kind is _Kind.RULE:
        return bool(names & set(below)) and _Kind.CONTACT in below
    if kind is _Kind.NAME:
        text = bare(lines[at])
        if _Kind.CONTACT in below[:4] and len(text.split()) <= 3:
            return apart or _ends_sentence(lines[at - 1])
        if below:
            return apart and bool(_INITIAL.match(text)) and below[0] is _Kind.NAME
        return len(text.split()) == 1 and len(text) <= 14 and (apart or _ends_sentence(lines[at - 1]))
    if kind is _Kind.TITLE:
        return apart and bool(below) and set(below) == {_Kind.CONTACT} and len(below) <= 3
    return False


def _ends_sentence(line: str) -> bool:
    return bare(line).endswith((".", "!", "?", "…"))


def _kind(line: str, sender: _Sender) -> _Kind | None:
    """What a line would be in a signature; None when it can't be in one."""
    text = bare(line).strip("*_ ") or bare(line)
    if sent_from(line) or (plain_form(text).startswith("via ") and len(text.split()) <= 3):
        return _Kind.SENT_FROM
    if is_rule(line):
        return _Kind.RULE
    if len(text) > 90 or _POSTSCRIPT.match(text):
        return None
    plain = plain_form(text).strip(" ,.!:;-")
    if plain in CLOSINGS or plain in THANKS:
        return _Kind.CLOSING
    if _DASH_NAME.match(text.rstrip(".")):
        return _Kind.DASHED
    if _signed_inline(text, sender):
        return _Kind.SIGNED
    number = _PHONE.search(text)
    if len(text) <= LONGEST_SIGNATURE_LINE and sender.signs(_PHONE.sub("", text)):
        return _Kind.KNOWN
    if (number or _ADDRESS.search(text) or _LABELLED.match(text)) and not _is_sentence(text):
        return _Kind.CONTACT
    if (
        len(text) > LONGEST_SIGNATURE_LINE
        or text.endswith(("?", "!", ":", ";"))
        or (text.endswith(".") and not text.endswith(("Inc.", "Ltd.", "Co.")))
    ):
        return None
    words = text.split()
    if len(words) <= 4 and all(_NAME_WORD.match(word.strip(",")) and word[0].isupper() for word in words):
        return _Kind.NAME
    capital = sum(word[0].isupper() or word[0].isdigit() or not word[0].isalnum() for word in words)
    return _Kind.TITLE if (text[0].isupper() or text[0].isdigit()) and capital * 2 >= len(words) else None


def _is_sentence(text: str) -> bool:
    words = [word for word in text.split() if word.isalpha()]
    return len(words) > 4 and sum(word.islower() for word in words) * 2 > len(words)


def _signed_inline(text: str, sender: _Sender) -> bool:
    """Whether a line is a greeting and a name: "Thanks, BT" or "Best regards Ann"."""
    words = text.split()
    for count in range(min(4, len(words) - 1), 0, -1):
        greeting, rest = plain_form(" ".join(words[:count])).strip(" ,.!:;-"), words[count:]
        if greeting in CLOSINGS or greeting in THANKS:
            name = " ".join(rest).strip(" .,!-")
            single = (
                len(rest) == 1
                and name[:1].isupper()
                and name.isalpha()
                and text[: text.find(rest[0])].rstrip().endswith((",", ".", "!", "-"))
            )
            return bool(name) and (sender.signs(name) or single)
    return False

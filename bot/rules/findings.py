"""What is wrong or worth a second look in a draft; marked with the exact words, blocked where it must not leave."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from prompts.links import clickable

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_NUMBER = re.compile(
    r"(?:(?:[€$£¥₹]|\b(?:EUR|USD|GBP|SEK|NOK|DKK|CHF|kr)\b)\s?)?\b\d{1,9}(?:[.,:/' \u00a0\u202f-]\d{1,6}){0,5}\s?(?:%|€|£|kr\b|EUR\b|USD\b|SEK\b|percent\b|am\b|pm\b|h\b|Uhr\b)?",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|tomorrow|tonight|next week|next month|end of (?:the )?(?:week|month))\b"
    r"|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|übermorgen|nächste woche)\b"
    r"|\b(?:måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag|imorgon|nästa vecka)\b"
    r"|\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|la semaine prochaine)\b"
    r"|\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|mañana|la próxima semana)\b",
    re.IGNORECASE,
)
_COMMIT = re.compile(
    r"\b(?:we|i)\s(?:can\s|will\s|hereby\s|do\s)?(?:guarantee|promise|agree|commit|accept|confirm|refund|waive|discount)\b"
    r"|\bfree of charge\b|\bat no (?:extra )?(?:cost|charge)\b|\bfull refund\b|\b(?:you have|this is) my word\b"
    r"|\bwir\s(?:garantieren|versprechen|erstatten|verzichten)\b|\bkostenlos\b|\bgratis\b|\bvi\s(?:garanterar|lovar|återbetalar)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """One finding: a sentence, the exact words, and whether the draft must not leave with them."""

    text: str
    words: str
    blocks: bool


def find(body: str, *, grounds: Collection[str], hosts: Collection[str]) -> tuple[Found, ...]:
    """Everything to look at in a reply's text.

    `grounds` are the texts it may rely on (sources and the client's own message); `hosts` the owner's own links.
    Blocks: unseen or control characters, and links or addresses that are not the owner's or from the grounds.
    """
    found: list[Found] = []
    if hidden := _CONTROL.search(body) or _UNSEEN.search(body):
        found.append(Found("The draft holds a character that nobody can see", f"U+{ord(hidden.group()[0]):04X}", blocks=True))
    found += [
        Found("A link or address that is not in the playbook", word, blocks=True)
        for word in clickable(body)
        if not _owners(word, hosts)
    ]
    ground = _folded("\n".join(grounds))
    found += _ungrounded(body, _NUMBER, ground, "A number, price or date that no source names")
    found += _ungrounded(body, _DAYS, ground, "A day that no source names")
    found += [Found("This promises something", m.group(), blocks=False) for m in _COMMIT.finditer(body) if _folded(m.group()) not in ground]
    return tuple(_once(found))[:12]


def _ungrounded(body: str, pattern: re.Pattern[str], ground: str, text: str) -> list[Found]:
    found = []
    for match in pattern.finditer(body):
        words = match.group().strip(" .,:/'-\u00a0\u202f")
        if words and not _stands_in(_folded(words), ground):
            found.append(Found(text, words, blocks=False))
    return found


def _stands_in(words: str, ground: str) -> bool:
    """Whether these words stand in the ground as whole words: "5" is not in "15"."""
    at = ground.find(words)
    while at >= 0:
        before = ground[at - 1 : at]
        after = ground[at + len(words) : at + len(words) + 1]
        if not (before.isalnum() and words[0].isalnum()) and not (after.isalnum() and words[-1].isalnum()):
            return True
        at = ground.find(words, at + 1)
    return False


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _owners(word: str, hosts: Collection[str]) -> bool:
    """Whether it leads to the owner. In doubt it does not: a name after an @ may be a path, a password or a trick."""
    low = word.casefold().removeprefix("mailto:")
    scheme, slashes, rest = low.rpartition("://")
    place, *path = re.split(r"[/?#]", rest, maxsplit=1)
    if "\\" in low or (slashes and scheme not in {"http", "https"}) or (path and "@" in place):
        return False
    user, at, host = place.rpartition("@")
    if at and (slashes or "@" in user or ":" in place):
        return False
    host = re.sub(r":\d{1,5}$", "", host).rstrip(".")
    return any(host == h or host.endswith("." + h) for h in hosts)


def _once(found: list[Found]) -> list[Found]:
    seen: set[tuple[str, str]] = set()
    return [f for f in found if (f.text, f.words) not in seen and not seen.add((f.text, f.words))]  # type: ignore[func-returns-value]

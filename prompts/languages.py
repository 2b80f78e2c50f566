"""What differs from language to language: greetings, names of days, and the general words that hint at what a mail is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True)
class Language:
    """One language; `cues` maps a kind of hint ("angry", "refund") to words and phrases in lower case."""

    code: str
    name: str
    greeting: str
    """With $name."""
    greeting_nameless: str
    conjunction: str
    date_form: str
    """With $weekday, $day, $month, $year."""
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    common: frozenset[str]
    """Its most frequent little words; they tell which language a text is in."""
    cues: Mapping[str, tuple[str, ...]]

    def long_date(self, day: date) -> str:
        """Such as "Tuesday, 24 November 2026", as this language writes it."""
        parts = {
            "$weekday": self.weekdays[day.weekday()],
            "$day": str(day.day),
            "$month": self.months[day.month - 1],
            "$year": str(day.year),
        }
        text = self.date_form
        for slot, value in parts.items():
            text = text.replace(slot, value)
        return text

    def series(self, items: list[str]) -> str:
        """Such as "a, b and c", as this language writes it."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.conjunction} {items[-1]}"


@cache
def languages() -> Mapping[str, Language]:
    """Code to language, English first."""
    found = [
        _read(path) for path in sorted(FOLDER.glob("*.toml"), key=lambda path: (path.stem != "en", path.stem))
    ]
    return MappingProxyType({language.code: language for language in found})


def _read(path: Path) -> Language:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Language(
        code=path.stem,
        name=table["name"],
        greeting=table["greeting"],
        greeting_nameless=table["greeting_nameless"],
        conjunction=table["conjunction"],
        date_form=table["date"],
        weekdays=tuple(table["weekdays"]),
        months=tuple(table["months"]),
        common=frozenset(table["common"]),
        cues=MappingProxyType({kind: tuple(words) for kind, words in table["cues"].items()}),
    )

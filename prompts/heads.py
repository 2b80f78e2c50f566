"""Owners' files as we read them: a TOML head between +++ lines and a body, or TOML alone; every complaint has its line."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from prompts.problems import Problems

MAX_FILE = 64 * 1024
FENCE = "+++"

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_WRAPPED = re.compile(r"(?<=[^\n]{72})(?<![ \\])\n(?=[^\W\d_$\"“„'(]|\d+(?![\d.)]))(?![-*•#>|])")
_TOML_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass
class Head:
    """A TOML table that knows its file. Getters note a problem and answer the default, so reading goes on."""

    file: str
    table: dict[str, Any]
    lines: list[str]
    problems: Problems
    first: int = 1
    """Line of the file on which `lines` begins."""
    path: tuple[str, ...] = ()
    taken: set[str] = field(default_factory=set)

    def line(self, key: str = "") -> int:
        """The line where `key` of this table stands; the table's own line when it is not there."""
        start = 0
        for name in self.path:
            start = self._find(
                re.compile(rf"\s*(?:\[\[?\s*(?:[\w.-]+\.)?{re.escape(name)}\b|{re.escape(name)}\b\s*[.=])"),
                start,
            )
        if key:
            start = self._find(
                re.compile(rf"(?:\s*|.*[{{,\[.]\s*)[\"']?{re.escape(key)}[\"']?\s*[.=\]]"), start
            )
        return self.first + start

    def _find(self, pattern: re.Pattern[str], start: int) -> int:
        for number in range(start, len(self.lines)):
            if pattern.match(self.lines[number]):
                return number
        return start

    def complain(self, key: str, what: str, cure: str) -> None:
        self.problems.add(self.file, self.line(key), what, cure)

    def has(self, key: str) -> bool:
        return key in self.table

    def _take(self, key: str, kinds: tuple[type, ...], default: Any, cure: str) -> Any:
        self.taken.add(key)
        if key not in self.table:
            return default
        value = self.table[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.complain(key, f"`{key}` is {_said(value)}", cure)
            return default
        return value

    def text(self, key: str, default: str = "", *, longest: int = 300) -> str:
        value: str = self._take(key, (str,), default, f'Write it as {key} = "…".').strip()
        if len(value) > longest:
            self.complain(key, f"`{key}` has {len(value)} characters", f"Keep it under {longest}.")
            return default
        if any(ord(letter) < 32 for letter in value):
            self.complain(key, f"`{key}` has a line break or a control character", "Keep it on one line.")
            return default
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value: bool = self._take(key, (bool,), default, f"Write it as {key} = true or {key} = false.")
        return value

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        value: int = self._take(key, (int,), default, f"Write it as {key} = {default}.")
        return value if self._between(key, value, low, high) else default

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        value: float = self._take(key, (int, float), default, f"Write it as {key} = {default}.")
        return float(value) if self._between(key, value, low, high) else default

    def _between(self, key: str, value: float, low: float, high: float) -> bool:
        if low <= value <= high:
            return True
        self.complain(key, f"`{key}` is {value}", f"Choose a number from {low} to {high}.")
        return False

    def choice(self, key: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(key, default)
        if value in allowed or (value == default and not self.has(key)):
            return value
        self.complain(
            key, f"`{key}` is {value!r}", f"Choose one of {listed(allowed)}.{nearest(value, allowed)}"
        )
        return default

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of short texts, without repeats."""
        cure = f'Write it as {key} = ["one", "two"].'
        value = self._take(key, (list,), list(default), cure)
        if not all(isinstance(word, str) and word.strip() and len(word) <= 120 for word in value):
            self.complain(key, f"`{key}` holds something that is no short text", cure)
            return default
        return tuple(dict.fromkeys(word.strip() for word in value))

    def clock(self, key: str, default: time | None) -> time | None:
        cure = f'Write it as {key} = "08:00".'
        value = self._take(key, (str, time), default, cure)
        if not isinstance(value, str):
            return value if isinstance(value, time) else None
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.complain(key, f"`{key}` is {value!r}, no time of day", cure)
            return default

    def day(self, key: str) -> date | None:
        cure = f"Write it as {key} = 2027-01-31."
        value = self._take(key, (str, date), None, cure)
        if not isinstance(value, str):
            return value if isinstance(value, date) else None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.complain(key, f"`{key}` is {value!r}, no date", cure)
            return None

    def inner(self, key: str) -> "Head":
        """The table under `key`; an empty one when there is none."""
        table = self._take(key, (dict,), {}, f"Write it as a table: [{'.'.join((*self.path, key))}].")
        return Head(self.file, table, self.lines, self.problems, self.first, (*self.path, key))

    def each(self, key: str) -> list["Head"]:
        """The tables of an array of tables, [[key]]."""
        tables = self._take(key, (list,), [], f"Write each as [[{key}]].")
        heads = []
        for number, table in enumerate(tables):
            if not isinstance(table, dict):
                self.complain(key, f"`{key}` holds something that is no table", f"Write each as [[{key}]].")
                continue
            start = self._nth(key, number)
            heads.append(Head(self.file, table, self.lines[start:], self.problems, self.first + start))
        return heads

    def _nth(self, key: str, number: int) -> int:
        pattern = re.compile(rf"\s*\[\[\s*{re.escape(key)}\s*\]\]")
        places = [place for place, line in enumerate(self.lines) if pattern.match(line)]
        return places[number] if number < len(places) else 0

    def closed(self) -> None:
        """Call when all known keys were read: whatever else stands there is a mistake worth a word."""
        for key in self.table:
            if key not in self.taken:
                known = tuple(sorted(self.taken))
                self.complain(
                    key, f"`{key}` is not known here", f"Known: {listed(known)}.{nearest(key, known)}"
                )


@dataclass(frozen=True)
class Page:
    """One file: its head, its body without <!-- comments -->, and the line on which the body begins."""

    head: Head
    body: str
    body_line: int
    raw: bytes

    def line_of(self, words: str) -> int:
        """The first line of the file, below its head, that holds these words; the body's first when none does."""
        for number, line in enumerate(self.raw.decode("utf-8-sig", "replace").splitlines(), 1):
            if number >= self.body_line and words in line:
                return number
        return self.body_line


def read_page(path: Path, file: str, problems: Problems) -> Page | None:
    """A Markdown file with an optional +++ head. None: it could not be read, and why is among the problems."""
    raw, text = _read(path, file, problems)
    if text is None:
        return None
    lines = text.split("\n")
    if lines[0].strip() != FENCE:
        return Page(Head(file, {}, [], problems), _clean(text), 1, raw)
    end = next((number for number in range(1, len(lines)) if lines[number].strip() == FENCE), None)
    if end is None:
        problems.add(file, 1, "the head has no end", "Close it with a line that holds only +++.")
        return None
    table = _toml("\n".join(lines[1:end]), file, problems, first=2)
    if table is None:
        return None
    return Page(
        Head(file, table, lines[1:end], problems, first=2), _clean("\n".join(lines[end + 1 :])), end + 2, raw
    )


def read_toml(path: Path, file: str, problems: Problems) -> tuple[Head, bytes] | None:
    """A TOML file, with its bytes. None: it could not be read, and why is among the problems."""
    raw, text = _read(path, file, problems)
    if text is None:
        return None
    table = _toml(text, file, problems, first=1)
    return None if table is None else (Head(file, table, text.split("\n"), problems), raw)


def _read(path: Path, file: str, problems: Problems) -> tuple[bytes, str | None]:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_FILE + 1)
    except OSError as error:
        problems.add(
            file,
            1,
            f"it cannot be read ({error.strerror or type(error).__name__})",
            "Check that it is a file you may read.",
        )
        return b"", None
    if len(raw) > MAX_FILE:
        problems.add(
            file, 1, f"it is larger than {MAX_FILE // 1024} KB", "Split it; a reply needs short texts."
        )
        return raw, None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problems.add(file, line, "it is not UTF-8 text", "Save it again with the encoding UTF-8.")
        return raw, None
    text = text.replace("\r\n", "\n")
    for letter in text:
        if ord(letter) < 32 and letter not in "\n\t":
            line = text[: text.index(letter)].count("\n") + 1
            problems.add(
                file, line, "it holds a control character", "Delete it; it may be invisible in your editor."
            )
            return raw, None
    return raw, text


def _toml(text: str, file: str, problems: Problems, *, first: int) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line = first + (int(place.group(1)) - 1 if place else text.count("\n"))
        what = _TOML_PLACE.sub("", str(error)).split(" (at end")[0].strip().rstrip(".")
        problems.add(
            file,
            line,
            f"this is not TOML: {what}",
            'Texts stand in "quotes", lists in [brackets], with commas between.',
        )
        return None


def _clean(text: str) -> str:
    """Without comments, and with lines joined that only the editor had wrapped: mail programs wrap for themselves."""
    text = _COMMENT.sub("", text).strip()
    return _WRAPPED.sub(" ", text)


def _said(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value[:40])
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words) if words else "nothing"


def nearest(word: str, known: tuple[str, ...]) -> str:
    """A hint to add to a cure: the known word that was probably meant."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""

"""On which line of a TOML file a value stands; for complaints, so a near miss is better than none."""

import re

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\"' -]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")
_LONG = re.compile(r'"""|' + r"'''")

Place = tuple[str | int, ...]


class TomlLines:
    """Places such as ("mail", "imap") or ("delegate", 0, "name") to line numbers, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        table: Place = ()
        counts: dict[Place, int] = {}
        inside = ""
        for number, line in enumerate(text.split("\n"), start=1):
            if inside:
                inside = "" if inside in line else inside
                continue
            if header := _HEADER.match(line):
                table = _names(header[2])
                if header[1] == "[[":
                    self._note(table, number)
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note((*table, *_names(key[1])), number)
                quotes = _LONG.findall(line)
                inside = quotes[0] if len(quotes) % 2 else ""

    def line(self, place: Place) -> int:
        """The line of this place, or of what it stands in; 1 when nothing of it is there."""
        for length in range(len(place), 0, -1):
            if found := self._lines.get(place[:length]):
                return found
        return 1

    def _note(self, place: Place, number: int) -> None:
        for length in range(1, len(place) + 1):
            self._lines.setdefault(place[:length], number)


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip(" \"'") for name in dotted.split("."))

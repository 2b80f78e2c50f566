"""Every transition there is, read from the source: the names given to `.transaction(` and `.finishing(`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.steps.decide import DECIDES
from bot.steps.settle import SETTLES
from bot.steps.undo import UNDOES

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ("handlers", "bot", "storage")
OPENS = ("transaction", "finishing")

FAMILIES: dict[str, frozenset[StrEnum]] = {
    "decide.{click.press.value}": frozenset(DECIDES),
    "settle.{click.press.value}": frozenset(SETTLES),
    "undo.{click.press.value}": frozenset(UNDOES),
}
"""Names made from an enumeration: what stands in the braces takes exactly these values."""

OUTSIDE_THE_HOUSE = {"rehearsal.furnish"}
"""The practice world fills an empty database before its house is opened; it is no step of a house."""


@dataclass(frozen=True)
class Place:
    """One call that opens a transition. `name` is None when it is neither a literal nor a known family."""

    path: str
    line: int
    name: str | None
    names: tuple[str, ...]


def places() -> Iterator[Place]:
    for folder in HOUSE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from _in_file(path)


def _in_file(path: Path) -> Iterator[Place]:
    where = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OPENS):
            continue
        if where == "storage/store.py":
            continue  # `finishing` hands its own name on to `transaction`
        given = node.args[-1] if node.args else None
        name: str | None = None
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            name = given.value
        elif isinstance(given, ast.JoinedStr):
            name = ast.unparse(given)[2:-1]
        names: tuple[str, ...] = ()
        if name in FAMILIES:
            names = tuple(sorted(f"{name.partition('.')[0]}.{value}" for value in FAMILIES[name]))
        elif name is not None and "{" not in name:
            names = (name,)
        yield Place(where, node.lineno, name, names)


def transitions() -> list[str]:
    """The names of all transitions of the house, sorted."""
    return sorted({name for place in places() for name in place.names} - OUTSIDE_THE_HOUSE)

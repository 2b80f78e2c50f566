"""Small pieces from which Slack's JSON schemas are written; each reports errors in Slack's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Report = list[str]
Shape = Callable[[Any, str, Report], None]
"""Looks at a value found at a JSON pointer, and adds what is wrong with it to the report."""


def complain(report: Report, words: str, at: str) -> None:
    report.append(f"{words} [json-pointer:{at}]")


def string(high: int | None = None, low: int = 0, *, like: str = "", also: str = "") -> Shape:
    """A string within these lengths, matching a pattern if one is given (also: what to say if it does not)."""
    pattern = re.compile(like) if like else None

    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            complain(report, "must be a string", at)
        elif len(value) < low:
            complain(report, f"must be more than {low - 1} characters", at)
        elif high is not None and len(value) > high:
            complain(report, f"must be less than {high + 1} characters", at)
        elif pattern is not None and not pattern.fullmatch(value):
            complain(report, also or "failed to match the pattern", at)

    return look


def boolean(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        complain(report, "must be a boolean", at)


def integer(low: int = 0, high: int | None = None) -> Shape:
    def look(value: Any, at: str, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            complain(report, "must be an integer", at)
        elif value < low:
            complain(report, f"must be greater than or equal to {low}", at)
        elif high is not None and value > high:
            complain(report, f"must be less than or equal to {high}", at)

    return look


def number(value: Any, at: str, report: Report) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        complain(report, "must be a number", at)


def one_of(*allowed: str) -> Shape:
    def look(value: Any, at: str, report: Report) -> None:
        if value not in allowed:
            complain(report, "must be a valid enum value", at)

    return look


def anything(_value: Any, _at: str, _report: Report) -> None:
    """Slack takes whatever is there."""


def array(item: Shape, high: int | None = None, low: int = 0) -> Shape:
    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            complain(report, "must be an array", at)
            return
        if len(value) < low:
            complain(report, f"must have at least {low} items", at)
        if high is not None and len(value) > high:
            complain(report, f"no more than {high} items allowed", at)
        for number_, entry in enumerate(value):
            item(entry, f"{at}/{number_}", report)

    return look


def or_null(shape: Shape) -> Shape:
    def look(value: Any, at: str, report: Report) -> None:
        if value is not None:
            shape(value, at, report)

    return look


def thing(
    fields: Mapping[str, Shape],
    required: Iterable[str] = (),
    *,
    more: Shape | None = None,
    closed: bool = True,
) -> Shape:
    """An object with these fields; closed: any other is an error; more: one last look at the whole."""
    needed = tuple(required)

    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            complain(report, "must provide an object", at)
            return
        for name in needed:
            if value.get(name) is None:
                complain(report, f"missing required field: {name}", at)
        for name, entry in value.items():
            shape = fields.get(name)
            if shape is None:
                if closed and name != "type":
                    complain(report, f"invalid additional property: {name}", at)
            elif entry is not None or name not in needed:
                shape(entry, f"{at}/{name}", report)
        if more is not None:
            more(value, at, report)

    return look


def by_type(shapes: Mapping[str, Shape], *, only: Iterable[str] | None = None) -> Shape:
    """An object whose `type` chooses its shape; only: the types that are allowed in this place."""
    allowed = frozenset(shapes if only is None else only)

    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            complain(report, "must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            complain(report, "missing required field: type", at)
        elif not isinstance(kind, str) or kind not in shapes or kind not in allowed:
            complain(report, f"unsupported type: {kind}", f"{at}/type")
        else:
            shapes[kind](value, at, report)

    return look


def all_of(*shapes: Shape) -> Shape:
    def look(value: Any, at: str, report: Report) -> None:
        for shape in shapes:
            shape(value, at, report)

    return look

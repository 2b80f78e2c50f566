"""The table of figures: what was measured, what was promised, and whether it holds."""

from collections.abc import Iterable
from dataclasses import dataclass

COLUMNS = ("figure", "measured", "target", "")


@dataclass(frozen=True)
class Figure:
    """One line. `holds` is None where nothing was promised; `note` says how it was measured, or what it rests on."""

    name: str
    measured: str
    target: str = ""
    holds: bool | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        return "" if self.holds is None else "ok" if self.holds else "SHORT"


def at_most(name: str, value: float, limit: float, unit: str, *, note: str = "") -> Figure:
    """A figure that must not be larger than `limit`."""
    return Figure(name, f"{_said(value)} {unit}".strip(), f"≤ {_said(limit)} {unit}".strip(), value <= limit, note)


def at_least(name: str, value: float, limit: float, unit: str, *, note: str = "") -> Figure:
    """A figure that must not be smaller than `limit`."""
    return Figure(name, f"{_said(value)} {unit}".strip(), f"≥ {_said(limit)} {unit}".strip(), value >= limit, note)


def told(name: str, value: float, unit: str, *, note: str = "") -> Figure:
    """A figure nobody promised anything about."""
    return Figure(name, f"{_said(value)} {unit}".strip(), note=note)


def drawn(figures: Iterable[Figure]) -> str:
    """The table as text, notes below the line they belong to."""
    rows = [(f.name, f.measured, f.target, f.verdict) for f in figures]
    widths = [max(len(row[n]) for row in [COLUMNS, *rows]) for n in range(len(COLUMNS))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(COLUMNS, widths, strict=True)).rstrip()]
    lines.append("  ".join("─" * width for width in widths))
    for figure, row in zip(figures, rows, strict=True):
        lines.append("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
        if figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)


def _said(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"

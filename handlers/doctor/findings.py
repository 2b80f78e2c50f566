"""What the doctor finds: one line each, ok, warn or FAIL, and what to do about it."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from bot.errors import BotError

_CURE = re.compile(
    r"(?:: |; | \()(?=(?:check|use|invite|install|make|put|update|create|choose|ask|stop|open|set|run)\b)(.*?)\)?$"
)


class Status(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `cure` is "" when there is nothing to do."""

    name: str
    status: Status
    what: str
    cure: str = ""


def ok(name: str, what: str) -> Finding:
    return Finding(name, Status.OK, what)


def warn(name: str, what: str, cure: str) -> Finding:
    return Finding(name, Status.WARN, what, cure)


def fail(name: str, what: str, cure: str) -> Finding:
    return Finding(name, Status.FAIL, what, cure)


def failed(name: str, error: BotError, cure: str) -> Finding:
    """A failure in the words of whoever met it; the cure it names, or else the one given."""
    text = str(error)
    named = _CURE.search(text)
    if named is None:
        return fail(name, text, cure)
    advice = named[1].strip()
    return fail(name, text[: named.start()], f"{advice[:1].upper()}{advice[1:].rstrip('.')}.")


def as_json(findings: Iterable[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def as_lines(findings: list[Finding]) -> str:
    """A line each, the cure beneath, and the count at the end."""
    width = max((len(finding.name) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<4}  {finding.name:<{width}}  {finding.what}")
        if finding.cure:
            lines.append(f"{'':<4}  {'':<{width}}  -> {finding.cure}")
    failing = sum(finding.status is Status.FAIL for finding in findings)
    warned = sum(finding.status is Status.WARN for finding in findings)
    lines.append("")
    if failing:
        lines.append(f"{failing} to mend" + (f", {warned} to look at." if warned else "."))
    else:
        lines.append("All is well" + (f"; {warned} to look at." if warned else "."))
    return "\n".join(lines)

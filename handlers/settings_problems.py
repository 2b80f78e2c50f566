"""What is wrong with the settings: where, what, and the cure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from handlers.settings_lines import Place, TomlLines
from handlers.settings_shape import Business, Delegate, File, Mail, Model, Owner, Queue, Slack, Storage, Web
from handlers.settings_values import Wrong
from prompts.heads import listed, nearest

TOML, DOTENV, ENVIRONMENT = "understudy.toml", ".env", "environment"

Source = tuple[str, int, str]
"""Where a value came from when it was not understudy.toml: file, line, name of the variable."""

SECTIONS: dict[str, type[BaseModel]] = {
    "business": Business, "owner": Owner, "delegate": Delegate, "mail": Mail, "slack": Slack, "model": Model,
    "storage": Storage, "queue": Queue, "web": Web,
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend. `line` counts from 1; 0 where there are no lines."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}. {self.cure}"


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds everything that has to be mended."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def problem_of(
    found: ErrorDetails, lines: TomlLines, sources: Mapping[Place, Source]
) -> tuple[Place, Problem]:
    """What pydantic found, as the place in the file and a complaint about it."""
    shape, cure, place = _field(found["loc"])
    file, line, name = sources.get(place, (TOML, lines.line(place), ""))
    key = str(place[-1]) if place else ""
    table = _table_name(place[:-1])
    shown = name or (f"{table} {key}" if table else f"[{key}]")
    cause = found.get("ctx", {}).get("error")
    match found["type"]:
        case "extra_forbidden":
            known = tuple(shape.model_fields) if shape else ()
            kind = "key" if table else "section"
            where = f" in {table}" if table else ""
            cure = f"Known: {listed(known)}.{nearest(key, known)}"
            what = f"{name or repr(key)} is not a known {kind}{where}"
        case "missing" if len(place) == 1:
            what, cure = f"the section [{key}] is missing", f"Write it as [{key}] with {_needed(key)}."
        case "missing":
            what = f"{shown} is missing"
        case _ if isinstance(cause, Wrong):
            what, cure = f"{shown} {cause}", cause.cure or cure
        case _:
            what = f"{shown}: {found['msg'][0].lower()}{found['msg'][1:]}"
    return place, Problem(file, line, what, cure or "Mend it.")


def _field(place: Place) -> tuple[type[BaseModel] | None, str, Place]:
    """The model that holds this place, the cure for its field, and the place cut to what stands in the file."""
    shape: type[BaseModel] | None = File
    cure = ""
    for depth, part in enumerate(place):
        if isinstance(part, int) or shape is None:
            continue
        found = shape.model_fields.get(part)
        if found is None:
            return shape, cure, place[: depth + 1]
        cure = found.description or ""
        inner = SECTIONS.get(part) if shape is File else None
        if inner is None:
            return shape, cure, place[: depth + 1]
        shape = inner
    return shape, cure, place


def _table_name(place: Place) -> str:
    names = [part for part in place if isinstance(part, str)]
    return (
        (f"[[{names[0]}]]" if any(isinstance(part, int) for part in place) else f"[{names[0]}]")
        if names
        else ""
    )


def _needed(section: str) -> str:
    wanted = [name for name, found in SECTIONS[section].model_fields.items() if found.is_required()]
    return " and ".join(wanted)

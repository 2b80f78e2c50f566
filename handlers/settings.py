"""The only reader of the environment, .env and understudy.toml; every problem is said at once."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Never
from zoneinfo import available_timezones

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError

from handlers.settings_lines import Place, TomlLines
from handlers.settings_problems import (
    DOTENV,
    ENVIRONMENT,
    TOML,
    Problem,
    SettingsError,
    Source,
    problem_of,
)
from handlers.settings_secrets import CURES, PREFIXES, SECRETS, needed_secrets
from handlers.settings_shape import (
    Business,
    Delegate,
    File,
    Mail,
    Model,
    Owner,
    Queue,
    Secrets,
    Settings,
    Slack,
    Storage,
    Web,
)
from prompts.heads import listed, nearest

__all__ = [
    "DOTENV",
    "TOML",
    "Business",
    "Delegate",
    "Mail",
    "Model",
    "Owner",
    "Problem",
    "Queue",
    "Secrets",
    "Settings",
    "SettingsError",
    "Slack",
    "Storage",
    "Web",
    "home_for",
    "local_zone",
    "read_settings",
]  # fmt: skip

_OVERRIDE = re.compile(r"UNDERSTUDY_([A-Z0-9]+)__([A-Z0-9_]+)\Z")
_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)")


def home_for(flag: Path | None) -> Path:
    """The home meant: the one named, else this folder when it holds understudy.toml, else ~/.understudy.

    A folder that holds no home of its own but a rehearsal stands for the rehearsal's home within it.
    """
    here = Path.cwd()
    if flag is not None:
        home = flag.expanduser().absolute()
    else:
        home = here if (here / TOML).is_file() else Path.home() / ".understudy"
    rehearsed = home / "rehearsal"
    return rehearsed if not (home / TOML).is_file() and (rehearsed / TOML).is_file() else home


def local_zone() -> str:
    """The name of this machine's time zone; UTC where it has none that is known."""
    named = os.environ.get("TZ", "").lstrip(":")
    for name in (named, str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]):
        if name in available_timezones():
            return name
    return "UTC"


def read_settings(
    home: Path, environ: Mapping[str, str] | None = None, *, unfinished: bool = False
) -> Settings:
    """The settings in this home, with the environment over .env over understudy.toml.

    SettingsError with every problem, when there is one; `unfinished` lets missing secrets and Slack ids pass, for
    commands that are run before there are any.
    """
    reading = _Reading(home.absolute(), os.environ if environ is None else environ)
    return reading.all(unfinished=unfinished)


@dataclass
class _Reading:
    home: Path
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    sources: dict[Place, Source] = field(default_factory=dict)
    """Which values the environment gave: place to file, line and name."""

    def all(self, *, unfinished: bool) -> Settings:
        text = self._text(self.home / TOML)
        self.lines = TomlLines(text)
        table = self._table(text)
        named = self._dotenv()
        self._override(table, named)
        read = self._checked(table)
        secrets = {field: named[name][0] for field, name in SECRETS.items() if name in named}
        self._check_ways_in(table, unfinished=unfinished)
        if not unfinished:
            self._check_secrets(table, secrets, named)
        if self.problems or read is None:
            raise SettingsError(sorted(set(self.problems)))
        return Settings(
            home=self.home, business=read.business, owner=read.owner, delegates=read.delegate, mail=read.mail,
            slack=read.slack, model=read.model, storage=self._settled(read.storage), queue=read.queue, web=read.web,
            secrets=Secrets(**{field: SecretStr(value) for field, value in secrets.items()}),
        )  # fmt: skip

    def _text(self, path: Path) -> str:
        try:
            return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except FileNotFoundError:
            cure = f"Run `understudy init {self.home}`, or name another home with --home."
            self._stop(path.name, 1, f"there is none in {self.home}", cure)
        except UnicodeDecodeError:
            self._stop(path.name, 1, "it is not UTF-8 text", "Save it again with the encoding UTF-8.")
        except OSError as error:
            self._stop(
                path.name, 1, f"it cannot be read ({error.strerror})", "Check that it is a file you may read."
            )

    def _stop(self, file: str, line: int, what: str, cure: str) -> Never:
        raise SettingsError([*self.problems, Problem(file, line, what, cure)])

    def _table(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = _TOML_PLACE.search(str(error))
            line = int(place[1]) if place else text.rstrip().count("\n") + 1
            what = _TOML_PLACE.sub("", str(error)).split(" (at end")[0].strip().rstrip(".")
            cure = 'Texts stand in "quotes", lists in [brackets], each table and key only once.'
            self._stop(TOML, line, f"this is not TOML: {what}", cure)

    def _dotenv(self) -> dict[str, tuple[str, str, int]]:
        """Every variable that has a value, with the file and line it comes from."""
        named: dict[str, tuple[str, str, int]] = {}
        path = self.home / DOTENV
        if path.is_file():
            try:
                opened = path.open(encoding="utf-8-sig", errors="replace")
            except OSError as error:
                cure = "Make it a file that you, and only you, may read: chmod 600 .env."
                self.problems.append(Problem(DOTENV, 1, f"it cannot be read ({error.strerror})", cure))
                return self._with_process(named)
            with opened:
                for binding in parse_stream(opened):
                    line = binding.original.line
                    if binding.error or (binding.key and binding.value is None):
                        self.problems.append(
                            Problem(DOTENV, line, "this line is no NAME=value", "Mend or delete it.")
                        )
                    elif binding.key:
                        named[binding.key] = ((binding.value or "").strip(), DOTENV, line)
        return self._with_process(named)

    def _with_process(self, named: dict[str, tuple[str, str, int]]) -> dict[str, tuple[str, str, int]]:
        named.update(
            {name: (value.strip(), ENVIRONMENT, 0) for name, value in self.environ.items() if value.strip()}
        )
        return named

    def _override(self, table: dict[str, Any], named: Mapping[str, tuple[str, str, int]]) -> None:
        for name in sorted(named):
            value, file, line = named[name]
            if not (match := _OVERRIDE.match(name)) or not value:
                continue
            section, key = match[1].lower(), match[2].lower()
            if section not in File.model_fields:
                hint = f"Sections: {listed(tuple(File.model_fields))}.{nearest(section, tuple(File.model_fields))}"
                self.problems.append(Problem(file, line, f"{name} belongs to no section", hint))
                continue
            place: Place = (section, key)
            target = table.setdefault(section, [] if section == "delegate" else {})
            if section == "delegate":
                number, _, key = key.partition("__")
                entries = target if isinstance(target, list) else []
                if not number.isdigit() or not 1 <= int(number) <= len(entries) + 1:
                    cure = "Count the delegates from 1: UNDERSTUDY_DELEGATE__1__NAME."
                    self.problems.append(Problem(file, line, f"{name} names no delegate", cure))
                    continue
                if int(number) > len(entries):
                    entries.append({})
                target, place = entries[int(number) - 1], (section, int(number) - 1, key)
            if isinstance(target, dict):
                target[key] = value
                self.sources[place] = (file, line, name)

    def _checked(self, table: dict[str, Any]) -> File | None:
        try:
            return File.model_validate(table)
        except ValidationError as error:
            said: dict[Place, Problem] = {}
            for found in error.errors(include_url=False, include_input=False):
                place, problem = problem_of(found, self.lines, self.sources)
                said.setdefault(place, problem)  # one complaint for one value
            self.problems += said.values()
            return None

    def _check_secrets(
        self, table: Mapping[str, Any], secrets: Mapping[str, str], named: Mapping[str, tuple[str, str, int]]
    ) -> None:
        for secret, place, need in needed_secrets(table):
            name, value = SECRETS[secret], secrets.get(secret, "")
            cure = CURES[secret]
            if not value:
                _, file, line = named.get(name, ("", TOML, self.lines.line(place)))
                self.problems.append(Problem(file, line, f"{name} is not set, and {need} needs it", cure))
            elif (prefix := PREFIXES.get(secret)) and not value.startswith(prefix):
                _, file, line = named[name]
                self.problems.append(Problem(file, line, f"{name} does not begin with {prefix}", cure))

    def _check_ways_in(self, table: Mapping[str, Any], *, unfinished: bool) -> None:
        """Something has to arrive, and somebody has to be able to answer."""
        delegates = table.get("delegate")
        people = [table.get("owner"), *(delegates if isinstance(delegates, list) else ())]
        nobody = not any(isinstance(one, dict) and one.get("slack") for one in people)
        if "slack" in table and nobody and not unfinished:
            cure = (
                'In Slack open your profile, then "…", then "Copy member ID", and write slack = "U0123ABCD".'
            )
            line = self.lines.line(("owner", "slack"))
            self.problems.append(
                Problem(TOML, line, "[owner] slack is missing, so nobody may press a button", cure)
            )
        if "mail" not in table and "slack" not in table:
            cure = "Write a [mail] section, a [slack] section, or both; `understudy init` shows them in full."
            self.problems.append(
                Problem(TOML, 1, "neither [mail] nor [slack] is there, so nothing can arrive", cure)
            )

    def _settled(self, storage: Storage) -> Storage:
        """A SQLite file is named from the home, wherever we were started."""
        file = storage.file
        return storage if file is None else Storage(url=f"sqlite:///{self.home / file}")

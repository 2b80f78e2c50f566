"""The doctor at home: settings, folder, playbook, prompts, clock; what needs no connection."""

import stat
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from handlers.control import is_running
from handlers.doctor.findings import Finding, fail, ok, warn
from handlers.filesystem import network_kind, room_left
from handlers.settings import DOTENV, TOML, Settings, SettingsError, read_settings
from prompts.book import PromptBook, PromptError
from prompts.playbooks import Playbook, PlaybookError, read_playbook

LITTLE_ROOM, NO_ROOM = 1_000_000_000, 50_000_000


def settings_in(home: Path, environ: Mapping[str, str] | None) -> tuple[Settings | None, list[Finding]]:
    """The settings, with or without all their secrets; None: they cannot be read. A finding for each problem."""
    try:
        settings = read_settings(home, environ)
    except SettingsError as error:
        found = [
            fail(_place(problem.file, problem.line), problem.what, problem.cure) for problem in error.problems
        ]
        try:
            return read_settings(home, environ, unfinished=True), found
        except SettingsError:
            return None, found
    return settings, [ok("settings", f"{home / TOML} is complete")]


def secrets_in(home: Path, settings: Settings | None) -> list[Finding]:
    found = []
    path = home / DOTENV
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        found.append(
            warn("secrets", f"others on this machine can read {path}", f"Close it: chmod 600 {path}")
        )
    if settings is not None and not settings.secrets.secret_key.get_secret_value():
        found.append(
            warn(
                "secrets",
                "UNDERSTUDY_SECRET_KEY is not set",
                "Put a long random text into .env, once and for all.",
            )
        )
    return found or [ok("secrets", "kept where only you can read them")]


def folder(home: Path, *, sqlite: bool) -> list[Finding]:
    """Whether the home can be written to, and what it stands on."""
    if not home.is_dir():
        return [fail("home", f"there is no folder {home}", f"Make it with `understudy init {home}`.")]
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"understudy")
            file.flush()
    except OSError as error:
        return [
            fail(
                "home",
                f"nothing can be written in {home} ({error.strerror})",
                "Make it yours: check its owner and rights.",
            )
        ]
    found = [ok("home", f"{home} can be written to")]
    if kind := network_kind(home):
        what, cure = (
            f"{home} lies on another machine ({kind})",
            "Move the home to a disk of this machine, or use PostgreSQL.",
        )
        found.append(
            fail("disk", f"{what}, and SQLite does not survive that", cure)
            if sqlite
            else warn("disk", what, cure)
        )
    room = room_left(home)
    if room < LITTLE_ROOM:
        report = fail if room < NO_ROOM else warn
        found.append(
            report("disk", f"only {room // 1_000_000} MB are free", "Make room; mail is stored as it came.")
        )
    elif len(found) == 1:
        found.append(ok("disk", f"a disk of this machine, {room / 1e9:.0f} GB free"))
    return found


def running(home: Path) -> list[Finding]:
    if home.is_dir() and is_running(home):
        return [ok("house", "a house is running on this home")]
    return [ok("house", "no house is running on this home")]


def playbook_in(home: Path, settings: Settings | None) -> list[Finding]:
    try:
        book = read_playbook(home / "playbook")
    except PlaybookError as error:
        return [
            fail(
                _place(f"playbook/{p.file}" if not Path(p.file).is_absolute() else "playbook", p.line),
                p.what,
                p.cure,
            )
            for p in error.problems
        ]
    alone = [routine.name for routine in book.routines if routine.mode == "on"]
    leaving = f"{len(alone)} of them leave by themselves" if alone else "none leaves by itself"
    found = [ok("playbook", f"{len(book.answers)} answers, {len(book.routines)} routines; {leaving}")]
    if book.unfinished:
        names = ", ".join(book.unfinished)
        found.append(
            warn(
                "playbook",
                f"still to be filled in, and left out until then: {names}",
                "Replace what stands in [[ ]].",
            )
        )
    return [*found, *_delegates(settings, book)]


def _delegates(settings: Settings | None, book: Playbook) -> list[Finding]:
    found = []
    for delegate in settings.delegates if settings else ():
        if strange := sorted(set(delegate.covers) - set(book.topics)):
            cure = f"Topics of authority.toml: {', '.join(book.topics)}."
            found.append(
                warn(
                    "delegate",
                    f"{delegate.name} covers {', '.join(strange)}, which the playbook does not know",
                    cure,
                )
            )
        if not (delegate.slack or delegate.email):
            found.append(
                warn(
                    "delegate",
                    f"{delegate.name} has neither `slack` nor `email`",
                    "Add one, or nobody reaches them.",
                )
            )
    return found


def prompts_here() -> list[Finding]:
    try:
        book = PromptBook.read()
    except PromptError as error:
        return [fail("prompts", str(error), "Install this version again; prompts belong to the program.")]
    return [ok("prompts", ", ".join(f"{prompt.name} {prompt.version}" for prompt in book))]


def clock(settings: Settings | None) -> list[Finding]:
    if settings is None:
        return []
    now = datetime.now(settings.business.zone)
    return [
        ok("clock", f"it is {now:%A %H:%M} in {settings.business.timezone}; Python {sys.version.split()[0]}")
    ]


def _place(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file

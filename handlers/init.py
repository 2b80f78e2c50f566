"""`understudy init`: a new home, complete but for what only its owner knows; nothing is ever overwritten."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from string import Template
from urllib.parse import quote

import typer

from bot.errors import Refused
from handlers.settings import DOTENV, TOML, local_zone
from handlers.settings_secrets import PURPOSES, SECRETS

HERE = Path(__file__).parent
STARTER = HERE.parent / "prompts" / "starter"
PLAYBOOK = "playbook"
IGNORED = (DOTENV, "*.db", "*.db-*", "*.sock", "*.lock", "mail.login*")

PROVIDERS = {
    "gmail.com": ("imap.gmail.com", "smtp.gmail.com"),
    "googlemail.com": ("imap.gmail.com", "smtp.gmail.com"),
    "icloud.com": ("imap.mail.me.com", "smtp.mail.me.com"),
    "me.com": ("imap.mail.me.com", "smtp.mail.me.com"),
    "fastmail.com": ("imap.fastmail.com", "smtp.fastmail.com"),
    "yahoo.com": ("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
    "gmx.de": ("imap.gmx.net", "mail.gmx.net"),
    "gmx.net": ("imap.gmx.net", "mail.gmx.net"),
    "web.de": ("imap.web.de", "smtp.web.de"),
    "posteo.de": ("posteo.de", "posteo.de"),
    "mailbox.org": ("imap.mailbox.org", "smtp.mailbox.org"),
}
"""Where these providers keep mail; with others the names imap.<domain> and smtp.<domain> are usual."""


@dataclass(frozen=True)
class Wanted:
    """What somebody said about the new house; "" where they said nothing."""

    name: str = ""
    timezone: str = ""
    signature: str = ""
    owner: str = ""
    owner_email: str = ""
    owner_slack: str = ""
    address: str = ""
    imap: str = ""
    smtp: str = ""
    desk: str = "#desk"
    model_url: str = ""
    model: str = ""
    mail_password: str = ""


def refuse_overwriting(home: Path) -> None:
    """Refused: something of a house stands there already."""
    there = [name for name in (TOML, DOTENV, PLAYBOOK) if (home / name).exists()]
    if there:
        raise Refused(
            f"{home} already holds {', '.join(there)}; nothing was written. Choose another folder, or move them"
        )
    if home.exists() and not home.is_dir():
        raise Refused(f"{home} is a file; nothing was written. Choose another folder")


def ask(wanted: Wanted) -> Wanted:
    """Ask for what is not said yet. An empty answer is fine: the doctor says later what is missing."""
    typer.echo(
        "A few questions; leave empty what you don't know yet, and write it into understudy.toml later.\n"
    )
    answered = wanted
    for field, question, guess in _questions():
        if not getattr(answered, field):
            reply = typer.prompt(question, default=guess(answered), show_default=bool(guess(answered)))
            answered = replace(answered, **{field: str(reply).strip()})
    if answered.address:
        password = typer.prompt(
            "The mailbox's password (kept in .env; often an app password)",
            default="",
            hide_input=sys.stdin.isatty(),
            show_default=False,
        )
        answered = replace(answered, mail_password=str(password))
    return answered


def write_home(home: Path, wanted: Wanted) -> None:
    """Write understudy.toml, .env (for the owner's eyes only), the playbook and .gitignore.

    Refused: something is there already. OSError: it cannot be written.
    """
    refuse_overwriting(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(home / TOML, understudy_toml(complete(wanted)), mode=0o644)
    _write(
        home / DOTENV,
        dotenv(mail_password=wanted.mail_password, secret_key=secrets.token_urlsafe(32)),
        mode=0o600,
    )
    shutil.copytree(STARTER, home / PLAYBOOK, copy_function=shutil.copyfile)
    ignore = home / ".gitignore"
    known = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    ignore.write_text(
        "\n".join([*known, *(name for name in IGNORED if name not in known), ""]), encoding="utf-8"
    )


def complete(wanted: Wanted) -> Wanted:
    """With what follows from the rest: zone, signature, usual servers."""
    guessed = replace(
        wanted, timezone=wanted.timezone or local_zone(), signature=wanted.signature or _signature(wanted)
    )
    return replace(guessed, imap=wanted.imap or _imap(guessed), smtp=wanted.smtp or _smtp(guessed))


def understudy_toml(wanted: Wanted) -> str:
    """The file's text, with comments. A basic TOML string is written as JSON writes one."""
    texts = {
        field.name: json.dumps(getattr(wanted, field.name), ensure_ascii=False) for field in fields(wanted)
    }
    template = Template((HERE / "init_home.toml").read_text(encoding="utf-8"))
    return template.substitute({**texts, "model": _model(wanted)})


def dotenv(*, mail_password: str = "", secret_key: str = "") -> str:
    """Every secret by name, with what it is for; blank where only a person has it."""
    given = {"secret_key": secret_key, "imap_password": mail_password, "smtp_password": mail_password}
    lines = ["# Secrets. Nobody but you should be able to read this file, and it never goes into git.", ""]
    for field, name in SECRETS.items():
        lines += [f"# {PURPOSES[field]}", f"{name}={_quoted(given.get(field, ''))}"]
    return "\n".join(lines) + "\n"


def next_steps(home: Path) -> str:
    return f"""\
Written: {home}
  {TOML}  what the house has to know; fill in what is empty
  {DOTENV}             its secrets; only you can read it
  {PLAYBOOK}/         your voice, answers, routines and rules; no routine leaves by itself until you switch it on

Next:
  understudy manifest               paste it into api.slack.com, "Create New App", "From a manifest"
  understudy doctor --home {home}   what is missing, a line each, with the cure
  understudy run --home {home}"""


Guess = Callable[[Wanted], str]


def _questions() -> tuple[tuple[str, str, Guess], ...]:
    return (
        ("name", "What is your business called", _nothing),
        ("timezone", "In which time zone does it work", lambda _: local_zone()),
        ("owner", "What is the owner's name", _nothing),
        ("owner_email", "The owner's own mail address", _nothing),
        ("address", "To which address do clients write", _nothing),
        ("imap", "Where is that mail read", _imap),
        ("smtp", "Where is mail sent", _smtp),
        ("owner_slack", "The owner's Slack member id (U…)", _nothing),
        ("model", "Which model drafts (empty: the offline writer)", _nothing),
    )


def _nothing(_wanted: Wanted) -> str:
    return ""


def _signature(wanted: Wanted) -> str:
    return "\n".join(filter(None, (wanted.owner, wanted.name)))


def _imap(wanted: Wanted) -> str:
    host = _hosts(wanted.address)[0]
    return f"imaps://{_user(wanted.address)}@{host}:993" if host else ""


def _smtp(wanted: Wanted) -> str:
    host = _hosts(wanted.address)[1]
    return f"smtp+starttls://{_user(wanted.address)}@{host}:587" if host else ""


def _hosts(address: str) -> tuple[str, str]:
    domain = address.rpartition("@")[2].lower()
    return PROVIDERS.get(domain, (f"imap.{domain}", f"smtp.{domain}")) if domain else ("", "")


def _user(address: str) -> str:
    return quote(address, safe="@+")


def _model(wanted: Wanted) -> str:
    url = json.dumps(wanted.model_url or "https://api.openai.com/v1")
    model = json.dumps(wanted.model or "gpt-5-mini", ensure_ascii=False)
    lines = [
        "[model]",
        f"base_url = {url}",
        f"draft_model = {model}",
        "# triage_model = a smaller one, for sorting",
    ]
    lines.append("monthly_budget = 20  # spending stops there, and cards say so")
    return "\n".join(lines if wanted.model or wanted.model_url else [f"# {line}" for line in lines])


def _quoted(value: str) -> str:
    """As .env files have it; single quotes keep everything but themselves and the backslash as it is."""
    if not value or value.replace("-", "").replace("_", "").isalnum():
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write(path: Path, text: str, *, mode: int) -> None:
    """A new file, never through somebody's link."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  by its descriptor
        file.write(text)

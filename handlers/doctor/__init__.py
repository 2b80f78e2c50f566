"""`understudy doctor`: every setting and connection, a line each, with the cure; looks, and changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.errors import BotError
from handlers.doctor import house
from handlers.doctor.findings import Finding, Status, as_json, as_lines, fail, failed, ok, warn
from handlers.settings import Settings

PATIENCE = 30.0
"""No check takes longer; they run side by side."""

Check = Callable[[Settings], Awaitable[list[Finding]]]


def consult(home: Path, *, json: bool) -> int:
    """Look at this home and print what is found; 1 if something fails."""
    findings = asyncio.run(examine(home))
    print(as_json(findings) if json else as_lines(findings))
    return 1 if any(finding.status is Status.FAIL for finding in findings) else 0


async def examine(home: Path, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything there is to say about this home; `environ` stands for the environment."""
    settings, found = house.settings_in(home, environ)
    sqlite = settings is None or settings.storage.file is not None
    found += house.secrets_in(home, settings)
    found += house.folder(home, sqlite=sqlite)
    found += house.running(home)
    found += house.playbook_in(home, settings)
    found += house.prompts_here()
    found += house.clock(settings)
    if settings is None:
        cure = "Mend the settings first, then run the doctor again."
        return [*found, warn("connections", "not looked at: the settings cannot be read", cure)]
    if settings.model is None:
        found.append(ok("model", "none: the offline writer works from the playbook"))
    looked = await asyncio.gather(*(_look(name, check, settings) for name, check in _checks(settings)))
    return [*found, *(finding for group in looked for finding in group)]


def _checks(settings: Settings) -> list[tuple[str, Check]]:
    """What to look at; what lacks its secret is a problem of the settings, and is told there."""
    from handlers.doctor import mail, slack, stores

    secrets = settings.secrets
    checks: list[tuple[str, Check]] = [
        ("database", stores.database),
        ("queue", stores.queue),
        ("web", stores.web),
    ]
    if settings.mail is not None:
        by_token = settings.mail.oauth is not None and bool(secrets.secret_key.get_secret_value())
        if by_token:
            checks.append(("login", mail.login))
        if by_token or secrets.imap_password.get_secret_value() or "@" not in settings.mail.imap:
            checks.append(("imap", mail.incoming))
        if by_token or secrets.smtp_password.get_secret_value() or "@" not in settings.mail.smtp:
            checks.append(("smtp", mail.outgoing))
    if settings.slack is not None and secrets.slack_bot_token.get_secret_value():
        checks.append(("slack", slack.token))
        if settings.slack.mode == "socket" and secrets.slack_app_token.get_secret_value():
            checks.append(("socket", slack.socket))
    if settings.model is not None and (
        secrets.openai_api_key.get_secret_value() or not settings.model.needs_key
    ):
        from handlers.doctor import model  # its library takes a second to import

        checks.append(("model", model.model))
    return checks


async def _look(name: str, check: Check, settings: Settings) -> list[Finding]:
    """One check, within its time. Whatever it trips over is a finding, so that the others are still told."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await check(settings)
    except TimeoutError:
        return [
            fail(name, f"no answer within {PATIENCE:.0f} s", "Check the address, and the network between.")
        ]
    except BotError as error:
        return [failed(name, error, "Mend it, then run the doctor again.")]
    except Exception as error:
        return [
            fail(
                name,
                f"it could not be looked at ({type(error).__name__})",
                "Please report this, with the version.",
            )
        ]

"""The doctor at the mailbox: login, folders, push, whose word on senders counts, and the way out."""

import re
from collections import Counter
from datetime import UTC, datetime
from difflib import get_close_matches

from bot.errors import BotError
from handlers.doctor.findings import Finding, fail, failed, ok, warn
from handlers.mail.entering import tokens_of, way_in_of
from handlers.mail.imap import ImapConnection, connect
from handlers.mail.sender import SmtpCarrier
from handlers.mail.sent import find_sent_folder
from handlers.mail.way_in import LoginNeeded
from handlers.settings import Mail, Settings

DEADLINE = 12.0
NEWEST = 15
"""Mails whose heads are looked at for the receiving server's name."""
HEAD = 64 * 1024

_FIELD = re.compile(rb"^authentication-results:([^;]{1,400});", re.IGNORECASE | re.MULTILINE)


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def login(settings: Settings) -> list[Finding]:
    """Whether somebody has signed in, and whether the provider still renews it."""
    tokens = tokens_of(settings, _Now())
    try:
        held = await tokens.look()
    except LoginNeeded as error:
        return [failed("login", error, "Run `understudy login`.")]
    except BotError as error:
        return [failed("login", error, "Check that this machine reaches the provider's sign-in server.")]
    assert settings.mail is not None
    assert settings.mail.oauth is not None
    until = held.expires_at.astimezone(settings.business.zone)
    renewed = "renewed by itself" if held.refresh else "and cannot be renewed"
    return [ok("login", f"signed in at {settings.mail.oauth.provider}; the token is good until {until:%H:%M}, {renewed}")]


async def incoming(settings: Settings) -> list[Finding]:
    """Log in, open every folder, look at the newest heads; nothing is changed, nothing is marked as read."""
    mail = settings.mail
    assert mail is not None
    try:
        connection = await connect(mail.imap, way_in_of(settings, "imap", _Now()), deadline=DEADLINE)
    except LoginNeeded as error:
        return [failed("imap", error, "Run `understudy login`.")]
    except BotError as error:
        return [
            failed(
                "imap", error, "Check [mail] imap: scheme, user, host and port; and UNDERSTUDY_IMAP_PASSWORD."
            )
        ]
    async with connection:
        found = [ok("imap", "logged in")]
        try:
            found += [await _folder(connection, folder) for folder in mail.folders]
            found.append(_push(connection))
            found.append(await _sent(connection, mail))
            found.append(await _authserv(connection, mail))
        except BotError as error:
            found.append(failed("imap", error, "Run the doctor again; if it stays, ask the mail provider."))
    return found


async def outgoing(settings: Settings) -> list[Finding]:
    """Connect, encrypt, log in, leave; no mail is sent."""
    mail = settings.mail
    assert mail is not None
    try:
        await SmtpCarrier(mail.smtp, way_in_of(settings, "smtp", _Now()), timeout=DEADLINE).check()
    except LoginNeeded as error:
        return [failed("smtp", error, "Run `understudy login`.")]
    except BotError as error:
        return [
            failed(
                "smtp", error, "Check [mail] smtp: scheme, user, host and port; and UNDERSTUDY_SMTP_PASSWORD."
            )
        ]
    return [ok("smtp", "logged in; nothing was sent")]


async def _folder(connection: ImapConnection, folder: str) -> Finding:
    opened = await connection.examine(folder)
    if opened is not None:
        return ok(f"folder {folder}", f"{opened.exists} mails")
    names = [there.name for there in await connection.folders() if "\\noselect" not in there.flags]
    by_case = {name.casefold(): name for name in names}
    close = get_close_matches(folder.casefold(), by_case, n=1, cutoff=0.4)
    hint = f'Did you mean "{by_case[close[0]]}"?' if close else f"There are: {', '.join(names[:12])}."
    return fail(f"folder {folder}", "there is no such folder", f"Mend [mail] folders. {hint}")


def _push(connection: ImapConnection) -> Finding:
    if connection.can("IDLE"):
        return ok("push", "the server tells of new mail at once (IDLE)")
    return warn("push", "the server has no IDLE", "Nothing to do: the mailbox is asked every 15 s instead.")


async def _sent(connection: ImapConnection, mail: Mail) -> Finding:
    folder = await find_sent_folder(connection)
    if folder is None:
        cure = "Nothing to do: a folder `Sent` is made with the first reply."
        if mail.sent_copy == "server":
            cure = 'Write [mail] sent_copy = "append", if the provider does not file what is sent.'
        return warn("sent folder", "there is none", cure)
    return ok("sent folder", folder)


async def _authserv(connection: ImapConnection, mail: Mail) -> Finding:
    """The server that receives our mail writes its name on top of every head; only its word on senders counts."""
    names = await _receiving_servers(connection, mail.folders[0])
    trusted = {name.lower().rstrip(".") for name in mail.authserv_id}
    if not names:
        if trusted:
            return warn(
                "authserv_id",
                "no recent mail carries a verdict on its sender",
                "Look again when mail has come.",
            )
        cure = "Nothing to do now; look again when mail has come. Until then every sender counts as not verified."
        return warn("authserv_id", "none is set, and no recent mail carries a verdict on its sender", cure)
    usual = names.most_common(1)[0][0]
    if usual in trusted:
        return ok("authserv_id", f"{usual} speaks for {names[usual]} of the newest {names.total()} mails")
    cure = f'If that is your provider, write [mail] authserv_id = ["{usual}"].'
    if trusted:
        return warn(
            "authserv_id",
            f"the newest mails name {usual}, which is not trusted; senders count as not verified",
            cure,
        )
    return warn(
        "authserv_id", f"none is set, so senders count as not verified; the newest mails name {usual}", cure
    )


async def _receiving_servers(connection: ImapConnection, folder: str) -> Counter[str]:
    names: Counter[str] = Counter()
    opened = await connection.examine(folder)
    if opened is None or not opened.exists:
        return names
    first = max(1, (opened.uidnext or 1) - 10 * NEWEST)
    uids = (await connection.uids(f"UID {first}:*"))[-NEWEST:]
    for fetched in await connection.bodies(uids, expect=HEAD * len(uids), first=HEAD):
        head = (fetched.body or b"").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        topmost = _FIELD.search(re.sub(rb"\n[ \t]+", b" ", head))
        words = re.sub(rb"\([^()]*\)", b" ", topmost[1]).split() if topmost else []
        if words:
            names[words[0].decode("ascii", "replace").lower().rstrip(".")] += 1
    return names

"""What sort of mail this is, read off its form, with the literal header or phrase that says so."""

import re
from dataclasses import dataclass

from bot.inbound import Authenticated, Kind
from handlers.mail.headers import text_of
from handlers.mail.mime import Part

LONGEST_REASON = 160


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screening looks at."""

    root: Part
    sender: str
    subject: str
    text: str
    own_id: bool
    own_addresses: frozenset[str]
    authenticated: Authenticated


DAEMON = re.compile(
    r"^(?:mailer[-_. ]?daemon|mail[-_. ]?daemon|mail delivery (?:sub)?system)$", re.IGNORECASE
)
ROBOT = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|donotreply|noreply\b.*|no-reply\b.*|do-not-reply\b.*|ne[-_.]?pas[-_.]?repondre|nepasrepondre"
    r"|nicht[-_.]?antworten|notifications?|notify|alerts?|mailer|automailer|bounces?\+.*|auto-?confirm|auto-?mailer|updates?-noreply)$",
    re.IGNORECASE,
)
AUTO_SUBJECT = re.compile(
    r"^\s*(?:re:\s*)?(?:\[?auto(?:matic)?[- ]?(?:reply|response|responder|answer)\]?\b|autoreply\b|auto:|out[- ]of[- ](?:the[- ])?office\b"
    r"|ooo:|abwesenheit(?:snotiz|sassistent|smeldung)?\b|automatische antwort|automatisch antwoord|automatisch bericht|afwezig"
    r"|r[ée]ponse automatique|absence du bureau|message d.absence|respuesta autom[áa]tica|fuera de (?:la )?oficina|resposta autom[áa]tica"
    r"|risposta automatica|fuori sede|autosvar|automatiskt? svar|frånvaro|fraværende|automaattinen vastaus|poissa"
    r"|odpowied[źz] automatyczna|autoodpowied[źz]|automatick[áa] odpov[eě][ďd]|otomatik yan[ıi]t|автоответ|автоматический ответ"
    r"|自動応答|自动回复|自動回覆|자동 회신|vacation reply|vacation response|on vacation\b|away from (?:my )?(?:mail|desk|office))",
    re.IGNORECASE,
)


POSTMASTER = re.compile(
    r"^(?:post[-_.]?master|mail[-_. ]?(?:delivery|deliver|system|admin|server|gateway)\b.*|system[-_. ]?administrator|administrator|mail administrator)$",
    re.IGNORECASE,
)
REPLY_SUBJECT = re.compile(
    r"^\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|enc|vs|odp|回复|答复|转发)\s*:", re.IGNORECASE
)
BOUNCE_SUBJECT = re.compile(
    r"^(?:undeliver(?:able|ed)\b|returned (?:mail|to sender)|(?:mail|message)? ?deliver?y (?:failure|failed|status notification|notification|error|problem|report)"
    r"|(?:mail|message|delivery) (?:delivery )?(?:has )?fail(?:ed|ure)|mail system error|failure (?:notice|delivery)|failed delivery|non[- ]?delivery"
    r"|could ?n.t (?:be )?deliver|mail could not be delivered|nondeliverable|unzustellbar|nicht zustellbar|non remis|message non distribu|no se puede entregar"
    r"|mancata consegna|onbestelbaar|niet bezorgd|warning: (?:message|could not send)|delayed mail|there was an error sending your mail|rejected:"
    r"|delivery status notification|returned mail|failure notice"
    r"|(?:メッセージ|メール|電子メール).{0,12}(?:配信|配達|送信|送達)(?:でき|され)ま|配信不能|未配信|無法投遞|无法投递|投递失败|退信|系统退信|전송.{0,6}실패|не доставлено|недоставленн)",
    re.IGNORECASE,
)
BOUNCE_PHRASE = re.compile(
    r"(?:could not|couldn.t|cannot|can.t|can not|unable to|was(?: not|n.t)|has not been|not able to|failed to|did not|problems?) (?:be )?(?:deliver|reach|delivered|delivering|sent to the following)"
    r"|(?:not be|undelivered|delivery (?:to the following|failed|has failed|error|problem|has been delayed)|addresses had (?:permanent|delivery|transient))"
    r".{0,20}(?:deliver|recipient|address|fatal|error|permanent|failed|to the)"
    r"|address(?:\(es\)|es)? failed|rejected recipient|returned to (?:you|sender)|error message below:\s*5\d\d|mailbox (?:is full|exceeds)"
    r"|^[ \t]*(?:<<<\s*|said: )?5\d\d[ -](?:5\.\d+\.\d+|.{0,80}(?:user|recipient|mailbox|unknown))"
    r"|notificationType\\?\"\s*:\s*\\?\"(?:Bounce|Delivery)|not a member of this mailing list|not allowed to post to this (?:mailing )?list"
    r"|konnte nicht zugestellt werden|n.a pas pu [eê]tre (?:remis|livr|distribu)|no se ha podido entregar|не доставлено|送信できませんでした|配信できません",
    re.IGNORECASE | re.MULTILINE,
)
COMPLAINT_SUBJECT = re.compile(
    r"^(?:complaint about (?:message|e-?mail) from|abuse report\b|email feedback report)", re.IGNORECASE
)
COMPLAINT_FIELD = re.compile(rb"(?im)^X-HmXmrOriginalRecipient:")
"""Microsoft's complaint feed is older than RFC 5965 and attaches the mail only."""
LIST_COPY = frozenset({"list-id", "list-unsubscribe", "list-post"})
LIST_ROBOT = frozenset({"x-mlserver", "x-ml-name", "x-mailman-version"})


def screen(seen: Seen) -> tuple[Kind, tuple[str, ...]]:
    """The kind and its reasons; HUMAN has none. The surest sign wins: own, report, bounce, auto-reply, calendar, list."""
    if seen.own_id:
        return Kind.OWN, ("Message-ID: our own",)
    for judge in (_feedback, _bounce, _receipt, _auto_reply, _calendar, _spam, _list, _notification):
        found = judge(seen)
        if found is not None:
            kind, why = found
            return kind, (why[:LONGEST_REASON],)
    return Kind.HUMAN, ()


def _header(seen: Seen, name: str) -> str | None:
    raw = seen.root.first(name)
    return None if raw is None else text_of(raw)


def _said(name: str, value: str) -> str:
    return f"{'-'.join(word.capitalize() for word in name.split('-'))}: {value}"


def _report_type(seen: Seen) -> str:
    if seen.root.type == "multipart" and seen.root.subtype == "report":
        return seen.root.parameters.get("report-type", "").lower()
    return ""


def _has(seen: Seen, *media: str) -> str:
    for part in seen.root.leaves():
        if part.media in media:
            return part.media
    return ""


def _feedback(seen: Seen) -> tuple[Kind, str] | None:
    if _report_type(seen) == "feedback-report" or _has(seen, "message/feedback-report"):
        return Kind.FEEDBACK, "report-type=feedback-report"
    if COMPLAINT_SUBJECT.match(seen.subject) and _has(seen, "message/rfc822"):
        return Kind.FEEDBACK, f"Subject: {seen.subject}"
    for part in seen.root.leaves():
        if part.media == "message/rfc822" and COMPLAINT_FIELD.search(part.body, 0, 4096):
            return Kind.FEEDBACK, "the attached mail names the mailbox it was complained about from"
    return None


def _bounce(seen: Seen) -> tuple[Kind, str] | None:
    if _report_type(seen) == "delivery-status":
        return Kind.BOUNCE, "report-type=delivery-status"
    if media := _has(seen, "message/delivery-status", "message/global-delivery-status"):
        return Kind.BOUNCE, media
    if (failed := _header(seen, "x-failed-recipients")) is not None:
        return Kind.BOUNCE, _said("x-failed-recipients", failed)
    local = seen.sender.partition("@")[0]
    name = (_header(seen, "from") or "").partition("<")[0].strip(" \"'")
    returned = (_header(seen, "return-path") or "-").strip()
    # A person can quote a bounce: one of these says that a machine wrote this.
    daemon = bool(DAEMON.match(local) or DAEMON.match(name))
    null = (
        returned in {"<>", ""} or "mailer-daemon" in returned.lower() or _header(seen, "from") in {"", "<>"}
    )
    office = bool(POSTMASTER.match(local) or POSTMASTER.match(name))
    robot = bool(ROBOT.match(local)) and not LIST_COPY & _names(seen)
    manager = bool(LIST_ROBOT & _names(seen)) and not REPLY_SUBJECT.match(seen.subject)
    if not (daemon or null or office or robot or manager):
        return None
    if daemon and not REPLY_SUBJECT.match(seen.subject):
        return Kind.BOUNCE, f"From: {name or local}"
    subject = BOUNCE_SUBJECT.search(seen.subject) if daemon or null or office else None
    found = subject or BOUNCE_PHRASE.search(seen.text[:6000])
    if found is None:
        return None
    who = f"Return-Path: {returned}" if null and returned != "-" else f"From: {name or local}"
    return Kind.BOUNCE, f"{who}; {' '.join(found[0].split())}"


def _names(seen: Seen) -> frozenset[str]:
    return frozenset(name for name, _ in seen.root.fields)


def _receipt(seen: Seen) -> tuple[Kind, str] | None:
    if _report_type(seen) == "disposition-notification" or _has(seen, "message/disposition-notification"):
        return Kind.NOTIFICATION, "report-type=disposition-notification"
    return None


def _auto_reply(seen: Seen) -> tuple[Kind, str] | None:
    submitted = (_header(seen, "auto-submitted") or "").partition(";")[0].strip().lower()
    if submitted.startswith("auto-replied"):
        return Kind.AUTO_REPLY, _said("auto-submitted", submitted)
    if submitted == "auto-generated" and (_header(seen, "in-reply-to") or _header(seen, "references")):
        return Kind.AUTO_REPLY, f"{_said('auto-submitted', submitted)}, in reply to a message"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply"):
        value = _header(seen, name)
        if value is not None and value.lower() not in {"no", "false", "0"}:
            return Kind.AUTO_REPLY, _said(name, value)
    precedence = (_header(seen, "precedence") or "").lower()
    if precedence in {"auto_reply", "auto-reply", "autoreply"}:
        return Kind.AUTO_REPLY, _said("precedence", precedence)
    if (value := _header(seen, "x-apple-action")) and value.lower() == "vacation":
        return Kind.AUTO_REPLY, _said("x-apple-action", value)
    if (value := _header(seen, "x-autogenerated")) and value.lower() in {"reply", "group"}:
        return Kind.AUTO_REPLY, _said("x-autogenerated", value)
    if (value := _header(seen, "delivered-to")) and value.lower() in {"autoresponder", "auto-responder"}:
        return Kind.AUTO_REPLY, _said("delivered-to", value)
    if AUTO_SUBJECT.match(seen.subject):
        return Kind.AUTO_REPLY, f"Subject: {seen.subject}"
    return None


def _calendar(seen: Seen) -> tuple[Kind, str] | None:
    """An invitation or its answer (RFC 6047); a calendar file that somebody sends along is an attachment."""
    for part in seen.root.leaves():
        if part.media in {"text/calendar", "application/ics"} and (
            part.disposition != "attachment" or "method" in part.parameters
        ):
            method = part.parameters.get("method")
            return Kind.CALENDAR, f"{part.media}; method={method}" if method else part.media
    return None


def _spam(seen: Seen) -> tuple[Kind, str] | None:
    for name in ("x-spam-flag", "x-spam", "x-spam-status"):
        value = _header(seen, name)
        if value is not None and value.lower().startswith("yes"):
            return Kind.SPAM_SUSPECT, _said(name, value)
    return None


def _list(seen: Seen) -> tuple[Kind, str] | None:
    ours = seen.own_addresses
    for name in ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "mailing-list"):
        value = _header(seen, name)
        if value is None:
            continue
        if ours and name in {"list-id", "list-post"} and any(_stands_for(value, address) for address in ours):
            return None  # a group address of our own: people write to us through it
        return Kind.LIST, _said(name, value)
    precedence = (_header(seen, "precedence") or "").lower()
    if precedence in {"bulk", "list", "junk"}:
        return Kind.LIST, _said("precedence", precedence)
    return None


def _stands_for(value: str, address: str) -> bool:
    value, address = value.lower(), address.lower()
    return address in value or address.replace("@", ".") in value


def _notification(seen: Seen) -> tuple[Kind, str] | None:
    submitted = (_header(seen, "auto-submitted") or "").partition(";")[0].strip().lower()
    if submitted.startswith("auto-") or (submitted and submitted != "no"):
        return Kind.NOTIFICATION, _said("auto-submitted", submitted)
    local = seen.sender.partition("@")[0]
    if ROBOT.match(local):
        return Kind.NOTIFICATION, f"From: {local}@…"
    return None

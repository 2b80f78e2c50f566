"""What becomes of a message by its form alone: people's words go on, robots' mail is filed with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.inbound import Kind, ReadMessage
from prompts.house_rules import HouseRules
from storage.inquiries import Track

_WORDS = {
    Kind.AUTO_REPLY: "an automatic reply",
    Kind.BOUNCE: "a delivery report",
    Kind.LIST: "list mail",
    Kind.NOTIFICATION: "an automatic notification",
    Kind.CALENDAR: "a calendar message",
    Kind.FEEDBACK: "a complaint report from a mail provider",
    Kind.SPAM_SUSPECT: "looks like spam",
    Kind.OWN: "our own message",
}


@dataclass(frozen=True)
class Filed:
    """Filed under this track, listed in the digest, can be put back."""

    track: Track
    reasons: tuple[str, ...]


def file_by_form(read: ReadMessage, rules: HouseRules) -> Filed | None:
    """Where a message goes without anybody being asked; None: a person wrote it, sort it."""
    if read.kind is not Kind.HUMAN:
        track = Track.NOTICE if read.kind in {Kind.CALENDAR, Kind.BOUNCE, Kind.FEEDBACK} else Track.SILENT
        return Filed(track, (_WORDS[read.kind], *read.why))
    address = read.sender.address.lower() if read.sender else ""
    for silent in rules.silent_senders:
        if address == silent or (silent.startswith("@") and address.endswith(silent)):
            return Filed(Track.SILENT, (f"the house rules file mail from {silent}",))
    subject = read.subject.casefold()
    for phrase in rules.silent_subjects:
        if phrase.casefold() in subject:
            return Filed(Track.SILENT, (f"the house rules file subjects with “{phrase}”",))
    return None


def short_reason(reasons: Sequence[str]) -> str:
    """One line for the digest."""
    return ": ".join(list(reasons)[:2]) if reasons else "no reason was recorded"

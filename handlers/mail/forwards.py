"""Finds the original message inside a forward."""

from email.utils import parseaddr

from bot.inbound import Forwarded, Person


def find_forward(
    text: str, *, subject: str = "", html: str | None = None, ours: frozenset[str] = frozenset()
) -> Forwarded | None:
    """Return the forwarded original, or None when the mail is not a forward."""
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        if line.strip(" -").lower() not in {"forwarded message", "begin forwarded message:"}:
            continue
        head: dict[str, str] = {}
        rest = number + 1
        while rest < len(lines) and (lines[rest].strip() or not head):
            label, _, value = lines[rest].partition(":")
            head[label.strip().lower()] = value.strip()
            rest += 1
        name, address = parseaddr(head.get("from", ""))
        if address and address.lower() not in ours:
            return Forwarded(
                sender=Person(name, address),
                subject=head.get("subject") or subject,
                date=head.get("date"),
                text="\n".join(lines[rest:]).strip(),
                note="\n".join(lines[:number]).strip(),
            )
    return None

"""Who a reply goes to, from the message's own envelope; never from its text, never from a writer."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Envelope:
    to: tuple[str, ...]
    cc: tuple[str, ...]
    flags: tuple[str, ...]
    """Sentences for the card where something differs from the ordinary."""


def reply_envelope(
    *,
    sender: str,
    sender_name: str,
    reply_to: Collection[str],
    to: Collection[str],
    cc: Collection[str],
    ours: Collection[str],
    known: Collection[str],
) -> Envelope:
    """Reply to the writer alone; a differing Reply-To and copied people are named on the card, not followed.

    `known` are addresses that took part in the conversation before; a new one in Cc is flagged.
    """
    flags: list[str] = []
    own = {o.lower() for o in ours}
    different = [r for r in reply_to if r.lower() not in {sender.lower(), *own}]
    if different:
        flags.append(f"Replies are asked to go elsewhere ({', '.join(different)}); this one goes to the writer")
    copied = [a for a in (*to, *cc) if a.lower() not in {*own, sender.lower()}]
    if copied:
        flags.append(f"Also addressed to {', '.join(copied)}; they are not in this reply")
    fresh = [a for a in cc if a.lower() not in {*own, sender.lower()} and a.lower() not in {k.lower() for k in known}]
    if fresh and known:
        flags.append(f"New in copy: {', '.join(fresh)}")
    return Envelope((named(sender_name, sender),), (), tuple(flags))


def named(name: str, address: str) -> str:
    """`Name <address>`, with the name quoted where RFC 5322 wants it; just the address without a name."""
    clean = " ".join("".join(c for c in name if c.isprintable()).split())[:80]
    if not clean or clean.lower() == address.lower():
        return address
    if all(c.isalnum() or c in " '-_" for c in clean):
        return f"{clean} <{address}>"
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def bare(address: str) -> str:
    """The address alone of `Name <address>`."""
    if address.endswith(">") and "<" in address:
        return address[address.rindex("<") + 1 : -1].strip()
    return address.strip()


def bare_name(address: str) -> str:
    """The name of `Name <address>`; the address where there is none."""
    name = address.rpartition("<")[0].strip().strip('"')
    return name or bare(address)


def reply_subject(subject: str) -> str:
    """"Re: …" once, whatever prefixes there were; one line."""
    text = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    while text[:3].casefold() == "re:":
        text = text[3:].strip()
    return f"Re: {text}" if text else "Re: your message"


def reply_references(references: Collection[str], in_reply_to: str | None, message_id: str) -> list[str]:
    """The chain for a reply (RFC 5322 3.6.4): the parent's References (or In-Reply-To), then the parent."""
    chain = list(references) or ([in_reply_to] if in_reply_to else [])
    chain = [r for r in chain if r and r != message_id]
    if len(chain) > 20:
        chain = [chain[0], *chain[-19:]]
    return [*chain, message_id] if message_id else chain

"""Which conversation a message belongs to: evidence, and who may use it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_PREFIX = re.compile(
    r"^\s*(?:re|aw|antw|antwort|sv|vs|r|rif|odp|ynt|res|resp|fw|fwd|wg|tr|rv|enc|i|vb|doorst|pd|fs|vl|转发|回复|答复|回覆|轉寄|返信|転送)"
    r"\s{0,2}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,2}[:\uff1a]\s*",
    re.IGNORECASE,
)


def base_subject(subject: str) -> str:
    """The subject without any number of "Re:", "AW:", "Fwd:" and the like, folded for comparison (RFC 5256 in spirit)."""
    text = " ".join(subject.split())[:300]
    while True:
        shorter = _PREFIX.sub("", text, count=1)
        if shorter == text:
            return text.casefold()
        text = shorter


_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|enc|vb|doorst|pd|vl|i|转发|轉寄|転送)\s{0,2}[:\uff1a]", re.IGNORECASE)


def says_forwarded(subject: str) -> bool:
    """Whether a subject begins as forwards do."""
    return _FORWARD.match(subject) is not None


@dataclass(frozen=True)
class Candidate:
    """A conversation that a message's references or subject point to."""

    conversation_id: int
    client_id: int | None
    base_subject: str
    participants: frozenset[str]


@dataclass(frozen=True)
class Joined:
    """Goes into this conversation; `same_topic` is False when the subject changed, which opens an inquiry of its own."""

    conversation_id: int
    same_topic: bool


@dataclass(frozen=True)
class Apart:
    """Starts a conversation of its own. `claims` is the one it points to without a right to it; `follows` its elder."""

    claims: int | None = None


def place_message(
    *,
    sender: str,
    client_id: int | None,
    verified: bool,
    subject: str,
    referenced: Sequence[Candidate],
    recent: Sequence[Candidate],
) -> Joined | Apart:
    """Join on references only for somebody who takes part; on subject only within the same verified client.

    `referenced` are conversations whose Message-IDs the message cites, newest first; `recent` the client's recent ones.
    """
    base = base_subject(subject)
    for candidate in referenced:
        if _takes_part(candidate, sender, client_id):
            return Joined(candidate.conversation_id, same_topic=not base or not candidate.base_subject or base == candidate.base_subject)
    if referenced:
        return Apart(claims=referenced[0].conversation_id)
    if verified and client_id is not None and base:
        for candidate in recent:
            if candidate.base_subject == base and sender in candidate.participants:
                return Joined(candidate.conversation_id, same_topic=True)
    return Apart()


def _takes_part(candidate: Candidate, sender: str, client_id: int | None) -> bool:
    if sender in candidate.participants:
        return True
    return client_id is not None and client_id == candidate.client_id


def others(addresses: Collection[str], ours: Collection[str]) -> list[str]:
    """The addresses (lower case, in order, once each) that are not ours."""
    own = {a.lower() for a in ours}
    seen: list[str] = []
    for address in addresses:
        low = address.strip().lower()
        if low and low not in own and low not in seen:
            seen.append(low)
    return seen

"""The ways an SMTP talk can go wrong, by name, and what a sender may honestly conclude from each."""

from dataclasses import dataclass
from enum import StrEnum


class At(StrEnum):
    """The moments at which something can go wrong, in the order of a talk."""

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "mid-body"
    BEFORE_DOT = "before the dot"
    AFTER_DOT = "after the dot"
    QUIT = "QUIT"


class How(StrEnum):
    CLOSE = "closes"
    RESET = "resets"
    STALL = "stalls"
    MALFORMED = "answers nonsense"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at one moment: a way of failing, or an SMTP reply such as "451 4.3.0 later".

    `recipient`: only for that one (RCPT). `after`: body bytes read first (BODY). `keeps`: whether the mail was taken
    all the same (AFTER_DOT); by default yes, unless the reply is a plain 4xx (not 421) or 5xx.
    """

    at: At
    how: How | str
    recipient: str | None = None
    after: int = 1
    keeps: bool | None = None

    @property
    def delivers(self) -> bool:
        if self.keeps is not None or self.at is not At.AFTER_DOT:
            return bool(self.keeps)
        return isinstance(self.how, How) or self.how[:1] not in "45" or self.how.startswith("421")


@dataclass(frozen=True)
class Behaviour:
    """One way a talk can go. `verdicts`: what a sender may honestly conclude (sent, retry, failed, unknown)."""

    name: str
    troubles: tuple[Trouble, ...] = ()
    verdicts: frozenset[str] = frozenset({"sent"})

    @property
    def delivers(self) -> bool:
        """Whether a mail to one recipient ends in the ledger."""
        return all(trouble.delivers for trouble in self.troubles if trouble.at is not At.QUIT)


def _one(name: str, at: At, how: How | str, *verdicts: str) -> Behaviour:
    return Behaviour(name, (Trouble(at, how),), frozenset(verdicts))


ACCEPTS = Behaviour("accepts")

# The seventeen of the reliability catalogue: twelve in which nothing may be lost or repeated wrongly, and the
# five in which the mail was taken and the sender cannot know it.
_SEVENTEEN = (
    ACCEPTS,
    _one("closes at connect", At.CONNECT, How.CLOSE, "retry"),
    _one("greets with 421", At.CONNECT, "421 4.3.2 Too busy", "retry"),
    _one("refuses the password", At.AUTH, "535 5.7.8 Wrong password", "failed", "retry"),
    _one("closes at MAIL", At.MAIL, How.CLOSE, "retry"),
    _one("451 at RCPT", At.RCPT, "451 4.7.1 Greylisted", "retry"),
    _one("550 at RCPT", At.RCPT, "550 5.1.1 No such user", "failed"),
    _one("closes at DATA", At.DATA, How.CLOSE, "retry"),
    _one("554 at DATA", At.DATA, "554 5.5.1 No valid recipients", "failed"),
    _one("closes in the middle of the body", At.BODY, How.CLOSE, "retry"),
    _one("451 after the dot", At.AFTER_DOT, "451 4.3.0 Try again later", "retry"),
    _one("554 after the dot", At.AFTER_DOT, "554 5.7.1 Looks like spam", "failed"),
    _one("closes after the dot", At.AFTER_DOT, How.CLOSE, "unknown"),
    _one("resets after the dot", At.AFTER_DOT, How.RESET, "unknown"),
    _one("stalls after the dot", At.AFTER_DOT, How.STALL, "unknown"),
    _one("421 after the dot", At.AFTER_DOT, "421 4.3.2 Shutting down", "unknown"),
    _one("answers nonsense after the dot", At.AFTER_DOT, How.MALFORMED, "unknown"),
)
BEHAVIOURS = {behaviour.name: behaviour for behaviour in _SEVENTEEN}

# A sender that has just written the dot when the line dies before it cannot know: it may say unknown.
ALL_BEFORE_THE_DOT = tuple(
    _one(f"{how} at {at}", at, how, "retry", *(["unknown"] if at is At.BEFORE_DOT else []))
    for at in (At.CONNECT, At.EHLO, At.AUTH, At.MAIL, At.RCPT, At.DATA, At.BODY, At.BEFORE_DOT)
    for how in How
    if not (how is How.MALFORMED and at in (At.BODY, At.BEFORE_DOT))
)
"""Every way of failing at every moment at which nothing can have been accepted yet."""

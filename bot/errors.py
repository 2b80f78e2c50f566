"""Everything that can go wrong, sorted by what to do about it.

BotError
├── Transient          the same attempt may succeed later
├── Permanent          a person has to look; trying again cannot help
│   └── NobodyTook     every recipient was refused, each in the server's own words
├── OutcomeUnknown     it may have happened; never try again alone
└── Refused            the request itself is not allowed, or came too late
"""

from datetime import timedelta


class BotError(Exception):
    """The root; never raised itself."""


class Transient(BotError):
    """The same attempt may succeed later."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(BotError):
    """A person has to look; trying again cannot help."""


class NobodyTook(Permanent):
    """Every recipient was refused for good; `refused` has each one with the server's words."""

    def __init__(self, message: str, refused: dict[str, str]) -> None:
        super().__init__(message)
        self.refused = refused


class OutcomeUnknown(BotError):
    """It may have happened; it is never tried again alone."""


class Refused(BotError):
    """The request is not allowed, or came too late. Its text is shown to the person who asked."""


class Quarantined(Permanent):
    """A message that could not be read within its limits; its raw form is kept."""

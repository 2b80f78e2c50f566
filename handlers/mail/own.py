"""What a mail is read against: who we are, and whose word about a sender we take."""

from collections.abc import Callable
from dataclasses import dataclass


def no_own_id(_message_id: str) -> bool:
    return False


@dataclass(frozen=True)
class Own:
    """What a mail is read against: our addresses, the servers whose verdicts we trust, and our own Message-IDs."""

    addresses: frozenset[str] = frozenset()
    authserv_ids: tuple[str, ...] = ()
    is_own_id: Callable[[str], bool] = no_own_id


NOBODY = Own()

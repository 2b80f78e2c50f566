"""Who may answer: the owner and the delegates, as the settings name them."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    DELEGATE = "delegate"


@dataclass(frozen=True)
class Approver:
    """A person who may press buttons. `slack` is a pinned user id (U…); `covers` are playbook topics."""

    name: str
    role: Role
    email: str = ""
    slack: str = ""
    covers: tuple[str, ...] = ()
    limit: str = "standard"


@dataclass(frozen=True)
class People:
    """Everybody who may answer, and the addresses that are ours."""

    owner: Approver
    delegates: tuple[Approver, ...] = ()
    team: str = ""
    """The Slack team the ids belong to; "" until Slack has told us, then presses from other teams are refused."""
    business_addresses: frozenset[str] = field(default_factory=frozenset)

    @property
    def approvers(self) -> tuple[Approver, ...]:
        return (self.owner, *self.delegates)

    def by_slack(self, user_id: str) -> Approver | None:
        """The approver with this Slack id; None: nobody who may press."""
        return next((p for p in self.approvers if p.slack and p.slack == user_id), None)

    def by_email(self, address: str) -> Approver | None:
        """The approver with this mail address (case does not matter); None: not one of us."""
        wanted = address.strip().lower()
        return next((p for p in self.approvers if p.email and p.email.lower() == wanted), None)

    def named(self, name: str) -> Approver | None:
        wanted = name.strip().casefold()
        return next((p for p in self.approvers if p.name.casefold() == wanted), None)

    def covering(self, topics: frozenset[str]) -> Approver:
        """Who decides on these topics: the first delegate who covers all of them, else the owner.

        A delegate who covers only some of them could not decide the rest, so the owner is asked.
        """
        for delegate in self.delegates:
            if topics and topics <= frozenset(delegate.covers):
                return delegate
        return self.owner

"""Who can be played on the practice page: everybody's name, role, mail address and Slack id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from handlers.rehearsal.business import SampleBusiness
from handlers.rehearsal.slack_model import SlackError
from handlers.rehearsal.workspace import Workspace


@dataclass(frozen=True)
class Somebody:
    """One person: role is owner, delegate, client or stranger; `slack` is a user id, empty without an account."""

    name: str
    address: str
    role: str
    slack: str = ""
    company: str = ""


@dataclass(frozen=True)
class Business:
    """The sample business as its page knows it: the address clients write to, its zone, and everybody around it."""

    name: str
    address: str
    people: tuple[Somebody, ...]
    zone: tzinfo = UTC

    def with_role(self, *roles: str) -> list[Somebody]:
        """Everybody with one of these roles, in the business's own order."""
        return [person for person in self.people if person.role in roles]


STRANGERS = (
    Somebody("Nora Ekdahl", "nora@ekdahl-glass.example", "stranger", company="Ekdahl Glass"),
    Somebody("Tom Whitby", "tom.whitby@leafandladle.example", "stranger", company="Leaf & Ladle Tea"),
)
"""People who have never written before; they need practice mailboxes like everybody else."""


def cast_of(sample: SampleBusiness, workspace: Workspace) -> Business:
    """The sample business with the ids its people have in this workspace, and the strangers beside them."""

    def slack_id(handle: str) -> str:
        try:
            return workspace.person(handle).id if handle else ""
        except SlackError:
            return ""

    ours = [(sample.owner, "owner"), *((one, "delegate") for one in sample.delegates)]
    people = [Somebody(one.name, one.email, role, slack_id(one.slack), sample.name) for one, role in ours]
    people += [
        Somebody(contact.name, contact.email, "client", slack_id(contact.slack), client.name)
        for client in sample.clients
        for contact in client.contacts
    ]
    return Business(sample.name, sample.address, (*people, *STRANGERS), ZoneInfo(sample.timezone))

"""Who may press what: decided at the moment of effect, by pinned user id and team. Pure."""

from bot.people import Approver, People, Role
from bot.questions import Click, Press
from storage.inquiries import Inquiry, Track

LOOKING = frozenset({Press.ORIGINAL, Press.SOURCES, Press.OPEN, Press.SHOW_TEXT})


def approver_of(click: Click, people: People) -> Approver | None:
    """The approver who pressed; None: nobody who may (unknown id, or another team's person with the same id)."""
    if people.team and click.team and click.team != people.team:
        return None
    return people.by_slack(click.by)


def forbidden(approver: Approver | None, press: Press, inquiry: Inquiry | None) -> str | None:
    """Why this person may not press this, as a sentence for them; None: they may."""
    if approver is None:
        return "Only the owner and the delegates of this business can do that. Nothing was changed."
    if press in LOOKING or press is Press.HAND_OVER or approver.role is Role.OWNER:
        return None
    if inquiry is None or inquiry.track is not Track.JUDGMENT:
        return None
    if inquiry.holder == approver.name or _covers(approver, inquiry):
        return None
    about = ", ".join(inquiry.topics) or "this"
    return f"This one needs a decision on {about}, which is not yours to make; hand it over, or ask for it to be handed to you."


def may_hand_over(by: Approver, to: Approver, inquiry: Inquiry) -> bool:
    """Whether this person may give it to that one: a decision goes beyond a delegate's topics by the owner's word only."""
    return by.role is Role.OWNER or to.role is Role.OWNER or inquiry.track is not Track.JUDGMENT or _covers(to, inquiry)


def _covers(approver: Approver, inquiry: Inquiry) -> bool:
    return bool(inquiry.topics) and set(inquiry.topics) <= set(approver.covers)

"""Whether a card is still what a person saw when they pressed. Pure."""

from bot.questions import Stamp
from storage.cards import Card, CardState
from storage.drafts import Draft


def still_as_seen(card: Card, draft: Draft | None, stamp: Stamp) -> str | None:
    """Why a press on this card comes too late, as a sentence; None: it is as it was seen."""
    if card.state is CardState.RETIRED:
        return f"This card is out of date. {card.outcome} Nothing was changed."
    if card.state is CardState.SETTLED:
        return f"This was settled already: {card.outcome}. Nothing was changed by your press."
    there = (draft.id, draft.revision, draft.digest) if draft is not None else (0, 0, "")
    if (stamp.draft, stamp.revision, stamp.digest) != there:
        return "The draft has changed since this was drawn. Look at the new version first; nothing was sent."
    return None

"""The writer that needs no model: sorts by the playbook's words and general cues, drafts from the owner's own texts."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.answers import Byline, DraftAnswer, DraftAsk, Drafted, TriageAnswer, TriageAsk, Triaged
from handlers.model.offline_drafts import OfflineDrafts
from handlers.model.offline_triage import OfflineTriage
from prompts.playbooks import Playbook

Ask = TypeVar("Ask", TriageAsk, DraftAsk)
Answer = TypeVar("Answer", TriageAnswer, DraftAnswer)

LONG = 4_000


class OfflineWriter:
    """Fits `bot.ports.Writer`. Message text is compared, never obeyed: there is nothing here that could follow it."""

    def __init__(self, playbook: Playbook, *, because: str = "") -> None:
        """`because` says on each byline why no model wrote it; "" when none is set up."""
        self._triage = OfflineTriage(playbook)
        self._drafts = OfflineDrafts(playbook, self._triage)
        self._byline = Byline(
            writer="offline", prompt="playbook", version=1, fingerprint=playbook.fingerprint, because=because
        )

    async def triage(self, ask: TriageAsk) -> Triaged:
        return Triaged(await _aside(self._triage.sort, ask), self._byline)

    async def draft(self, ask: DraftAsk) -> Drafted:
        return Drafted(await _aside(self._drafts.draft, ask), self._byline)


async def _aside(read: Callable[[Ask], Answer], ask: Ask) -> Answer:
    """Comparing a long text with all the words takes a while; the loop goes on meanwhile."""
    return await asyncio.to_thread(read, ask) if len(ask.text) > LONG else read(ask)

"""The writer that needs no model: sorts by the playbook's words and general cues, drafts from the owner's own texts."""

from bot.answers import Byline, DraftAnswer, DraftAsk, Drafted, TriageAnswer, TriageAsk, Triaged
from handlers.model.offline_drafts import OfflineDrafts
from handlers.model.offline_triage import OfflineTriage
from prompts.playbooks import Playbook


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
        answer: TriageAnswer = self._triage.sort(ask)
        return Triaged(answer, self._byline)

    async def draft(self, ask: DraftAsk) -> Drafted:
        answer: DraftAnswer = self._drafts.draft(ask)
        return Drafted(answer, self._byline)

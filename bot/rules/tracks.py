"""Which track an inquiry takes: the writer proposes, this rule disposes."""

from dataclasses import dataclass

from bot.answers import TriageAnswer
from prompts.house_rules import HouseRules
from storage.inquiries import Track


@dataclass(frozen=True)
class TrackChoice:
    track: Track
    reasons: tuple[str, ...]
    decision: str = ""
    """What has to be decided; only for judgment."""


def choose_track(
    answer: TriageAnswer,
    *,
    text: str,
    known_client: bool,
    open_case: bool,
    routines: frozenset[str],
    rules: HouseRules,
) -> TrackChoice:
    """Judgment when anybody sees cause for it; routine only when a routine covers it; silence never by the writer's word alone."""
    if causes := _judgment_causes(answer, text, rules):
        return TrackChoice(Track.JUDGMENT, causes, answer.decision or _default_decision(answer))
    if answer.track is Track.ROUTINE and answer.category in routines:
        if answer.confidence >= rules.sure:
            return TrackChoice(Track.ROUTINE, (f"the routine “{answer.category}” covers it",))
        return TrackChoice(Track.REPLY, (f"the routine “{answer.category}” may cover it, but that is not sure ({answer.confidence:.2f})",))
    if answer.track in {Track.NOTICE, Track.SILENT}:
        ours = known_client or open_case  # whose words are never filed on the writer's word, but for a plain thank-you
        if not answer.asks and not asks_something(text, most=140 if ours else 280) and answer.confidence >= rules.sure:
            return TrackChoice(Track.NOTICE, ("nothing is asked",))
        why = "it was sorted as needing no answer, but it may ask something"
        return TrackChoice(Track.REPLY, (why,))
    if answer.track is Track.ROUTINE:
        return TrackChoice(Track.REPLY, (f"no routine named “{answer.category}” in the playbook",))
    doubts = [] if answer.confidence >= rules.sure else [f"sorted with little certainty ({answer.confidence:.2f})"]
    if not known_client and not open_case:
        doubts.append("first message from this sender")
    return TrackChoice(Track.REPLY, ("it needs a reply", *doubts))


def _judgment_causes(answer: TriageAnswer, text: str, rules: HouseRules) -> tuple[str, ...]:
    causes: list[str] = []
    if answer.track is Track.JUDGMENT:
        causes.append("it asks for a judgment")
    if answer.mood == "angry":
        causes.append("the client is angry")
    if answer.asks_for_person:
        causes.append("the client asks for a person")
    folded = text.casefold()
    causes += [f"it says “{word}”" for word in rules.always_person_words if word.casefold() in folded][:3]
    topics = {topic.casefold() for topic in rules.always_person_topics}
    causes += [f"it is about {topic}" for topic in answer.topics if topic.casefold() in topics]
    return tuple(causes)


def _default_decision(answer: TriageAnswer) -> str:
    if answer.mood == "angry":
        return "How do you want to answer this complaint?"
    if answer.asks_for_person:
        return "Who speaks to this client, and when?"
    return "What should the answer be?"


_QUESTION_MARKS = frozenset("?\uff1f\u061f\u2e2e\u055e\u1367")


def asks_something(text: str, *, most: int = 280) -> bool:
    """Whether a text may want an answer: it has a question mark, or is longer than a thank-you of `most` characters."""
    return any(mark in text for mark in _QUESTION_MARKS) or len(text.strip()) > most


@dataclass(frozen=True)
class RoutineLimits:
    """What is known at the moment a routine could act."""

    mode: str
    known_client_only: bool
    per_client_per_day: int
    not_moods: tuple[str, ...]
    not_topics: tuple[str, ...]
    min_confidence: float
    first_contact_ok: bool


def routine_doubts(
    limits: RoutineLimits,
    *,
    known_client: bool,
    verified: bool,
    first_contact: bool,
    mood: str,
    topics: tuple[str, ...],
    confidence: float,
    sent_today: int,
    missing_slots: tuple[str, ...],
    marked_against: str,
    other_questions: bool,
    has_attachments: bool,
) -> tuple[str, ...]:
    """Why a routine may not act alone this time; empty: it may."""
    doubts: list[str] = []
    if limits.mode != "on":
        doubts.append("this routine asks before it sends")
    if not verified:
        doubts.append("the sender is not verified")
    if limits.known_client_only and not known_client:
        doubts.append("the sender is not a known client")
    if first_contact and not limits.first_contact_ok:
        doubts.append("first message from this sender")
    if mood in limits.not_moods or mood == "angry":
        doubts.append(f"the client is {mood}")
    doubts += [f"it touches {topic}" for topic in topics if topic in limits.not_topics]
    if confidence < limits.min_confidence:
        doubts.append(f"it is not sure enough ({confidence:.2f})")
    if sent_today >= limits.per_client_per_day:
        doubts.append("an automatic message went to this client today already")
    if missing_slots:
        doubts.append("the routine's text needs what is not known: " + ", ".join(missing_slots))
    if marked_against:
        doubts.append(f"{marked_against} said that this should have asked for this client")
    if other_questions:
        doubts.append("the message asks for more than the routine covers")
    if has_attachments:
        doubts.append("the message carries files")
    return tuple(doubts)

"""What a model is asked: the values of a prompt, made from an ask and the playbook; nothing else ever gets in."""

from bot.answers import DraftAsk, TriageAsk, Turn
from prompts.book import Prompt, Rendered
from prompts.playbooks import Playbook
from prompts.routines import ANSWERING, RoutineCard

SOME_WORDS = 8
HISTORY = 32_000


def triage_prompt(prompt: Prompt, ask: TriageAsk, catalog: str) -> Rendered:
    """The triage prompt for this message; `catalog` is `playbook_catalog`."""
    return prompt.render(
        playbook=catalog,
        today=ask.today or "not known",
        sender=ask.sender,
        known="a client we know" if ask.known_client else "somebody we do not know",
        subject=ask.subject,
        history=_history(ask.history),
        message=ask.text,
    )


def draft_prompt(prompt: Prompt, ask: DraftAsk, voice: str) -> Rendered:
    """The drafting prompt for this message: its own sources and conversation, and no others."""
    return prompt.render(
        voice=voice or "Friendly, short, concrete.",
        owner=ask.owner_name or "the owner",
        today=ask.today or "not known",
        client=f"{ask.client_name or 'name not known'} (wrote as: {ask.sender})",
        subject=ask.subject,
        asks="\n".join(f"- {one}" for one in ask.asks) or "(not sorted)",
        instruction=ask.instruction,
        sources="\n\n".join(f"[{source.id}] {source.title}\n{source.text}" for source in ask.sources)
        or "(none)",
        history=_history(ask.history),
        previous=ask.previous,
        message=ask.text,
    )


def playbook_catalog(playbook: Playbook) -> str:
    """What triage has to know of a playbook: names to choose from, and what is kept for a person."""
    rules = playbook.house_rules
    parts = [
        _part(
            "Routines",
            [_routine(card) for card in playbook.routines if card.mode != "off" and card.kind in ANSWERING],
        ),
        _part("Answers", [f"{card.name}: {card.title}{_words(card.words)}" for card in playbook.answers]),
        _part("Topics", [f"{topic.name}: {topic.title}" for topic in playbook.authority.topics]),
        _part(
            "House rules: always for a person",
            [f"the word “{word}”" for word in rules.always_person_words]
            + [f"the topic {topic}" for topic in rules.always_person_topics],
        ),
    ]
    return "\n\n".join(parts)


def _part(title: str, lines: list[str]) -> str:
    return "\n".join([f"{title}:", *(f"- {line}" for line in lines or ["(none)"])])


def _routine(card: RoutineCard) -> str:
    language = f" [{card.language}]" if card.language else ""
    never = card.limits.not_moods + card.limits.not_topics
    unless = f"; not when: {', '.join(never)}" if never else ""
    return f"{card.name}{language}: {card.title}{_words(card.words)}{unless}"


def _words(words: tuple[str, ...]) -> str:
    return f" ({'; '.join(words[:SOME_WORDS])})" if words else ""


def _history(turns: tuple[Turn, ...]) -> str:
    """The conversation, oldest first; when it is too long the oldest turns are left out."""
    shown: list[str] = []
    room = HISTORY - 100
    for number, turn in enumerate(sorted(turns, key=lambda turn: turn.at, reverse=True)):
        text = f"[{turn.at:%Y-%m-%d}] {turn.who} ({turn.name}):\n{turn.text}"
        if len(text) > room:
            if not shown:
                shown.append(text[:room])
            shown.append(f"(earlier messages left out: {len(turns) - max(number, 1)})")
            break
        room -= len(text) + 2
        shown.append(text)
    return "\n\n".join(reversed(shown)) or "(nothing)"

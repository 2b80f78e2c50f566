"""Drafting without a model: the owner's own texts, put together and cited, or the reason why there is none."""

import re
from functools import lru_cache

from bot.answers import DraftAnswer, DraftAsk, Source
from handlers.model.offline_triage import OfflineTriage, Reading, said
from prompts.languages import languages
from prompts.playbooks import Playbook
from prompts.words import BREAK, closeness, content, flat

ENOUGH = 0.6
MOST_TEXTS = 3

_CHANGE = re.compile(
    r"""(?P<verb>replace|remove|delete|add)\s*:?\s*["“„«](?P<old>[^"”“»]{1,600})["”“»]
        (?:\s*(?:with|by)\s*["“„«](?P<new>[^"”“»]{0,600})["”“»])?\s*\Z""",
    re.IGNORECASE | re.VERBOSE,
)


class OfflineDrafts:
    def __init__(self, playbook: Playbook, triage: OfflineTriage) -> None:
        self._playbook, self._triage, self._rules = playbook, triage, playbook.house_rules
        self._words = said()["words"]

    def draft(self, ask: DraftAsk) -> DraftAnswer:
        if ask.instruction.strip() and ask.previous.strip():
            return self._redo(ask)
        reading = self._triage.read(ask.subject, ask.text)
        tongue = reading.languages[0] if reading.languages else ""
        answer = self._from_sources(ask, reading, tongue)
        if ask.instruction.strip():
            note = self._words["note_not_applied"].format(instruction=ask.instruction.strip())
            answer.open_points = [note[:300], *answer.open_points][:6]
        return answer

    def _from_sources(self, ask: DraftAsk, reading: Reading, tongue: str) -> DraftAnswer:
        if not ask.text.strip():
            return _none(self._words["silence"])
        kind = reading.judgment
        routine = next((source for source in ask.sources if source.id == f"routine:{ask.category}"), None)
        if routine and not kind:
            return DraftAnswer(body=routine.text, sources=[routine.id], open_points=[], no_draft="")
        texts = [] if kind or reading.mood == "angry" else self._choose(ask, reading)
        if not texts:
            if holding := self._rules.holding.get(tongue or "en", ""):
                body = f"{self._greeting(ask.client_name, tongue)}\n\n{holding}"
                return DraftAnswer(body=body, sources=[], open_points=[self._words["held"]], no_draft="")
            return _none(self._words["judgment" if kind else "no_answer"])
        body = "\n\n".join(
            [self._greeting(ask.client_name, tongue), *(source.text.strip() for source in texts)]
        )
        return DraftAnswer(
            body=body[:12_000],
            sources=[source.id for source in texts],
            open_points=self._open_points(ask, reading, texts, tongue),
            no_draft="",
        )

    def _choose(self, ask: DraftAsk, reading: Reading) -> list[Source]:
        """The sources that answer best, one for each thing asked, at most MOST_TEXTS; never one we were not given."""
        wanted = [flat(one) for one in (ask.asks or reading.asks)] or [reading.flattened]
        chosen: list[Source] = []
        for one in [*wanted, reading.flattened]:
            scored = [(self._score(source, one, reading), source) for source in ask.sources]
            best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
            if (
                best[1]
                and best[0] >= ENOUGH
                and best[1] not in chosen
                and (one != reading.flattened or not chosen)
            ):
                chosen.append(best[1])
        if not chosen:
            chosen = [
                source
                for source in ask.sources
                if source.id in (f"answer:{ask.category}", f"service:{ask.category}")
            ]
        return chosen[:MOST_TEXTS]

    def _score(self, source: Source, flattened: str, reading: Reading) -> float:
        if not source.id.startswith(("answer:", "service:")):
            return 0.0
        words, language = self._known(source.id)
        said_so = max((closeness(phrase, flattened) for phrase in words), default=0.0)
        shared = _overlap(f"{source.title} {' '.join(words)}", flattened)
        other_tongue = language and reading.languages and language not in reading.languages
        return max(said_so, shared) - (0.2 if other_tongue else 0.0)

    def _known(self, source: str) -> tuple[tuple[str, ...], str]:
        """What the playbook says of a source: its words and its language."""
        if answer := self._playbook.answer(source):
            return answer.words, answer.language
        return next((one.words for one in self._playbook.services if one.id == source), ()), ""

    def _open_points(self, ask: DraftAsk, reading: Reading, texts: list[Source], tongue: str) -> list[str]:
        points = []
        for source in texts:
            language = self._known(source.id)[1]
            if tongue and ((language and language != tongue) or (not language and tongue != "en")):
                points.append(self._words["language"].format(title=source.title))
        points += [
            self._words["partly"].format(ask=one)
            for one in ask.asks or reading.asks
            if max((self._score(source, flat(one), reading) for source in texts), default=0) < ENOUGH
        ]
        return [point[:300] for point in points[:6]]

    def _redo(self, ask: DraftAsk) -> DraftAnswer:
        """Exact changes ('replace "A" with "B"', 'remove "A"', 'add "A"') are made; anything else is said not to be."""
        body = _changed(ask.previous, ask.instruction.strip())
        cited = [
            source.id for source in ask.sources if source.text.strip() and source.text.strip() in ask.previous
        ]
        if body is None or not body.strip():
            note = self._words["not_applied"].format(instruction=ask.instruction.strip())
            return DraftAnswer(body=ask.previous, sources=cited[:20], open_points=[note[:300]], no_draft="")
        return DraftAnswer(
            body=body[:12_000], sources=cited[:20], open_points=[self._words["applied"]], no_draft=""
        )

    def _greeting(self, name: str, tongue: str) -> str:
        language = languages()[tongue or "en"]
        first = " ".join(name.split())[:80]
        if not first:
            return language.greeting_nameless
        return self._rules.greetings.get(language.code, language.greeting).replace("$name", first)


def _changed(body: str, instruction: str) -> str | None:
    """The body with one exact change made; None: the instruction asks for something else, or its words are not there."""
    found = _CHANGE.match(instruction)
    if not found:
        return None
    verb, old, new = found["verb"].lower(), found["old"].strip(), found["new"]
    if verb == "add":
        return f"{body.rstrip()}\n\n{old}" if new is None else None
    if old not in body or (verb == "replace") != (new is not None):
        return None
    changed = body.replace(old, new or "")
    return "\n".join(line.strip() for line in re.sub(r" {2,}", " ", changed).split("\n")).strip()


def _overlap(title: str, flattened: str) -> float:
    """How much of what was asked is found among a text's title and words; half of it is not yet enough."""
    asked = {word for word in content(flattened) if word != BREAK}
    offered = _offered(title)
    shared = len(asked & offered)
    return 0.0 if shared < 2 else min(0.8, shared / max(3, len(asked)))


@lru_cache(maxsize=1024)
def _offered(title: str) -> frozenset[str]:
    """The words of a playbook text's title; the same few dozen are compared with every letter."""
    return frozenset(word for word in content(flat(title)) if word != BREAK)


def _none(reason: str) -> DraftAnswer:
    return DraftAnswer(body="", sources=[], open_points=[], no_draft=reason)

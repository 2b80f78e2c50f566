"""Sorting without a model: what a careful reader sees in the words alone, and no surer than that."""

import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import prompts
from bot.answers import TriageAnswer, TriageAsk
from prompts.cues import Cues, Hints
from prompts.playbooks import OTHER, Answer, Playbook, RoutineCard
from prompts.routines import ANSWERING
from prompts.words import BREAK, Phrases, closeness, flat, likely_languages, sentences
from storage.inquiries import Track

JUDGMENT_KINDS = (
    "orders",
    "legal",
    "loss",
    "complaint",  # before a cancellation: who threatens to leave over a wrong wants it put right
    "cancel",
    "refund",
    "charge",
    "discount",
    "sensitive",
    "always_person",
)
"""Hints that a person has to decide, the gravest first."""

MAX_TEXT = 32_000
CLOSE_ENOUGH = 0.6
MOST_ASKS = 6
MOST_SENTENCES = 300

_LIST_MARK = re.compile(r"(?:[-*•–]|\d{1,2}[.)])\s+")

Mood = Literal["calm", "unhappy", "angry"]


def said() -> Mapping[str, Mapping[str, str]]:
    """The offline writer's sentences for the owner, from prompts/offline.toml."""
    return tomllib.loads((Path(prompts.__file__).parent / "offline.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Reading:
    """One message, read: its flattened words, its hints, its sentences that ask for something."""

    flattened: str
    hints: Hints
    asks: tuple[str, ...]
    languages: tuple[str, ...]
    mood: Mood

    @property
    def judgment(self) -> str:
        """The gravest kind of hint that needs a person; "" when there is none."""
        return next((kind for kind in JUDGMENT_KINDS if kind in self.hints), "")


@dataclass(frozen=True)
class Fit:
    """The routine or answer that comes closest, and how close (0 to 1)."""

    card: RoutineCard | Answer
    how: float


class OfflineTriage:
    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self._cues = Cues(playbook.house_rules)
        sayings = said()
        self._decisions, self._topic_of = sayings["decisions"], sayings["topics"]
        cards: tuple[RoutineCard | Answer, ...] = (*playbook.routines, *playbook.answers)
        claimed = [phrase for card in cards for phrase in card.words if len(phrase.split()) > 2]
        self._claimed = Phrases.of(claimed)
        self._topics = {topic.name: Phrases.of(topic.words) for topic in playbook.authority.topics}

    def read(self, subject: str, text: str) -> Reading:
        if len(text) > MAX_TEXT:  # what is cut off in the middle of a sentence asks for nothing we could know
            text = (
                text[: max(text.rfind(end, 0, MAX_TEXT) for end in (". ", "? ", "! ", "\n")) + 1]
                or text[:MAX_TEXT]
            )
        flattened = flat(f"{subject}.\n\n{text}")
        hints = self._cues.look(self._unclaimed(flattened))
        return Reading(
            flattened=flattened,
            hints=hints,
            asks=self._asks(text) or (self._asks(subject) if subject.rstrip().endswith("?") else ()),
            languages=likely_languages(flat(text)),
            mood=_mood(hints, text),
        )

    def _unclaimed(self, flattened: str) -> str:
        """The text without the phrases that a routine or answer claims: who "lost the invoice" wants it sent again."""
        for phrase in self._claimed.found(flattened):
            flattened = flattened.replace(f" {phrase} ", f" {BREAK} ")
        return flattened

    def sort(self, ask: TriageAsk) -> TriageAnswer:
        reading = self.read(ask.subject, ask.text)
        topics = self.topics(reading)
        track, category, confidence, decision = self._track(reading, topics, known=ask.known_client)
        return TriageAnswer(
            track=track,
            category=category,
            topics=list(topics[:6]),
            summary=_summary(ask, reading),
            asks=[one[:300] for one in reading.asks],
            decision=decision,
            urgency="high"
            if "urgent" in reading.hints
            else "low"
            if track in (Track.NOTICE, Track.SILENT)
            else "normal",
            mood=reading.mood,
            asks_for_person="person" in reading.hints,
            confidence=confidence,
        )

    def _track(
        self, reading: Reading, topics: tuple[str, ...], *, known: bool
    ) -> tuple[Track, str, float, str]:
        routine, answer = self.closest_routine(reading), self.closest_answer(reading)
        fits = [fit for fit in (routine, answer) if fit]
        category = max(fits, key=lambda fit: fit.how).card.name if fits else OTHER
        if kind := self._needs_person(reading, topics):
            return Track.JUDGMENT, category, 0.8, self._decisions[kind]
        if not known and "pitch" in reading.hints and len(reading.hints.of("pitch")) > 1:
            return Track.NOTICE, OTHER, 0.7, ""
        if (
            not reading.asks
            and ("thanks" in reading.hints or "fyi" in reading.hints)
            and not (routine and routine.how == 1)
        ):
            return Track.NOTICE, category, 0.85 if len(reading.flattened.split()) < 60 else 0.65, ""
        if (
            routine
            and routine.how >= 0.85
            and (not answer or answer.how <= routine.how)
            and _covers(routine, reading)
        ):
            return Track.ROUTINE, routine.card.name, 0.9 if routine.how == 1 else 0.8, ""
        if fits:
            return Track.REPLY, category, 0.75, ""
        return Track.REPLY, OTHER, 0.5 if reading.asks else 0.4, ""

    def _needs_person(self, reading: Reading, topics: tuple[str, ...]) -> str:
        """Why a person has to decide, as a key of the decisions; "" when nothing says so."""
        if kind := reading.judgment:
            return kind
        if reading.mood == "angry":
            return "angry"
        if "person" in reading.hints:
            return "person"
        if reading.mood == "unhappy":
            return "unhappy"
        if set(topics) & set(self._playbook.house_rules.always_person_topics):
            return "topic"
        return ""

    def topics(self, reading: Reading) -> tuple[str, ...]:
        """The playbook's topics that a message touches: those its hints belong to, then those whose words it uses most."""
        hits = {name: len(phrases.found(reading.flattened)) for name, phrases in self._topics.items()}
        by_words = sorted((name for name, count in hits.items() if count), key=lambda name: -hits[name])
        by_hints = [
            topic for kind, topic in self._topic_of.items() if kind in reading.hints and topic in self._topics
        ]
        return tuple(dict.fromkeys([*by_hints, *by_words]))

    def closest_routine(self, reading: Reading) -> Fit | None:
        """The answering routine, not switched off and in the message's language, whose words come closest."""
        cards = [
            routine
            for routine in self._playbook.routines
            if routine.mode != "off"
            and routine.kind in ANSWERING
            and _same_tongue(routine.language, reading.languages)
        ]
        if best := _best(tuple(cards), reading.flattened):
            return best
        if "scheduling" in reading.hints:  # nobody's own words, so never sure enough to answer alone
            return next((Fit(card, 0.7) for card in cards if card.kind == "scheduling"), None)
        return None

    def closest_answer(self, reading: Reading) -> Fit | None:
        """The playbook answer whose words come closest, one in the message's language first."""
        answers = self._playbook.answers
        own = tuple(answer for answer in answers if _same_tongue(answer.language, reading.languages))
        return _best(own, reading.flattened) or _best(answers, reading.flattened)

    def _asks(self, text: str) -> tuple[str, ...]:
        """The first sentences that ask a question or for something to be done, word for word."""
        different = itertools.islice(dict.fromkeys(sentences(text)), MOST_SENTENCES)
        asking = (self._bare(one) for one in different if self._is_ask(one))
        return tuple(itertools.islice(asking, MOST_ASKS))

    def _bare(self, sentence: str) -> str:
        """Without a list's number, and without "Hi Anna," in front."""
        sentence = _LIST_MARK.sub("", sentence)
        greeting, comma, rest = sentence.partition(",")
        if comma and len(greeting) < 40 and rest.strip() and self._cues.starts_with("hello", greeting):
            return rest.strip()
        return sentence

    def _is_ask(self, sentence: str) -> bool:
        words = sentence.split()
        if len(words) > 80 or not any(letter.isalpha() for letter in sentence):
            return False
        hints = self._cues.look(flat(sentence))
        if "pleasantry" in hints and len(words) < 12:
            return False
        if sentence.rstrip(")\"'”’»").endswith(("?", "？", "؟")):
            return True
        if "request" in hints:
            return not ("thanks" in hints and len(words) < 5)
        return self._cues.starts_with("imperative", sentence) or (
            self._cues.starts_with("question", sentence)
            and 3 < len(words) < 40
            and not sentence.endswith("!")
        )


def _same_tongue(language: str, likely: tuple[str, ...]) -> bool:
    return not language or not likely or language in likely


def _best(cards: tuple[RoutineCard, ...] | tuple[Answer, ...], flattened: str) -> Fit | None:
    best: Fit | None = None
    for card in cards:
        how = max((closeness(phrase, flattened) for phrase in (*card.words, card.title)), default=0.0)
        if how >= CLOSE_ENOUGH and (best is None or how > best.how):
            best = Fit(card, how)
    return best


def _covers(fit: Fit, reading: Reading) -> bool:
    """Whether each thing asked is what this card is for."""
    asks = [flat(ask) for ask in reading.asks]
    return len(asks) < 2 or all(
        max(closeness(phrase, ask) for phrase in fit.card.words) >= CLOSE_ENOUGH for ask in asks
    )


def _mood(hints: Hints, text: str) -> Mood:
    shouted = [word for word in text.split() if len(word) > 3 and word.isalpha() and word.isupper()]
    shouting = len(shouted) > 3 or text.count("!!") > 1
    if "angry" in hints and (shouting or hints.of("angry")):
        return "angry"
    if shouting and ("unhappy" in hints or "complaint" in hints):
        return "angry"
    return "unhappy" if "unhappy" in hints or "complaint" in hints else "calm"


def _summary(ask: TriageAsk, reading: Reading) -> str:
    who = ask.sender.split("<")[0].strip().strip('"') or "Somebody"
    what = reading.asks[0] if reading.asks else next(iter(sentences(ask.text)), ask.subject)
    return f"{who}: {what}"[:300]

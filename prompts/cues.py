"""General hints in a message (thanks, anger, a refund asked for …), in any of our languages, with the owner's own words added."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompts.house_rules import HouseRules
from prompts.languages import Language, languages
from prompts.words import Phrases, flat, likely_languages

OWN = {"judgment": "sensitive"}
"""The house rules' word lists go by the names of our own, but for these."""


@dataclass(frozen=True)
class Hints:
    """What was found in one text: kind of hint to the words that gave it."""

    found: Mapping[str, tuple[str, ...]]

    def __contains__(self, kind: object) -> bool:
        return kind in self.found

    def of(self, *kinds: str) -> tuple[str, ...]:
        """The words found for any of these kinds."""
        return tuple(word for kind in kinds for word in self.found.get(kind, ()))


class Cues:
    """All hint words, ready to look for."""

    def __init__(self, rules: HouseRules) -> None:
        self._by_language = {code: _compiled(language) for code, language in languages().items()}
        own = {OWN.get(kind, kind): words for kind, words in rules.words.items()}
        own["urgent"] = (*own.get("urgent", ()), *rules.urgent_words)
        own["always_person"] = rules.always_person_words
        self._own = {kind: Phrases.of(words) for kind, words in own.items() if words}

    def look(self, flattened: str) -> Hints:
        """The hints in a flattened text; languages it is plainly not in are left out, for words that only look alike."""
        found: dict[str, tuple[str, ...]] = {}
        for code in likely_languages(flattened) or tuple(self._by_language):
            for kind, phrases in self._by_language[code].items():
                if words := phrases.found(flattened):
                    found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *words)))
        for kind, phrases in self._own.items():
            if words := phrases.found(flattened):
                found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *words)))
        return Hints(found)

    def starts_with(self, kind: str, sentence: str) -> bool:
        """Whether a sentence begins with one of these words, greetings such as "and" or "so" aside."""
        flattened = flat(sentence)
        words = flattened.split()
        while kind != "hello" and words and words[0] in _OPENERS:
            del words[0]
        head = f" {' '.join(words[:6])} "
        return any(
            head.startswith(f" {hit} ")
            for code in likely_languages(flattened) or tuple(self._by_language)
            if kind in self._by_language[code]
            for hit in self._by_language[code][kind].found(head)
        )


_OPENERS = frozenset(
    [
        "and",
        "but",
        "so",
        "also",
        "or",
        "then",
        "hi",
        "hello",
        "hey",
        "dear",
        "und",
        "aber",
        "auch",
        "oder",
        "also",
        "et",
        "mais",
        "aussi",
        "y",
        "pero",
        "o",
        "e",
        "ma",
        "en",
        "maar",
        "of",
        "och",
        "men",
    ]
)


def _compiled(language: Language) -> dict[str, Phrases]:
    return {kind: Phrases.of(words) for kind, words in language.cues.items()}

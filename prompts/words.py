"""Finding words in text: sentences, phrases, and how close a text comes to a phrase; any language, linear time."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prompts.languages import languages

_LITTLE = frozenset(
    {"a", "an", "our", "some", "any", "i", "me", "us", "do", "does", "if", "at", "by", "in", "on", "so", "as"}
)

BREAK = "|"
"""Stands between two sentences of a flattened text, so that no phrase reaches across."""
GAP = "…"
"""In a phrase: up to five words in between. A * at the end of a word stands for any ending."""

_TOKEN = re.compile(r"[^\W_]+(?:['’ʼ`´][^\W_]+)*|%|\n\s*\n|[.!?…;:]+(?=\s|\Z)")
_SHORT_TAIL = re.compile(r"['’ʼ`´](?=(?:s|t|m|d|re|ve|ll)\b)", re.IGNORECASE)
_APOSTROPHE = re.compile(r"['’ʼ`´]")
_MARK = re.compile(r"\w")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[)\"”»']*\s+|\n\s*\n|\n(?=\s*(?:[-*•–]|\d{1,2}[.)])\s)|[。！？]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|dr|mr|mrs|ms|prof|st|vs|no|nr|approx|ca|bzw|usw|inkl|evtl|ggf|z\.b|d\.h|u\.a|p\.ex|t\.ex|bl\.a|sr|sra|sig|m|mme)|\b\w|\b\d{1,2})\.\s*\Z", re.IGNORECASE)  # fmt: skip
_ENDINGS = ("ungen", "ings", "tion", "ing", "ung", "ies", "ers", "es", "ed", "en", "er", "em", "s", "e", "n")


def flat(text: str) -> str:
    """Lower case, without accents and marks, words parted by one space, sentences by BREAK; padded with a space each side."""
    text = _SHORT_TAIL.sub("", text)
    text = _APOSTROPHE.sub(" ", text)
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words: list[str] = []
    for found in _TOKEN.finditer(plain):
        word = found.group()
        if _MARK.match(word) or word == "%":
            words.append(word)
        elif words and words[-1] != BREAK:
            words.append(BREAK)
    return f" {' '.join(words)} "


def sentences(text: str) -> list[str]:
    """The sentences as they stand in the text, runs of white space as one space."""
    found, rest = [], ""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        piece = rest + text[start : end.end()]
        start = end.end()
        if (
            "\n" not in end.group().strip(" ")
            and end.group().strip(" ") == ""
            and _ABBREVIATION.search(piece[-12:])
        ):
            rest = piece
            continue
        found.append(piece)
        rest = ""
    found.append(rest + text[start:])
    return [sentence for piece in found if (sentence := " ".join(piece.split()))]


def _words_of(phrase: str) -> tuple[str, ...]:
    """A phrase as words to compare with: flat, GAP kept, a * kept at the end of its word."""
    words: list[str] = []
    for part in phrase.split():
        plain = [GAP] if part == GAP else [word for word in flat(part).split() if word != BREAK]
        if part.endswith("*") and plain:
            plain[-1] += "*"
        words += plain
    return tuple(words)


@dataclass(frozen=True)
class Phrases:
    """Many phrases, looked for at once. Kept by the first letters of their first word, so that a long text costs little."""

    _by_start: Mapping[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> "Phrases":
        by_start: dict[str, list[tuple[str, ...]]] = {}
        for words in sorted({_words_of(phrase) for phrase in phrases} - {()}, key=len, reverse=True):
            by_start.setdefault(words[0][:2], []).append(words)
        return cls({start: tuple(found) for start, found in by_start.items()})

    def found(self, flattened: str) -> tuple[str, ...]:
        """What of the phrases stands in a flattened text, in its order."""
        return tuple(dict.fromkeys(self._hits(flattened)))

    def __contains__(self, flattened: object) -> bool:
        return isinstance(flattened, str) and next(self._hits(flattened), None) is not None

    def _hits(self, flattened: str) -> Iterator[str]:
        words = flattened.split()
        for place, word in enumerate(words):
            for wanted in self._by_start.get(word[:2], ()):
                end = _match(wanted, words, place)
                if end:
                    yield " ".join(words[place:end])


def _match(wanted: tuple[str, ...], words: list[str], place: int) -> int:
    """Where the phrase ends that begins at `place`; 0: it does not stand there."""
    for number, want in enumerate(wanted):
        if want == GAP:
            rest = wanted[number + 1 :]
            for skip in range(6):
                if BREAK in words[place : place + skip]:
                    return 0
                if end := _match(rest, words, place + skip):
                    return end
            return 0
        if place >= len(words) or not (
            words[place].startswith(want[:-1]) if want[-1] == "*" else words[place] == want
        ):
            return 0
        place += 1
    return place


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


@lru_cache(maxsize=1)
def _little() -> frozenset[str]:
    """Words too common in any of our languages to say anything."""
    common = {
        word for language in languages().values() for text in language.common for word in flat(text).split()
    }
    return frozenset(common | _LITTLE)


def content(flattened: str) -> list[str]:
    """The stems of the telling words of a flattened text, in order; BREAK stays."""
    little = _little()
    return [
        word if word == BREAK else _stem(word)
        for word in flattened.split()
        if word == BREAK or word not in little
    ]


def closeness(phrase: str, flattened: str) -> float:
    """How surely a text says this phrase: 1 as written, 0.85 its telling words in order, 0.6 in one sentence, else 0."""
    wanted, (words, everything) = _wanted(phrase), _telling(flattened)
    plain = not (set("*…") & set(phrase))
    if plain and wanted and not everything.issuperset(wanted):  # spares long texts most of the work
        return 0.0
    if flattened in _one(phrase):
        return 1.0
    if len(wanted) < 2 or not everything.issuperset(wanted):
        return 0.0
    if _in_order(wanted, words):
        return 0.85
    return 0.6 if len(wanted) > 2 and any(set(wanted) <= set(sentence) for sentence in _split(words)) else 0.0


@lru_cache(maxsize=4096)
def _wanted(phrase: str) -> tuple[str, ...]:
    return tuple(word for word in content(flat(phrase)) if word != BREAK)


@lru_cache(maxsize=32)
def _telling(flattened: str) -> tuple[tuple[str, ...], frozenset[str]]:
    words = tuple(content(flattened))
    return words, frozenset(words)


@lru_cache(maxsize=4096)
def _one(phrase: str) -> Phrases:
    return Phrases.of((phrase,))


def _in_order(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Whether all wanted words come in this order in one sentence, with at most two others between neighbours."""
    for start, word in enumerate(words):
        if word != wanted[0]:
            continue
        place = start
        for following in wanted[1:]:
            window = words[place + 1 : place + 4]
            if following not in window or BREAK in window[: window.index(following)]:
                break
            place += 1 + window.index(following)
        else:
            return True
    return False


def _split(words: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == BREAK:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def likely_languages(flattened: str) -> tuple[str, ...]:
    """Codes of the languages the text may be in, likeliest first; () when nothing tells."""
    words = flattened.split()
    scores = {code: sum(word in plain for word in words) for code, plain in _common().items()}
    best = max(scores.values())
    if best == 0:
        return ()
    near = [code for code, score in scores.items() if score * 5 >= best * 4]
    return tuple(sorted(near, key=lambda code: -scores[code]))


@lru_cache(maxsize=1)
def _common() -> dict[str, frozenset[str]]:
    return {
        code: frozenset(word for text in language.common for word in flat(text).split())
        for code, language in languages().items()
    }

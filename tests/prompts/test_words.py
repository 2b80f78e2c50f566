"""Words are found in any language, across accents and apostrophes, and in linear time."""

import pytest

from prompts.languages import languages
from prompts.words import Phrases, closeness, flat, likely_languages, sentences


def test_sentences_stand_as_they_were_written() -> None:
    text = "Dear Dr. Hansen,\n\ncould you send\nthe SVG, e.g. by mail? See you on 3. März in Köln! We need:\n- one thing\n- another"

    assert sentences(text) == [
        "Dear Dr. Hansen,",
        "could you send the SVG, e.g. by mail?",
        "See you on 3. März in Köln!",
        "We need:",
        "- one thing",
        "- another",
    ]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("can't find", "I cant find it", True),
        ("can't find", "I can’t find it", True),
        ("charged … twice", "You charged my card on Monday twice", True),
        ("charged … twice", "You charged my card. Think twice", False),
        ("refund*", "no refunds", True),
        ("refund", "no refunds", False),
        ("% off", "15% off, please", True),
        ("kündig*", "Ich muss KÜNDIGEN", True),
        ("kundig*", "Ich muss kündigen", True),
        ("rendez-vous", "un rendez-vous demain", True),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str, found: bool) -> None:
    assert (flat(text) in Phrases.of([phrase])) is found


@pytest.mark.parametrize(
    ("phrase", "text", "how"),
    [
        ("find a time", "shall we find a time?", 1.0),
        ("find a time", "could we find some times next week", 0.85),
        ("rounds of changes", "how many rounds of change are there", 0.85),
        ("find a time", "I find it hard. Time flies", 0.0),
        ("logo", "a logo please", 1.0),
        ("logo", "logos", 0.0),
    ],
)
def test_closeness_to_an_owners_phrase(phrase: str, text: str, how: float) -> None:
    assert closeness(phrase, flat(text)) == how


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Could you tell us when we can expect the files?"),
        ("de", "Wann können wir mit den Dateien rechnen?"),
        ("fr", "Quand pouvez-vous nous envoyer les fichiers ?"),
        ("es", "¿Cuándo puede usted enviarnos los archivos?"),
        ("it", "Quando possiamo avere i file della brochure?"),
        ("nl", "Wanneer kunnen wij de bestanden verwachten?"),
        ("pt", "Quando podem vocês enviar os arquivos para nós? Obrigado"),
        ("sv", "När kan vi få filerna från er?"),
    ],
)
def test_the_language_is_told_by_its_little_words(code: str, text: str) -> None:
    assert likely_languages(flat(text))[0] == code


def test_every_language_has_every_kind_of_cue() -> None:
    kinds = set(languages()["en"].cues) - {"imperative"}

    assert all(kinds <= set(language.cues) for language in languages().values())
    assert all(
        len(language.weekdays) == 7 and len(language.months) == 12 for language in languages().values()
    )

"""A routine leaves in the owner's words; what fills its gaps is typed and harmless."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.links import clickable
from prompts.routines import Limits, RoutineCard, Slot, SlotError, SlotType, fill

HOSTS = ("studio.example",)


def routine(*slots: Slot, body: str, language: str = "") -> RoutineCard:
    return RoutineCard(
        "meet",
        "Meet",
        "scheduling",
        ("meet",),
        "on",
        timedelta(),
        Limits(),
        slots,
        body,
        language=language,
        links=HOSTS,
    )


def test_slots_are_written_out_in_the_routines_language() -> None:
    card = routine(
        Slot("name", "name", "contact.name"),
        Slot("days", "dates", "next_working_days"),
        Slot("open", "weekdays", "opening_days"),
        Slot("at", "time", "fact.at"),
        Slot("link", "link", "value", "https://book.studio.example/a"),
        body="$name: $days; $open; $at; $link",
        language="de",
    )

    text = fill(
        card,
        {
            "name": "Jörg Müller-Lüdenscheid",
            "days": "2026-11-24,2026-12-01",
            "open": "monday, friday",
            "at": "09:30",
        },
    )

    assert text == (
        "Jörg Müller-Lüdenscheid: Dienstag, 24. November 2026 und Dienstag, 1. Dezember 2026; Montag und Freitag; 09:30; "
        "https://book.studio.example/a"
    )


@pytest.mark.parametrize("values", [{}, {"name": "Ann", "more": "x"}, {"nme": "Ann"}])
def test_missing_and_superfluous_values_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(SlotError):
        fill(routine(Slot("name", "name", "contact.name"), body="Hi $name"), values)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("name", "Ann\nBcc: x"), ("name", ""), ("name", "Ann\u202e"), ("name", "Ann\u200b"), ("name", "ann@evil.example"),
        ("name", "https://evil.example"), ("name", "evil.example"), ("name", "1234"), ("name", "x" * 90),
        ("words", "see www.evil.example"), ("words", "see evil。example"), ("words", "a\r\nb"), ("words", "mailto:x"),
        ("date", "tomorrow"), ("date", "24.11.2026"), ("dates", "2026-11-24,soon"), ("time", "three"),
        ("weekdays", "someday"), ("number", "many"), ("link", "http://studio.example/"), ("link", "https://evil.example/"),
        ("link", "https://studio.example.evil.example/"), ("link", "https://studio.example@evil.example/"),
        ("link", "https://evil.example\\@studio.example/"), ("link", "javascript:alert(1)"), ("link", "https://studio.example/a b"),
    ],
)  # fmt: skip
def test_an_ill_typed_value_never_gets_in(kind: SlotType, value: str) -> None:
    with pytest.raises(SlotError):
        fill(routine(Slot("it", kind, "fact.it"), body="$it"), {"it": value})


@given(st.text(max_size=60))
def test_whatever_a_record_holds_a_name_is_one_plain_line_without_links(value: str) -> None:
    card = routine(Slot("it", "name", "fact.it"), body="Hi $it")

    try:
        text = fill(card, {"it": value})
    except SlotError:
        return

    assert text.isprintable()
    assert not clickable(text)


def test_a_dollar_in_a_value_stays_a_dollar() -> None:
    card = routine(Slot("a", "words", "fact.a"), Slot("b", "words", "fact.b"), body="$a $b")

    assert fill(card, {"a": "$b", "b": "5 $$"}) == "$b 5 $$"

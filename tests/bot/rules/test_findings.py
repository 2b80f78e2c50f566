"""Findings: what a person has to look at in a draft, and what may not leave at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.findings import find

HOSTS = ("studio.example",)


def blocked(body: str, *grounds: str) -> list[str]:
    return [f.words for f in find(body, grounds=grounds, hosts=HOSTS) if f.blocks]


def noted(body: str, *grounds: str) -> list[str]:
    return [f.words for f in find(body, grounds=grounds, hosts=HOSTS) if not f.blocks]


@pytest.mark.parametrize(
    "link",
    [
        "https://studio.example/times",
        "https://book.studio.example/maren?day=3",
        "http://studio.example",
        "https://studio.example:8443/x",
        "www.studio.example",
        "studio.example",
        "hello@studio.example",
        "mailto:hello@studio.example",
        "hello@mail.studio.example",
    ],
)
def test_the_owners_own_links_and_addresses_may_leave(link):
    assert blocked(f"All free times are here: {link}.") == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "https://studio.example.evil.example",
        "https://notstudio.example",
        "https://evil.example/@studio.example",
        "https://evil.example?@studio.example",
        "https://evil.example#@studio.example",
        "https://evil.example\\@studio.example",
        "https://studio.example@evil.example/x",
        "https://evil.example@studio.example/x",
        "https://evil.example:80@studio.example/x",
        "https://evil.example/https://studio.example",
        "ftp://studio.example/x",
        "javascript:alert(1)//studio.example",
        "javascript:alert(1)@studio.example",
        "data:text/html,@studio.example",
        "mailto:thief@evil.example?cc=hello@studio.example",
        "mailto:hello@studio.example?bcc=thief@evil.example",
        "www.evil.example/@studio.example",
        "evil.example",
        "thief@evil.example",
        "https://evil。example/@studio.example",
    ],
)
def test_a_link_that_leads_elsewhere_or_may_may_not_leave(link):
    assert blocked(f"All free times are here: {link}")


@given(st.text(alphabet="abc:/?#@\\.[]%", max_size=30), st.text(alphabet="abc:/?#@\\.[]%", max_size=30))
def test_no_decoration_makes_a_strangers_host_the_owners(before, after):
    link = f"https://evil.example/{before}studio.example{after}"

    assert blocked(link)


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\x00", "\x1b", "\U000e0041"])
def test_what_nobody_can_see_may_not_leave(character):
    assert blocked(f"Dear Ana, ye{character}s.") == [f"U+{ord(character):04X}"]


@pytest.mark.parametrize("text", ["Größe: 5 €", "naïve café", "こんにちは", "line\nbreak\tand tab", "👍"])
def test_words_of_any_language_are_no_unseen_characters(text):
    assert blocked(text, text) == []


@pytest.mark.parametrize(
    ("body", "ground", "expected"),
    [
        ("It costs 450 EUR.", "The logo costs 450 EUR.", []),
        ("It costs 450 EUR.", "The logo costs 1450 EUR.", ["450 EUR"]),
        ("It costs 450 EUR.", "The logo costs 400 EUR.", ["450 EUR"]),
        ("See you at 15:30.", "We are open 15:30 to 17:00.", []),
        ("See you on Thursday.", "Thursday suits me.", []),
        ("See you on Thursday.", "Friday suits me.", ["Thursday"]),
        ("Bis Donnerstag.", "Freitag passt.", ["Donnerstag"]),
        ("You get it tomorrow.", "", ["tomorrow"]),
        ("Three rounds are included.", "", []),
    ],
)
def test_numbers_and_days_need_a_ground(body, ground, expected):
    assert noted(body, ground) == expected


@pytest.mark.parametrize(
    "promise",
    ["We guarantee that", "I promise", "free of charge", "a full refund", "kostenlos", "Wir garantieren", "Vi lovar"],
)
def test_a_promise_asks_for_a_second_look_and_does_not_block(promise):
    assert noted(f"Dear Ana, {promise} it will fit.")
    assert not blocked(f"Dear Ana, {promise} it will fit.")


def test_a_promise_the_owner_makes_in_the_playbook_is_none_of_the_drafts():
    assert noted("Small changes are free of charge.", "Small changes are free of charge.") == []


def test_a_plain_reply_has_nothing_to_look_at():
    assert find("Dear Ana,\n\nthank you, that works well for us.\n\nMaren", grounds=(), hosts=HOSTS) == ()

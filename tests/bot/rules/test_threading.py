"""Threading: which conversation a message belongs to, and who may join one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.threading import Apart, Candidate, Joined, base_subject, others, place_message, says_forwarded

ANA, BO, EVE = "ana@client.example", "bo@client.example", "eve@evil.example"
THEIRS = Candidate(7, client_id=1, base_subject="the logo", participants=frozenset({ANA}))
OLD = Candidate(3, client_id=1, base_subject="the invoice", participants=frozenset({ANA}))


def placed(
    *, sender: str = ANA, client: int | None = 1, verified: bool = True, subject: str = "Re: The logo",
    referenced: tuple[Candidate, ...] = (), recent: tuple[Candidate, ...] = (),
):  # fmt: skip
    return place_message(
        sender=sender, client_id=client, verified=verified, subject=subject, referenced=referenced, recent=recent
    )


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"referenced": (THEIRS,)}, Joined(7, same_topic=True)),
        ({"referenced": (THEIRS,), "subject": "Something else"}, Joined(7, same_topic=False)),
        ({"referenced": (THEIRS,), "subject": "Re:"}, Joined(7, same_topic=True)),
        ({"referenced": (THEIRS,), "sender": BO}, Joined(7, same_topic=True)),
        ({"referenced": (THEIRS,), "sender": EVE, "client": None}, Apart(claims=7)),
        ({"referenced": (THEIRS,), "sender": EVE, "client": 2}, Apart(claims=7)),
        ({"referenced": (THEIRS,), "sender": EVE, "client": 2, "recent": (THEIRS,)}, Apart(claims=7)),
        ({"recent": (OLD, THEIRS)}, Joined(7, same_topic=True)),
        ({"recent": (THEIRS,), "sender": BO}, Apart()),
        ({"recent": (THEIRS,), "verified": False}, Apart()),
        ({"recent": (THEIRS,), "client": None}, Apart()),
        ({"recent": (THEIRS,), "subject": "Re:"}, Apart()),
        ({"recent": (THEIRS,), "subject": "The logo 2"}, Apart()),
        ({}, Apart()),
    ],
)
def test_a_message_is_placed(case, expected):
    assert placed(**case) == expected


@given(st.text(max_size=40), st.booleans(), st.sampled_from([None, 2, 3]))
def test_nobody_joins_a_strangers_conversation_by_subject_or_references(subject, verified, client):
    found = placed(sender=EVE, client=client, verified=verified, subject=subject, referenced=(THEIRS,), recent=(THEIRS,))

    assert found == Apart(claims=7)


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: The logo", "the logo"),
        ("RE: AW: Fwd:  The   logo", "the logo"),
        ("Re[2]: The logo", "the logo"),
        ("Antw: SV: WG: The logo", "the logo"),
        ("回复：The logo", "the logo"),
        ("Reminder: the logo", "reminder: the logo"),
        ("Re:", ""),
        ("", ""),
        ("Straße", "strasse"),
    ],
)
def test_a_subject_is_compared_without_its_prefixes(subject, base):
    assert base_subject(subject) == base


@given(st.text(max_size=500))
def test_the_base_of_a_subject_is_reached_in_one_go(subject):
    assert base_subject(base_subject(subject)[:300]) == base_subject(subject)[:300] or len(subject) > 250


@pytest.mark.parametrize(
    ("subject", "forward"), [("Fwd: x", True), ("WG: x", True), ("TR : x", True), ("Re: Fwd: x", False), ("Forward planning", False)]
)
def test_a_forward_says_so_at_the_beginning(subject, forward):
    assert says_forwarded(subject) is forward


def test_others_are_named_once_in_order_and_without_us():
    assert others(["Bo@client.example", "hello@studio.example", ANA, BO, " ", ANA.upper()], {"HELLO@studio.example"}) == [BO, ANA]

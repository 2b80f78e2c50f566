"""Recipients: a reply goes to the writer alone; what differs from the ordinary is said, and nothing in it is followed."""

from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.recipients import bare, named, reply_envelope, reply_references, reply_subject

US = "hello@studio.example"
ANA = "ana@client.example"


def envelope(**more: object):
    plain: dict[str, object] = {
        "sender": ANA, "sender_name": "Ana Pérez", "reply_to": (), "to": (US,), "cc": (), "ours": {US}, "known": (),
    }  # fmt: skip
    return reply_envelope(**{**plain, **more})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reply_to": ("thief@evil.example",)},
        {"to": (US, "bo@client.example"), "cc": ("carl@other.example",)},
        {"to": (), "cc": (US,)},
    ],
)
def test_a_reply_goes_to_the_writer_alone(more):
    found = envelope(**more)

    assert found.to == (f"Ana Pérez <{ANA}>",)
    assert found.cc == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reply_to": ("thief@evil.example",)}, ["go elsewhere (thief@evil.example)"]),
        ({"reply_to": (ANA.upper(), US)}, []),
        ({"cc": ("bo@client.example",)}, ["Also addressed to bo@client.example"]),
        ({"cc": ("bo@client.example",), "known": (ANA,)}, ["Also addressed to bo@client.example", "New in copy: bo@client.example"]),
        ({"cc": ("Bo@client.example",), "known": ("bo@client.example",)}, ["Also addressed to Bo@client.example"]),
        ({"to": ("HELLO@studio.example",)}, []),
    ],
)
def test_what_differs_is_said_on_the_card(more, said):
    flags = envelope(**more).flags

    assert len(flags) == len(said)
    assert all(words in flag for words, flag in zip(said, flags, strict=True))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ana Pérez", f"Ana Pérez <{ANA}>"),
        ("Pérez, Ana", f'"Pérez, Ana" <{ANA}>'),
        ('Ana "the" P', f'"Ana \\"the\\" P" <{ANA}>'),
        ("Ana <thief@evil.example>", f'"Ana <thief@evil.example>" <{ANA}>'),
        ("", ANA),
        (ANA, ANA),
        ("Ana\r\nBcc: thief@evil.example", f'"AnaBcc: thief@evil.example" <{ANA}>'),
    ],
)
def test_a_name_is_written_as_mail_wants_it(name, written):
    assert named(name, ANA) == written


@given(st.text(max_size=120))
def test_no_name_changes_where_a_reply_goes_or_breaks_the_line(name):
    written = named(name, ANA)

    assert bare(written) == ANA
    assert "\n" not in written
    assert "\r" not in written
    if written.isascii():
        assert parseaddr(written)[1] == ANA


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("The logo", "Re: The logo"),
        ("Re: The logo", "Re: The logo"),
        ("RE: re:The logo", "Re: The logo"),
        ("", "Re: your message"),
        ("Re:", "Re: your message"),
        ("One\r\nBcc: two", "Re: One Bcc: two"),
    ],
)
def test_a_reply_has_one_prefix_and_one_line(subject, reply):
    assert reply_subject(subject) == reply


@pytest.mark.parametrize(
    ("references", "in_reply_to", "message_id", "chain"),
    [
        ((), None, "c", ["c"]),
        (("a", "b"), "b", "c", ["a", "b", "c"]),
        ((), "b", "c", ["b", "c"]),
        (("a", "c"), None, "c", ["a", "c"]),
        (("a",), None, "", ["a"]),
        ((), None, "", []),
    ],
)
def test_the_chain_of_references_ends_in_the_parent(references, in_reply_to, message_id, chain):
    assert reply_references(references, in_reply_to, message_id) == chain


def test_a_long_chain_keeps_its_first_and_its_newest():
    chain = reply_references([str(n) for n in range(100)], None, "last")

    assert len(chain) == 21
    assert (chain[0], chain[-2], chain[-1]) == ("0", "99", "last")

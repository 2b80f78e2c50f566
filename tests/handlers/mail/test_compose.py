"""Composing: whatever a letter holds, the mail says exactly that, and nothing else gets into its header."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Permanent
from bot.ports import Letter
from handlers.mail.compose import MailComposer, envelope_of, header_injection_probe, is_ours, new_message_id
from handlers.mail.envelope import BadAddress, envelope_address, named_address

LETTER = Letter(
    message_id="<one@studio.example>",
    date=datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    sender="Ana Pérez <ana@studio.example>",
    to=("Lee <lee@client.example>",),
    cc=(),
    subject="Re: Thursday",
    body="Yes, gladly.\n\nAna",
    in_reply_to="<asked@client.example>",
    references=("<first@client.example>", "<asked@client.example>"),
)


def compose(**changes: object) -> bytes:
    return MailComposer().compose(replace(LETTER, **changes))


def read(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


def text(raw: bytes) -> str:
    return read(raw).get_content().replace("\r\n", "\n")


def test_a_reply_reads_as_it_was_written():
    mail = read(compose())

    assert mail.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert mail["From"].addresses[0].display_name == "Ana Pérez"
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: Thursday", "<one@studio.example>")
    assert mail["Date"].datetime == LETTER.date
    assert mail["References"].split() == ["<first@client.example>", "<asked@client.example>"]
    assert text(compose()) == "Yes, gladly.\n\nAna\n"


def test_the_same_letter_gives_the_same_bytes():
    assert compose() == compose()


@pytest.mark.parametrize(("answered", "word"), [("<a@b.example>", "auto-replied"), ("", "auto-generated")])
def test_automatic_mail_says_so(answered, word):
    mail = read(compose(automatic=True, in_reply_to=answered))

    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == (word, "All")
    assert "Auto-Submitted" not in read(compose())


BREAKS = [
    "a\nBcc: s@x.example",
    "a\r\nBcc: s@x.example",
    "a\rb",
    "a\x00b",
    "a\x0bb",
    "a\x85b",
    "a\u2028b",
    "a\ud800b",
]


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("place", ["subject", "sender", "to", "cc", "address", "message_id"])
def test_a_line_break_in_a_header_makes_no_mail(place, broken):
    changes = {
        "subject": {"subject": broken},
        "sender": {"sender": f"{broken} <ana@studio.example>"},
        "to": {"to": (f"{broken} <lee@client.example>",)},
        "cc": {"cc": (f'"{broken}" <lee@client.example>',)},
        "address": {"to": (f"lee{broken}@client.example",)},
        "message_id": {"message_id": f"<{broken}@x.example>"},
    }[place]

    with pytest.raises(Permanent):
        compose(**changes)


ENCODED_BREAKS = [
    "=?UTF-8?Q?hi=0ABcc:_evil@x.example?=",
    "=?utf-8?b?aGkNCkJjYzogZXZpbEB4LmV4YW1wbGU=?=",
    "=?utf-8?q?a=0D=0A=0D=0Abody?=",
    "=?utf-7?q?+AAoA-Bcc:?=",
    "=?UTF-8?Q?=00?= =?UTF-8?Q?=0A?=",
    "=?x",
    "?==?utf-8?q??=",
]


@pytest.mark.parametrize("hidden", ENCODED_BREAKS)
def test_an_encoded_line_break_stays_text(hidden):
    raw = compose(
        subject=hidden,
        sender=f"{hidden} <ana@studio.example>",
        to=(f'"{hidden}" <lee@client.example>',),
        in_reply_to=f"<{hidden}@x.example>",
        references=(hidden, f"<{hidden}>"),
    )

    head = raw.partition(b"\r\n\r\n")[0].lower()
    assert b"bcc" not in head
    assert read(raw)["Subject"] == hidden
    assert text(raw) == "Yes, gladly.\n\nAna\n"


def test_the_probe_finds_this_python_safe():
    header_injection_probe()


def test_ids_that_are_none_are_left_out_of_the_thread():
    mail = read(
        compose(
            in_reply_to="<[broken id]>", references=("x\r\nBcc: y", "<ok@x.example>", "<ü@x.example>", "")
        )
    )

    assert "In-Reply-To" not in mail
    assert mail["References"] == "<ok@x.example>"


def test_a_long_thread_keeps_its_first_and_latest_members():
    thread = tuple(f"<{number:03}.{'x' * 60}@client.example>" for number in range(100))

    raw = compose(references=thread)

    kept = read(raw)["References"].split()
    assert (kept[0], kept[-2:]) == (thread[0], [thread[-1], LETTER.in_reply_to])
    assert len(kept) == 21


@pytest.mark.parametrize(
    "changes",
    [
        {"to": (), "cc": ()},
        {"date": datetime(2026, 1, 1)},
        {"message_id": "none"},
        {"to": ("nobody",)},
        {"to": ("a@b.example, c@d.example",)},
        {"to": ("<a@b.example> <c@d.example>",)},
        {"body": "half \ud83d"},
    ],
)
def test_what_cannot_be_a_mail_is_refused(changes):
    with pytest.raises(Permanent):
        compose(**changes)


def test_the_text_of_an_error_holds_no_address():
    with pytest.raises(Permanent) as caught:
        compose(to=("secret person@client.example",))

    assert "secret" not in str(caught.value)
    assert "secret" not in str(caught.value.__cause__)


BODIES = {
    "dots": ".\n..\n.hidden\n",
    "long lines": "x" * 5000 + "\nwörter " * 300,
    "from": "From here on\nFrom there\n",
    "signature": "Hi\n\n-- \nAna",
    "trailing spaces": "a  \n\t\n b\t\n",
    "windows": "a\r\nb\rc",
    "controls": "a\x00b\x0cc\x1b[0m",
    "japanese": "ご連絡ありがとうございます。\n" * 50,
    "emoji": "👍🏽 ok\n",
    "empty": "",
    "equals": "a=b =3D =\n=\n",
    "separators": "a\u2028b\u2029c\x85d\x0be",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_any_text_arrives_as_it_was_in_lines_any_relay_takes(body):
    raw = compose(body=body)

    _arrives(raw, body)


@settings(max_examples=300, deadline=None)
@given(
    subject=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300),
    name=st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="<>"), max_size=120
    ),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=600),
)
def test_any_letter_either_reads_back_exactly_or_is_refused(subject, name, body):
    name = name.strip()
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    raw = compose(subject=subject, body=body, to=(f'"{quoted}" <lee@client.example>',))

    _arrives(raw, body)
    assert read(raw).keys() == read(compose()).keys()


def _arrives(raw: bytes, body: str) -> None:
    wanted = body.replace("\r\n", "\n").replace("\r", "\n")
    wanted = wanted if wanted.endswith("\n") else wanted + "\n"
    got = message_from_bytes(raw).get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
    assert got == wanted
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("lee@client.example", "lee@client.example"),
        ("Lee <lee@Client.Example>", "lee@client.example"),
        ('"Lee, Dr. \\"L\\"" <lee@client.example>', "lee@client.example"),
        ("<lee@client.example>", "lee@client.example"),
        ("lee@bücher.example", "lee@xn--bcher-kva.example"),
        ("lee@STRASSE.example", "lee@strasse.example"),
        ("lee@straße.example", "lee@xn--strae-oqa.example"),
        ("zoë@client.example", "zoë@client.example"),
        ("o'neil+tag@client.example", "o'neil+tag@client.example"),
        ('"two words"@client.example', '"two words"@client.example'),
        ("lee@localhost", "lee@localhost"),
    ],
)
def test_addresses_are_read_and_their_domains_put_in_ascii(written, address):
    assert named_address(written).address == address


@pytest.mark.parametrize(
    "written",
    ["", "lee", "@x.example", "lee@", "a@b@c.example", "lee@-x.example", "lee@x..example", "le e@x.example", "lee@1.2.3.4",
     ".lee@x.example", "lee.@x.example", "lee@x_y.example", "lee@x.example>", "a" * 65 + "@x.example",
     "lee@" + "a" * 64 + ".example", "lee@" + "abcdefgh." * 30 + "example", "lee\u00a0x@x.example", "lee@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written):
    with pytest.raises(BadAddress):
        envelope_address(written)


def test_the_envelope_holds_everyone_once():
    letter = replace(LETTER, cc=("Lee again <lee@client.example>", "bo@client.example"))

    assert envelope_of(letter) == ("ana@studio.example", ("lee@client.example", "bo@client.example"))


def test_an_address_in_another_script_keeps_its_letters():
    mail = message_from_bytes(compose(to=("Zoë <zoë@client.example>",)), policy=policy.SMTPUTF8)

    assert "zoë@client.example".encode() in compose(to=("zoë@client.example",))
    assert mail["Subject"] == "Re: Thursday"


def test_our_message_ids_are_known_again_and_nobody_elses_are():
    ours = new_message_id(b"key", "epoch-1", "uuid-1", "Studio.example")

    assert ours == new_message_id(b"key", "epoch-1", "uuid-1", "studio.example")
    assert is_ours(b"key", ours)
    assert is_ours(b"key", ours.upper())
    assert is_ours(b"key", new_message_id(b"key", "epoch-2", "uuid-1", "studio.example"))
    assert not is_ours(b"other key", ours)
    assert not is_ours(b"key", ours.replace("studio", "other"))
    assert not is_ours(b"key", "<x@studio.example>")
    assert len({new_message_id(b"key", e, u, "x.example") for e in "ab" for u in "12"}) == 4
    compose(message_id=ours, date=datetime.now(UTC))

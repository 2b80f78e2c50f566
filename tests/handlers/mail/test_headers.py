"""Header fields as people's mail programs really write them."""

import pytest

from handlers.mail.headers import decode_words, message_id, message_ids, text_of, unfold, without_comments


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?= aus Köln", "Grüße aus Köln"),
        ("=?utf-8?q?two?= =?utf-8?q?_words?=", "two words"),
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=BCn?=", "Grün"),  # cut inside a character
        ("=?us-ascii*en?q?with_language?=", "with language"),
        ("=?utf-8?q?never closed", "=?utf-8?q?never closed"),
        ("=?no-such-charset?q?caf=C3=A9?=", "café"),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_read_as_every_mail_program_reads_them(written: str, read: str) -> None:
    assert decode_words(written) == read


def test_eight_bit_header_bytes_are_utf_8_and_else_windows() -> None:
    assert text_of("Grüße".encode()) == "Grüße"
    assert text_of("Grüße".encode("cp1252")) == "Grüße"


def test_a_folded_subject_is_one_line() -> None:
    assert text_of(b" a long\r\n\tsubject\r\n line ") == "a long subject line"


def test_unfolding_takes_the_line_end_and_leaves_the_blanks() -> None:
    assert unfold(b" a\r\n   b") == "a   b"


def test_comments_go_and_quoted_parentheses_stay() -> None:
    assert without_comments('text/plain (really (yes)); name="a(b).txt"').split() == [
        "text/plain",
        ";",
        'name="a(b).txt"',
    ]


def test_ids_are_read_without_their_brackets() -> None:
    assert message_ids(b"<a@b.example>\r\n <c@d.example> <a@b.example>") == ("a@b.example", "c@d.example")
    assert message_id(b" <[weird]@x> (comment)") == "[weird]@x"
    assert message_id(b" bare@x ") == "bare@x"
    assert message_id(b"  ") is None

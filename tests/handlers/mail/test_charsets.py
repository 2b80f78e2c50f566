"""Bytes to characters, with an allow-list."""

import pytest

from handlers.mail.charsets import codec_for, decode


@pytest.mark.parametrize(
    ("name", "codec"),
    [("UTF8", "utf-8"), ("windows-1251", "cp1251"), ("ISO_8859-2", "iso8859-2"), ("latin1", "cp1252"), ("us-ascii*en", "cp1252"),
     ("ks_c_5601-1987", "cp949"), ("windows-874", "cp874"), ("iso-8859-8-i", "iso8859-8"), ('"utf-8"', "utf-8")],
)  # fmt: skip
def test_names_that_mail_uses_find_their_codec(name: str, codec: str) -> None:
    assert codec_for(name) == codec


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "rot13", "zlib", "no-such", "", "x" * 5000]
)
def test_what_is_no_charset_of_text_is_not_used(name: str) -> None:
    assert codec_for(name) is None


def test_the_declared_charset_comes_first_and_utf_8_second() -> None:
    assert decode("Привет".encode("koi8-r"), "koi8-r") == ("Привет", False)
    assert decode("Grüße".encode(), "us-ascii") == ("Grüße", False)
    assert decode("Grüße".encode("cp1252"), None) == ("Grüße", False)
    assert decode("Grüße".encode(), "unicode_escape") == ("Grüße", True)


def test_bytes_that_do_not_fit_are_replaced_and_said() -> None:
    text, strange = decode(b"abc\xff\xfe\xfd", "iso-2022-jp")

    assert text.startswith("abc")
    assert strange

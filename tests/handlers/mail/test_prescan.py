"""What the raw bytes must pass before anything parses them."""

import pytest

from bot.errors import Quarantined
from handlers.mail.prescan import LARGEST_MAIL, prescan


def test_what_transports_put_in_front_is_taken_off() -> None:
    assert (
        prescan(b"\xef\xbb\xbf\r\n\r\nFrom ann Mon Mar  2 10:00:00 2026\nSubject: x\n\nhi")
        == b"Subject: x\n\nhi"
    )


def test_old_line_ends_are_read() -> None:
    assert prescan(b"Subject: x\r\rhi") == b"Subject: x\n\nhi"


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * (LARGEST_MAIL + 1),
        b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\nhi",
        b"Subject: x\r\n" + b" folded\r\n" * 5000 + b"\r\nhi",
        b"Subject: " + b"x" * 300_000 + b"\r\n\r\nhi",
    ],
    ids=["mail", "fields", "folds", "one field"],
)
def test_what_no_honest_mail_has_is_quarantined(raw: bytes) -> None:
    with pytest.raises(Quarantined):
        prescan(raw)


def test_a_long_text_without_a_header_is_no_bomb() -> None:
    text = b"line of a log file\n" * 50_000

    assert prescan(text) == text

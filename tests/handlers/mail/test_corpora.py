"""Third-party mail: the scores never fall below what they were."""

import os

import pytest

from benchmarks import mail_corpora
from benchmarks.mail_corpora import LineScore


def need_corpora() -> None:
    if mail_corpora.corpora() is None:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the corpora are required and not here")
        pytest.skip("the corpora are not here (UNDERSTUDY_CORPORA)")


@pytest.mark.parametrize(
    ("corpus", "floor"),
    [
        ("mime", 1.0),
        ("mime_fields", 0.96),
        ("automail_classes", 0.995),
        ("automail_bounces", 0.97),
        ("humans", 0.996),
        ("headers", 0.99),
        ("headers_parsed", 0.98),
        ("calendar", 0.97),
        ("calendar_valid", 1.0),
    ],
)
def test_the_form_of_third_party_mail_is_read(corpus: str, floor: float) -> None:
    need_corpora()

    score = mail_corpora.ALL[corpus]()

    assert not isinstance(score, LineScore)
    assert score.rate >= floor, str(score)

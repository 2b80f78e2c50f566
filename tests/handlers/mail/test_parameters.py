"""Content-Type and Content-Disposition, by the book and otherwise."""

import pytest

from handlers.mail.parameters import read_parameters


@pytest.mark.parametrize(
    ("written", "media", "values"),
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('Text/HTML ; Charset="UTF-8"', "text/html", {"charset": "UTF-8"}),
        ("multipart/mixed boundary=abc", "multipart/mixed", {"boundary": "abc"}),
        ('application/pdf; name="C:\\dir\\bill.pdf"', "application/pdf", {"name": "C:\\dir\\bill.pdf"}),
        ('a/b; name="quoted \\"pair\\""', "a/b", {"name": 'quoted "pair"'}),
        ("a/b; name*=utf-8''Gr%C3%BC%C3%9Fe.txt", "a/b", {"name": "Grüße.txt"}),
        ('a/b; name*0="one-"; name*1="two.txt"', "a/b", {"name": "one-two.txt"}),
        ('a/b; name="=?utf-8?q?Gr=C3=BC=C3=9Fe.txt?="', "a/b", {"name": "Grüße.txt"}),
        ("a/b; name=never; name=twice", "a/b", {"name": "never"}),
        ('a/b; name="never closed', "a/b", {"name": "never closed"}),
    ],
)
def test_a_type_and_its_parameters_are_read(written: str, media: str, values: dict[str, str]) -> None:
    read = read_parameters(written)

    assert read is not None
    assert (f"{read.type}/{read.subtype}", read.values) == (media, values)


def test_a_disposition_without_a_type_keeps_its_file_name() -> None:
    read = read_parameters('; filename="photo.png"')

    assert read is not None
    assert read.values == {"filename": "photo.png"}

"""Who is it, really: only our own server's verdict counts."""

import pytest

from bot.inbound import Authenticated
from handlers.mail.authentication import address_flags, authentication, same_organisation, skeleton

TRUSTED = ("mx.desk.example",)


def verdict(
    *fields: str, sender: str = "ann@lee.example", trusted: tuple[str, ...] = TRUSTED
) -> Authenticated:
    return authentication([field.encode() for field in fields], sender, trusted)[0]


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("mx.desk.example; dmarc=pass header.from=lee.example", Authenticated.PASS),
        ("MX.desk.example 1; dmarc=fail (p=reject) header.from=lee.example; dkim=pass header.d=lee.example", Authenticated.FAIL),
        ("mx.desk.example; dkim=pass header.d=mail.lee.example", Authenticated.PASS),
        ("mx.desk.example; dkim=pass header.i=@evil.example; spf=none", Authenticated.NONE),
        ("mx.desk.example; spf=pass smtp.mailfrom=bounce@lee.example", Authenticated.PASS),
        ("mx.desk.example; spf=fail smtp.mailfrom=lee.example", Authenticated.FAIL),
        ("mx.desk.example; dmarc=pass header.from=evil.example", Authenticated.NONE),
        ("mx.desk.example (dmarc=pass); none", Authenticated.NONE),
        ('mx.desk.example; x="a; dmarc=fail"; spf=none', Authenticated.NONE),
        ("mx.evil.example; dmarc=pass header.from=lee.example", Authenticated.NONE),
    ],
)  # fmt: skip
def test_the_verdict_is_read_for_the_from_address(field: str, wanted: Authenticated) -> None:
    assert verdict(field) is wanted


def test_only_the_topmost_of_ours_counts() -> None:
    ours = "mx.desk.example; dmarc=fail header.from=lee.example"
    smuggled = "mx.desk.example; dmarc=pass header.from=lee.example"

    assert verdict("relay.example; dmarc=pass", ours, smuggled) is Authenticated.FAIL


def test_nothing_configured_means_nothing_is_believed() -> None:
    assert verdict("mx.desk.example; dmarc=pass header.from=lee.example", trusted=()) is Authenticated.NONE


def test_two_companies_under_one_registry_are_not_one() -> None:
    assert same_organisation("mail.lee.example", "lee.example")
    assert not same_organisation("lee.co.uk", "other.co.uk")
    assert same_organisation("a.lee.co.uk", "lee.co.uk")


@pytest.mark.parametrize(
    ("address", "name", "flag"),
    [
        ("ann@xn--80ak6aa92e.example", "", "punycode_address"),
        ("ann@аррӏе.example", "", "confusable_address"),
        ("ann@pаypal.example", "", "confusable_address"),
        ("ann\u202e@lee.example", "", "bidi_in_address"),
        ("ann@evil.example", "boss@lee.example", "name_shows_other_address"),
    ],
)
def test_odd_addresses_are_flagged(address: str, name: str, flag: str) -> None:
    assert flag in address_flags(address, name)


def test_an_honest_address_is_not_flagged() -> None:
    assert address_flags("ann@lee.example", "Ann Lee") == []
    assert address_flags("ann@müller.example", "ann@müller.example") == []


def test_look_alikes_share_a_skeleton() -> None:
    assert skeleton("раураl.example") == skeleton("paypal.example")
    assert skeleton("rnodern.example") == skeleton("modern.example")
    assert skeleton("lee.example") != skeleton("leo.example")

"""Address headers: whom we may write to, and what stands there otherwise."""

import pytest

from handlers.mail.addresses import MOST_ADDRESSES, is_address, read_groups, read_mailboxes


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("Ann Lee <ann@lee.example>", [("Ann Lee", "ann@lee.example")]),
        (
            '"Lee, Ann" <ann@lee.example>, bob@b.example',
            [("Lee, Ann", "ann@lee.example"), (None, "bob@b.example")],
        ),
        ("ann@lee.example (Ann Lee)", [("Ann Lee", "ann@lee.example")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@b.example>", [("Jürgen", "j@b.example")]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <j@b.example>', [("Jürgen", "j@b.example")]),
        ("ann@lee.example; bob@b.example", [(None, "ann@lee.example"), (None, "bob@b.example")]),
        ("<<ann@lee.example>>", [(None, "ann@lee.example")]),
        ("<@relay.example:ann@lee.example>", [(None, "ann@lee.example")]),
        ("undisclosed-recipients:;", []),
        ("Team: ann@lee.example, bob@b.example;", [(None, "ann@lee.example"), (None, "bob@b.example")]),
        ("Whoever", [("Whoever", None)]),
        ('"never closed <ann@lee.example>', [("never closed", "ann@lee.example")]),
    ],
)
def test_mailboxes_are_read(written: str, people: list[tuple[str | None, str | None]]) -> None:
    mailboxes, cut = read_mailboxes(written)

    assert [(one.name, one.address) for one in mailboxes] == people
    assert not cut


def test_groups_keep_their_names() -> None:
    groups, _ = read_groups('"List 1": a@x.example; c@x.example')

    assert [(group.name, [one.address for one in group.members]) for group in groups] == [
        ("List 1", ["a@x.example"]),
        (None, ["c@x.example"]),
    ]


def test_more_addresses_than_anybody_writes_to_are_cut_and_said() -> None:
    mailboxes, cut = read_mailboxes("a@b.example, " * (MOST_ADDRESSES + 10))

    assert len(mailboxes) == MOST_ADDRESSES
    assert cut


@pytest.mark.parametrize(
    "text", ["a@b", "a.b+c@d.example", '"quoted @"@d.example', "用户@例子.广告", "a@[192.0.2.1]"]
)
def test_what_can_be_written_to_is_an_address(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b", "a@@b", ".a@b", "a..b@c", "a b@c", "a@b..c", "a@xn--example.com", "a@b\r\nc"],
)
def test_what_cannot_be_written_to_is_none(text: str) -> None:
    assert not is_address(text)

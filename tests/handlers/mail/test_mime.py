"""The tree of parts, whatever the sender did to it."""

from handlers.mail.mime import DEEPEST_NESTING, MOST_PARTS, parse, read_fields


def bodies(raw: bytes) -> list[bytes]:
    return [part.body for part in parse(raw).root.leaves()]


def test_parts_are_cut_at_their_boundary_lines() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n--b--\r\nepilogue'

    assert bodies(raw) == [b"one", b"two"]


def test_a_longer_line_is_not_the_boundary() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bc\ntwo\n--b--"

    assert bodies(raw) == [b"one\n--bc\ntwo"]


def test_a_mail_that_breaks_off_keeps_its_last_part() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none")

    assert [part.body for part in mail.root.leaves()] == [b"one"]
    assert mail.flags == ["unclosed_parts"]


def test_a_boundary_that_was_lost_is_found_again() -> None:
    raw = b"Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\none\n--x\nContent-Type: text/plain\n\ntwo\n--x--"

    assert bodies(raw) == [b"one", b"two"]


def test_digest_parts_are_messages_unless_they_say_otherwise() -> None:
    root = parse(b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nhi\n--b--").root

    assert [part.media for part in root.leaves()] == ["message/rfc822"]


def test_nesting_ends_at_the_limit_and_says_so() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1000))

    assert parse(raw).flags == ["unclosed_parts", "too_deep"]
    assert len(bodies(raw)) <= DEEPEST_NESTING


def test_parts_end_at_the_limit_and_say_so() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1000)

    assert sum(1 for _ in mail.root.leaves()) < MOST_PARTS
    assert "too_many_parts" in mail.flags


def test_a_missing_blank_line_begins_the_body() -> None:
    fields, at = read_fields(b"Subject: x\nthis is no field\n\nneither is this")

    assert [name for name, _ in fields] == ["subject"]
    assert at == len(b"Subject: x\n")


def test_a_stray_line_between_fields_is_passed_over() -> None:
    fields, _ = read_fields(b"Subject: x\nstray\nFrom: a@b\n\nbody")

    assert [name for name, _ in fields] == ["subject", "from"]


def test_damaged_transfer_encodings_cost_characters_only() -> None:
    def content(encoding: bytes, body: bytes) -> bytes:
        return parse(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body).root.content()

    assert content(b"base64", b"aGVs bG8=\n") == b"hello"
    assert content(b"base64", b"aGVsbG8") == b"hello"
    assert content(b"BASE64 ", b"a") == b""
    assert content(b"quoted-printable", b"caf=C3=A9=\n!=ZZ") == "café!=ZZ".encode()
    assert content(b"x-uuencode", b"begin 644 a\n%:&5L;&\\\n`\nend\n") == b"hello"
    assert content(b"no-such-thing", b"hello") == b"hello"

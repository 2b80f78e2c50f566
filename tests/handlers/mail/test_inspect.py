"""What `inspect` shows of files, folders and mailboxes."""

import json
from pathlib import Path

from handlers.mail.inspect import as_line, describe, inspect_paths

MAIL = "From: Ann <ann@lee.example>\nTo: us@desk.example\nSubject: Hello\nDate: Mon, 2 Mar 2026 10:00:00 +0100\n\nHi there\n"


def test_one_mail_has_every_name_of_the_public_shape(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_text(MAIL)

    (found,) = inspect_paths([path])

    assert list(found) == [
        "path", "ok", "kind", "why", "message_id", "in_reply_to", "references", "from", "reply_to", "to", "cc", "subject",
        "date", "text", "quoted", "signature", "forwarded", "bounce", "calendar", "attachments", "authenticated", "flags",
    ]  # fmt: skip
    assert (found["path"], found["ok"], found["kind"], found["date"]) == (
        str(path),
        True,
        "human",
        "2026-03-02T09:00:00Z",
    )
    assert found["from"] == {"name": "Ann", "address": "ann@lee.example"}


def test_folders_mailboxes_and_bare_texts_are_read_and_a_bad_one_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(MAIL)
    (tmp_path / "b.mbox").write_text(
        f"From ann Mon Mar  2 10:00:00 2026\n{MAIL}\nFrom ann Mon Mar  2 10:00:00 2026\n{MAIL}\n"
    )
    (tmp_path / "c.txt").write_text("only words: no header\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "d.eml").write_bytes(b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\nhi")

    found = list(inspect_paths([tmp_path, tmp_path / "missing.eml"]))

    assert [one["ok"] for one in found] == [True, True, True, True, False, False]
    assert found[3]["text"].strip() == "only words: no header"
    assert set(found[4]) == {"path", "ok", "error"}


def test_a_line_is_json_whatever_the_mail_holds(tmp_path: Path) -> None:
    path = tmp_path / "odd.eml"
    path.write_bytes(b"Subject: =?utf-7?q?+2AA-?= \xff\nContent-Type: text/plain; charset=utf-7\n\n+2AA-")

    (found,) = inspect_paths([path])
    line = as_line(found)

    assert "\n" not in line
    assert json.loads(line)["ok"] is True
    line.encode()


def test_an_unreadable_address_is_null(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_text("From: Whoever\nDate: some day\n\nhi")

    (found,) = inspect_paths([path])

    assert found["from"] == {"name": "Whoever", "address": None}
    assert found["date"] is None


def test_a_person_can_read_it_too(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_text(MAIL)

    shown = describe(next(inspect_paths([path])))

    assert "Ann <ann@lee.example>" in shown
    assert "    | Hi there" in shown
    assert "cannot be read: gone" in describe({"path": "x", "ok": False, "error": "gone"})

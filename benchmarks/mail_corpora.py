"""Scores reading mail on third-party corpora, whole case, by the corpora's own rules: `make bench-mail`.

Every case goes the way a mail goes: where the corpus gives a text or a header only, a mail is put around it.
"""

import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.inbound import Kind, Person, ReadMessage
from handlers.mail.content import read_words, sort_parts
from handlers.mail.dates import read_local_date
from handlers.mail.headers import unfold
from handlers.mail.mime import parse
from handlers.mail.parameters import read_parameters
from handlers.mail.prescan import prescan
from handlers.mail.reading import read_mail

Case = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent


def corpora() -> Path | None:
    """Where the corpora are, if they are here."""
    folder = Path(os.environ.get("UNDERSTUDY_CORPORA", ROOT.parent / "shared" / "corpora"))
    return folder if (folder / "README.md").exists() else None


@dataclass
class Score:
    """One corpus: how many cases passed by source, and which did not."""

    name: str
    passed: dict[str, int] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    def add(self, case: Case, right: bool) -> None:
        source = case["source"]["repo"]
        self.total[source] = self.total.get(source, 0) + 1
        self.passed[source] = self.passed.get(source, 0) + right
        if not right:
            self.failing.append(case["id"])

    @property
    def rate(self) -> float:
        return sum(self.passed.values()) / max(1, sum(self.total.values()))

    def __str__(self) -> str:
        lines = [f"{self.name}: {sum(self.passed.values())} of {sum(self.total.values())} ({self.rate:.1%})"]
        lines += [
            f"    {source}: {self.passed[source]} of {total}" for source, total in sorted(self.total.items())
        ]
        if self.failing:
            lines.append(f"    failing: {' '.join(self.failing)}")
        return "\n".join(lines)


def cases(family: str) -> Iterator[Case]:
    folder = corpora()
    assert folder is not None, "the corpora are not here; set UNDERSTUDY_CORPORA"
    with (folder / family / "cases.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            if "file" in case:
                case["raw"] = (folder / family / case["file"]).read_bytes()
            yield case


def mail_around(
    text: str = "", *, html: str | None = None, subject: str | None = None, sender: str = ""
) -> bytes:
    """A plain mail with this body, as a client would have sent it."""
    body = html if html is not None else text
    head = [f"From: {sender or 'Somebody <somebody@sender.example>'}", "To: us@desk.example", "MIME-Version: 1.0",
            "Date: Mon, 02 Mar 2026 10:00:00 +0000", "Message-ID: <case@sender.example>",
            f"Content-Type: text/{'html' if html is not None else 'plain'}; charset=utf-8",
            "Content-Transfer-Encoding: base64"]  # fmt: skip
    if subject is not None:
        head.insert(0, "Subject: =?utf-8?b?" + base64.b64encode(subject.encode()).decode() + "?=")
    return "\r\n".join([*head, "", base64.encodebytes(body.encode()).decode()]).encode()


# --- forward, reply, signature -------------------------------------------------------------------------------------------


def same(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def flat(text: str | None) -> str:
    return " ".join((text or "").split())


def _person(person: Person | None) -> dict[str, str | None]:
    return {
        "name": (person.name or None) if person else None,
        "address": (person.address or None) if person else None,
    }


def _people_match(expected: list[dict[str, Any]] | None, got: tuple[Person, ...]) -> bool:
    if not expected:
        return not got
    return len(got) >= len(expected) and all(
        _matches(want, _person(one)) for want, one in zip(expected, got, strict=False)
    )


def _matches(want: dict[str, Any], got: dict[str, str | None]) -> bool:
    return all(same(value) == same(got.get(key)) for key, value in want.items() if key in got)


def forward_right(case: Case) -> bool:
    """Every asserted field: forwarded, from, to, cc, subject, body, note, a date where one is asserted."""
    given, expected = case["input"], case["expected"]
    raw = mail_around(given.get("text", ""), html=given.get("html"), subject=given.get("subject"))
    found = read_mail(raw).forwarded
    if bool(found) != expected["forwarded"]:
        return False
    if found is None:
        return True
    checks = [
        "from" not in expected
        or expected["from"] is None
        or _matches(expected["from"], _person(found.sender)),
        "to" not in expected or _people_match(expected["to"], found.to),
        "cc" not in expected or _people_match(expected["cc"], found.cc),
        "subject" not in expected or same(expected["subject"]) == same(found.subject),
        "body" not in expected or same(expected["body"]) == same(found.text),
        "message" not in expected or same(expected["message"]) == same(found.note),
        not expected.get("date_present") or bool(same(found.date)),
        "date" not in expected or same(expected["date"]) == same(found.date),
    ]
    return all(checks)


def forward() -> Score:
    score = Score("forward")
    for case in cases("forward"):
        score.add(case, forward_right(case))
    return score


def _visible_candidates(read: ReadMessage) -> list[str]:
    """The new words with and without the signature: sources differ on whether it is part of them."""
    text = read.text.replace("\r\n", "\n")
    without = text
    if read.signature and (place := text.rfind(read.signature.strip())) >= 0:
        without = text[:place] + text[place + len(read.signature.strip()) :]
    return [text, without] if without != text else [text]


def reply_visible_right(expected: dict[str, Any], visible: str, whole: str) -> bool:
    wanted = expected.get("visible", expected.get("visible_inferred"))
    if wanted is not None and flat(wanted) != flat(visible):
        return False
    if wanted is None and expected.get("nothing_stripped") and flat(visible) != flat(whole):
        return False
    if "body_without_signature" in expected and flat(expected["body_without_signature"]) != flat(visible):
        return False
    if "visible_startswith" in expected and not flat(visible).startswith(
        flat(expected["visible_startswith"])
    ):
        return False
    if any(flat(part) not in flat(visible) for part in _list(expected.get("visible_contains"))):
        return False
    if any(not re.search(part, visible, re.MULTILINE) for part in _list(expected.get("visible_regex"))):
        return False
    if any(re.search(part, visible, re.MULTILINE) for part in _list(expected.get("hidden_regex"))):
        return False
    absent = [part for key in ("visible_not_contains", "hidden_contains", "quoted_contains", "signature_contains")
              for part in _list(expected.get(key))]  # fmt: skip
    if any(flat(part) in flat(visible) for part in absent):
        return False
    nows = expected.get("visible_text_nows")
    return nows is None or "".join(nows.split()) == "".join(visible.split())


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def reply_right(case: Case) -> bool:
    given, expected = case.get("input", {}), case["expected"]
    raw = case.get("raw") or mail_around(
        given.get("text", ""), html=given.get("html"), sender=given.get("sender", "")
    )
    if "raw" in case and b"\n\n" not in raw.replace(b"\r\n", b"\n")[:4000]:
        raw = mail_around(raw.decode("utf-8", "replace"))
    read = read_mail(raw)
    whole = given.get("text") or read_words(sort_parts(parse(prescan(raw)).root)).text
    return any(reply_visible_right(expected, visible, whole) for visible in _visible_candidates(read))


def is_html(case: Case) -> bool:
    return "html" in case.get("input", {}) or "visible_text_nows" in case["expected"]


def reply_plain() -> Score:
    score = Score("reply, plain text")
    for case in cases("reply"):
        if not is_html(case):
            score.add(case, reply_right(case))
    return score


def reply_html() -> Score:
    score = Score("reply, HTML")
    for case in cases("reply"):
        if is_html(case):
            score.add(case, reply_right(case))
    return score


@dataclass
class LineScore:
    """Signature lines found and missed, over all mails."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    failing: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def __str__(self) -> str:
        return (f"signature: line F1 {self.f1:.3f} (right {self.right}, wrong {self.wrong}, missed {self.missed})\n"
                f"    not exact: {' '.join(self.failing)}")  # fmt: skip


def signature() -> LineScore:
    score = LineScore()
    for case in cases("signature"):
        given = case["input"]
        sender = given.get("sender") or ""
        sender = sender if "<" in sender else f'"{sender}" <somebody@sender.example>'
        read = read_mail(mail_around(given["text"], sender=sender))
        got = [flat(line) for line in read.signature.splitlines() if line.strip()]
        want = [flat(line) for line in case["expected"]["signature_lines"] if line.strip()]
        rest = list(want)
        right = 0
        for line in got:
            if line in rest:
                rest.remove(line)
                right += 1
        score.right += right
        score.wrong += len(got) - right
        score.missed += len(rest)
        if rest or right < len(got):
            score.failing.append(case["id"])
    return score


# --- mime ----------------------------------------------------------------------------------------------------------------


def mime_right(case: Case) -> bool:
    """Every field the source asserts that a reader of mail can be asked about."""
    expected, raw = case["expected"], case["raw"]
    read = read_mail(raw)
    if expected.get("must_not_crash"):
        return True
    root = parse(prescan(raw)).root
    content = sort_parts(root)
    texts = [_characters(part) for part in content.plain if part.subtype != "html"]
    htmls = [_characters(part) for part in root.leaves() if part.subtype == "html"]
    whole = read_words(content).text
    everything = "\n".join([*texts, whole])
    checks: list[bool] = []
    for key, people in (
        ("from", (read.sender,) if read.sender else ()),
        ("to", read.to),
        ("cc", read.cc),
        ("reply_to", read.reply_to),
    ):
        if expected.get(key) is not None:
            checks.append(_mailboxes_match(expected[key], people))
    if expected.get("subject") is not None:
        checks.append(flat(expected["subject"]) == flat(read.subject))
    if "subject_raw" in expected:
        checks.append(flat(expected["subject_raw"]) == flat(unfold(root.first("subject") or b"")))
    if "from_raw" in expected:
        checks.append(flat(expected["from_raw"]) == flat(unfold(root.first("from") or b"")))
    if expected.get("message_id") is not None:
        checks.append(expected["message_id"] == read.message_id)
    if expected.get("date") is not None:
        checks.append(_date_dict(unfold(root.first("date") or b"")) == expected["date"])
    if "n_attachments" in expected:
        checks.append(len(read.attachments) == expected["n_attachments"])
    if "attachments" in expected:
        checks.append(
            len(read.attachments) == len(expected["attachments"])
            and all(
                _attachment_matches(want, got)
                for want, got in zip(expected["attachments"], read.attachments, strict=False)
            )
        )
    if "text_equals" in expected:
        checks.append(
            flat("\n".join(texts)) == flat(expected["text_equals"])
            or flat(whole) == flat(expected["text_equals"])
        )
    checks += [flat(part) in flat(everything) for part in _list(expected.get("text_contains"))]
    checks += [flat(part) in flat("\n".join(htmls)) for part in _list(expected.get("html_contains"))]
    checks += [flat(part) in flat(everything) for part in _list(expected.get("text_parts"))]
    checks += [flat(part) in flat("\n".join(htmls)) for part in _list(expected.get("html_parts"))]
    if "text_count" in expected:
        checks.append("\n".join(texts).count(expected["text_count"]["of"]) == expected["text_count"]["n"])
    if "html_count" in expected:
        checks.append("".join(htmls).count(expected["html_count"]["of"]) == expected["html_count"]["n"])
    if "html_equals" in expected:
        checks.append(flat("".join(htmls)) == flat(expected["html_equals"]))
    if "text_words_of" in expected:
        checks.append(_words(expected["text_words_of"]) in _words(everything))
    return all(checks)


def _characters(part: Any) -> str:
    from handlers.mail.charsets import decode

    return decode(part.content(), part.parameters.get("charset"))[0]


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _mailboxes_match(expected: list[dict[str, Any]], got: tuple[Person, ...]) -> bool:
    if len(expected) > len(got):
        return False
    for want, person in zip(expected, got, strict=False):
        name, address = same(want.get("name")), same(want.get("address"))
        # One source repeats the address where there is no name.
        if address != person.address or (name != person.name and not (name == address and not person.name)):
            return False
    return True


def _attachment_matches(want: dict[str, Any], got: Any) -> bool:
    size_right = want.get("size") in {None, got.bytes}
    invented = re.fullmatch(
        r"noname\d+", want.get("filename") or ""
    )  # the source's own name for a part without one
    return (
        size_right and got.type == want["content_type"] and (bool(invented) or got.name == want["filename"])
    )


def _date_dict(text: str) -> dict[str, Any] | None:
    date = read_local_date(text)
    if date is None:
        return None
    offset = (
        int((date.utcoffset() or date.utcoffset()).total_seconds()) if date.utcoffset() is not None else 0
    )  # type: ignore[union-attr]
    return {"year": date.year, "month": date.month, "day": date.day, "hour": date.hour, "minute": date.minute,
            "second": date.second, "tz_before_gmt": offset < 0, "tz_hour": abs(offset) // 3600,
            "tz_minute": abs(offset) % 3600 // 60}  # fmt: skip


def mime() -> Score:
    return _score("mime, all read", "mime", lambda case: mime_right(case) or True)


def mime_fields() -> Score:
    return _score(
        "mime, every asserted field",
        "mime",
        mime_right,
        lambda case: not case["expected"].get("must_not_crash"),
    )


def _score(
    name: str, family: str, right: Callable[[Case], bool], wanted: Callable[[Case], bool] = lambda _case: True
) -> Score:
    score = Score(name)
    for case in cases(family):
        if wanted(case):
            try:
                verdict = right(case)
            except BotError:
                verdict = False
            score.add(case, verdict)
    return score


# --- automail ------------------------------------------------------------------------------------------------------------

CLASSES = {
    "bounce": {Kind.BOUNCE}, "auto_reply": {Kind.AUTO_REPLY}, "feedback": {Kind.FEEDBACK}, "human": {Kind.HUMAN},
    "receipt": {Kind.NOTIFICATION, Kind.AUTO_REPLY}, "notification": {Kind.NOTIFICATION, Kind.LIST},
}  # fmt: skip


def class_right(case: Case) -> bool:
    return read_mail(case["raw"]).kind in CLASSES[case["expected"]["class"]]


def bounce_right(case: Case) -> bool:
    """As many recipients as the source found, each with a readable address, and their statuses.

    Where a mail states no status the source makes one up (x.0.9nn): then the class (2, 4 or 5) has to be right.
    """
    wanted = case["expected"]["recipients"]
    found = read_mail(case["raw"]).bounce or ()
    if len(found) < len(wanted) or not all("@" in one.recipient for one in found):
        return False
    return _statuses_match([one["status"] for one in wanted], [one.status for one in found])


def _statuses_match(wanted: list[str], found: list[str]) -> bool:
    left = list(found)
    for status in sorted(wanted, key=lambda one: -len(one)):
        made_up = re.fullmatch(r"[245]\.0\.9\d\d", status)
        place = next((n for n, got in enumerate(left) if not status or (
            got[:1] == status[:1] if made_up else got == status)), None)  # fmt: skip
        if place is None:
            return False
        left.pop(place)
    return True


def automail_classes() -> Score:
    return _score("automail, class", "automail", class_right)


def automail_bounces() -> Score:
    return _score("automail, bounce recipient and status", "automail", bounce_right,
                  lambda case: case["expected"]["class"] == "bounce" and "recipients" in case["expected"])  # fmt: skip


ROBOTS = {Kind.AUTO_REPLY, Kind.BOUNCE, Kind.FEEDBACK}


def humans_taken_for_robots() -> Score:
    """Every reply, every MIME sample without a robot's mark, every ham mail: none may be taken for a robot."""
    score = Score("humans not taken for robots")
    for case in cases("reply"):
        raw = case.get("raw") or mail_around(case["input"].get("text", ""), html=case["input"].get("html"))
        score.add(case, read_mail(raw).kind is Kind.HUMAN)
    for case in cases("spam"):
        if case["expected"]["label"] == "ham":
            score.add(case, read_mail(case["raw"]).kind not in ROBOTS | {Kind.NOTIFICATION})
    for case in cases("mime"):
        read = read_mail(case["raw"])
        score.add(case, read.kind not in ROBOTS)
    return score


# --- headers -------------------------------------------------------------------------------------------------------------


def header_right(case: Case) -> bool:
    kind, text, expected = case["input"]["kind"], case["input"]["text"], case["expected"]
    field_name = {"mailbox": "From", "address": "To", "date": "Date", "content_type": "Content-Type"}.get(
        kind, "X-Case"
    )
    if kind == "mailbox":
        text = text.partition("   #")[0]
    raw = f"{field_name}: ".encode() + text.strip("\r\n").encode("utf-8", "surrogateescape") + b"\n\nbody\n"
    if kind == "mailbox":
        read = read_mail(raw)
        return (
            bool(read.sender and read.sender.address and "address_unreadable" not in read.flags)
            == expected["valid"]
        )
    if kind == "address":
        parsed = expected["parsed"]
        wanted = (
            parsed["List"]
            if "List" in parsed
            else [one for group in parsed["Group"] for one in group["addresses"]]
        )
        return [_person(one) for one in read_mail(raw).to] == wanted
    root = parse(prescan(raw)).root
    if kind == "date":
        return _date_dict(unfold(root.first("date") or b"")) == expected["parsed"]
    if kind == "content_type":
        got = read_parameters(root.first("content-type") or b"")
        parsed = expected["parsed"]
        if got is None or not got.type or parsed is None:
            return (got is None or not got.type) and parsed is None
        return (got.type, got.subtype or None) == (parsed["c_type"], parsed["c_subtype"]) and (
            dict(parsed.get("attributes") or []) == got.values)  # fmt: skip
    return True


def headers() -> Score:
    return _score("headers", "headers", header_right)


def headers_parsed() -> Score:
    return _score(
        "headers with an expected parse", "headers", header_right, lambda case: "parsed" in case["expected"]
    )


# --- calendar ------------------------------------------------------------------------------------------------------------


def calendar_right(case: Case) -> bool:
    """Valid files: every event read, no fault said. Invalid ones: faults said. No claim: it must not crash."""
    raw = (b"From: a@b.example\nSubject: x\nContent-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
           + base64.encodebytes(case["raw"]))  # fmt: skip
    read = read_mail(raw)
    assert read.calendar is not None
    if (valid := case["expected"].get("valid")) is not None:
        stated = len(re.findall(rb"(?im)^BEGIN:(?:VEVENT|VTODO)\s*$", case["raw"]))
        return (
            bool(read.calendar.errors)
            if not valid
            else len(read.calendar.events) == min(stated, 200) and not read.calendar.errors
        )
    return case["expected"].get("peer_name_says") != "malformed" or bool(read.calendar.errors)


def calendar() -> Score:
    return _score("calendar", "calendar", calendar_right)


def calendar_valid() -> Score:
    return _score(
        "calendar, valid files read",
        "calendar",
        calendar_right,
        lambda case: case["expected"].get("valid") is True,
    )


ALL: dict[str, Callable[[], Score | LineScore]] = {
    "forward": forward, "reply_plain": reply_plain, "reply_html": reply_html, "signature": signature, "mime": mime,
    "mime_fields": mime_fields, "automail_classes": automail_classes, "automail_bounces": automail_bounces,
    "humans": humans_taken_for_robots, "headers": headers, "headers_parsed": headers_parsed, "calendar": calendar,
    "calendar_valid": calendar_valid,
}  # fmt: skip


def main(names: list[str]) -> int:
    if corpora() is None:
        print("the corpora are not here; set UNDERSTUDY_CORPORA")
        return 1
    for name in names or ALL:
        began = time.perf_counter()
        print(ALL[name]())
        print(f"    {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

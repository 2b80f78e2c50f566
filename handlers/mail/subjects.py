"""Reads the prefix of a subject: is it a reply or a forward, in whose language."""

import re
from enum import Enum

from handlers.mail.phrases import FORWARD_PREFIXES, REPLY_PREFIXES, plain_form, visible_form

_PREFIX = re.compile(r"^\s*\[?([^\s:：\[\]][^:：\[\]]{0,17}?)(?:[\[(]\d{1,3}[\])])?\s?[:：]\]?\s*")
_FINNISH = re.compile(r"lähettäjä|vastaanottaja|kirjoitti", re.IGNORECASE)


class Subject(Enum):
    """What the prefix of a subject says about a mail."""

    FORWARD = "forward"
    REPLY = "reply"
    PLAIN = "plain"
    UNKNOWN = "unknown"


def subject_kind(subject: str, text: str = "") -> tuple[Subject, str]:
    """Read the first prefix of a subject ("WG:", "Re:", in any language): its kind, and the subject behind it.

    `text` is the mail's text: "VS:" forwards in Danish and Norwegian, and answers in Finnish.
    """
    line = " ".join(visible_form(subject[:1000]).split())
    if not line:
        return Subject.UNKNOWN, ""
    found = _PREFIX.match(line)
    if found:
        prefix = plain_form(found[1]).rstrip(".")
        if prefix == "vs" and _FINNISH.search(text[:20_000]):
            return Subject.REPLY, line[found.end() :]
        if prefix in FORWARD_PREFIXES or f"{prefix}." in FORWARD_PREFIXES:
            return Subject.FORWARD, line[found.end() :]
        if prefix in REPLY_PREFIXES:
            return Subject.REPLY, line[found.end() :]
    return Subject.PLAIN, line

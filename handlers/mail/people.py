"""Reads names and addresses as clients print them in a header block, which no RFC describes."""

import re

from bot.inbound import Person
from handlers.mail.header_blocks import LONGEST_VALUE
from handlers.mail.phrases import ON_BEHALF, visible_form

MOST_PEOPLE = 100
_LINKED = re.compile(r"[<\[](?:mailto|skype|sip|tel):([^<>\[\]]{0,400})[>\]]", re.IGNORECASE)
_ADDRESS = re.compile(r"^[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"]{1,190}$")
_BRACKETED = re.compile(r"<[ ]?([^<>]{3,320}?)[ ]?>|\(<?([^()<>]{3,320}?)>?\)")
_QUOTES = "\"'„“”‚‘’«»‹›` *_"


def people_of(value: str) -> tuple[Person, ...]:
    """Read a From, To or Cc value; a name without an address has the address "".

    Understands "Doe, John <a@b.c>; x@y.z", "John Doe [mailto:a@b.c]", "John<mailto:a@b.c>", "John (a@b.c)",
    quotes of any kind, and an address written as its own name.
    """
    value = _unlinked(visible_form(value[:LONGEST_VALUE]))
    lowered = value.casefold()
    for phrase in ON_BEHALF:
        at = lowered.find(phrase)
        if at > 0:
            value, lowered = value[:at], lowered[:at]
    people: list[Person] = []
    start = 0
    for found in _BRACKETED.finditer(value):
        address = (found[1] or found[2] or "").strip(" '\"")
        if not _ADDRESS.match(address):
            continue
        *alone, name = _pieces(value[start : found.start()])
        people += alone
        people.append(_person(name.name, address))
        start = found.end()
        if len(people) >= MOST_PEOPLE:
            return tuple(people[:MOST_PEOPLE])
    rest = value[start:].strip(" ,;()")
    if rest:
        people += _rest(rest, any_address="@" in value)
    return tuple(people[:MOST_PEOPLE])


def _unlinked(value: str) -> str:
    """Outlook as plain text repeats each address as a link; the link alone stands for an address left out."""
    without = _LINKED.sub("", value)
    if "@" in without:
        return without
    return _LINKED.sub(r" <\1>", value)


def _pieces(text: str) -> list[Person]:
    """Bare addresses before a name; the last piece is the name itself, commas and all ("Doe, John")."""
    text = text.strip(" ,;")
    alone: list[Person] = []
    while True:
        head, mark, tail = text.partition(",")
        semi_head, semi, semi_tail = text.partition(";")
        if semi and len(semi_head) < len(head):
            head, mark, tail = semi_head, semi, semi_tail
        bare = head.strip(_QUOTES)
        if not mark or not (_ADDRESS.match(bare) or mark == ";"):
            break
        alone.append(_person("", bare) if "@" in bare else _person(bare, ""))
        text = tail.strip(" ,;")
    return [*alone, Person(text, "")]


def _rest(text: str, *, any_address: bool) -> list[Person]:
    parts = [part.strip() for part in re.split("[,;]" if any_address else ";", text) if part.strip(" ()<>")]
    people = []
    for part in parts:
        bare = part.strip(_QUOTES + "<>()")
        people.append(_person("", bare) if _ADDRESS.match(bare) else _person(part, ""))
    return people


def _person(name: str, address: str) -> Person:
    name = " ".join(name.strip(" ,;(").split())
    while name and name[0] in _QUOTES and name[-1] in _QUOTES and len(name) > 1:
        name = name[1:-1].strip()
    name = name.strip(" *_").lstrip(_QUOTES) if name.count('"') == 1 else name.strip(" *_")
    if name.casefold() == address.casefold():
        name = ""
    return Person(name, address)

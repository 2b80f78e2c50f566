"""Reading a routine's file: its head checked against topics, constants and slot sources, its text against its slots."""

import re
from collections.abc import Mapping
from datetime import timedelta
from string import Template

from prompts.heads import Head, Page, listed, nearest
from prompts.languages import languages
from prompts.links import clickable, host_of
from prompts.routines import (
    ANSWERING,
    KINDS,
    MODES,
    MOODS,
    SLOT_TYPES,
    SOURCES,
    Limits,
    RoutineCard,
    Slot,
    SlotError,
    shown,
)

_FACT = re.compile(r"fact\.[a-z][a-z0-9_]{0,39}\Z")


def read_routine(
    page: Page, name: str, *, topics: tuple[str, ...], constants: Mapping[str, str], hosts: tuple[str, ...]
) -> RoutineCard:
    """The routine in a file; problems are noted on the page's head."""
    head = page.head
    kind = head.choice("kind", "information", KINDS)
    words = head.words("words")
    mode = head.choice("mode", "ask", MODES)
    slots = _slots(head.inner("slots"), constants)
    body_hosts = tuple(host for link in clickable(page.body) if (host := host_of(link)))
    own_hosts = tuple(host_of(slot.value) for slot in slots if slot.type == "link" and slot.source == "value")
    routine = RoutineCard(
        name=name,
        title=head.text("title", name.replace("-", " ").capitalize(), longest=80),
        kind=kind,
        words=words,
        mode=mode,  # type: ignore[arg-type]  # choice() lets only MODES through
        undo=timedelta(minutes=head.number("undo_minutes", 10, low=0, high=24 * 60)),
        limits=_limits(head.inner("limits"), topics),
        slots=slots,
        body=page.body,
        subject=head.text("subject", longest=150) or None,
        language=head.choice("language", "", tuple(languages())),
        topics=_known(head, "topics", topics),
        links=tuple(dict.fromkeys((*hosts, *own_hosts, *body_hosts))),
    )
    if kind in ANSWERING and not words:
        head.complain(
            "words",
            "nothing would ever trigger it: `words` is missing",
            'Add words = ["…"], as your clients put it.',
        )
    if not page.body:
        head.problems.add(head.file, page.body_line, "it has no text", "Write the message below the head.")
    _check_slots(page, routine)
    head.closed()
    return routine


def _slots(head: Head, constants: Mapping[str, str]) -> tuple[Slot, ...]:
    return tuple(slot for name in head.table if (slot := _slot(head, name, constants)))


def _slot(slots: Head, name: str, constants: Mapping[str, str]) -> Slot | None:
    head = slots.inner(name)
    if not name.isidentifier() or not name.isascii():
        slots.complain(name, f"{name!r} cannot name a slot", "Use letters, digits and _.")
        return None
    kind = head.choice("type", "words", SLOT_TYPES)
    source, value = head.text("from"), head.text("value")
    head.closed()
    if bool(source) == bool(value):
        slots.complain(
            name,
            f"slot `{name}` needs a `from` or a `value`",
            f"Values come from: {listed(tuple(SOURCES))}, fact.…, constant.….",
        )
        return None
    if source.startswith("constant."):
        wanted = source.removeprefix("constant.")
        if wanted not in constants:
            slots.complain(
                name,
                f"there is no constant `{wanted}`",
                f"Add it to [constants] in house_rules.toml.{nearest(wanted, tuple(constants))}",
            )
            return None
        source, value = "", constants[wanted]
    if value:
        slot = Slot(name, kind, "value", value)  # type: ignore[arg-type]
        _check_value(slots, slot)
        return slot
    if not _FACT.match(source) and source not in SOURCES:
        slots.complain(
            name,
            f"slot `{name}` comes from {source!r}",
            f"Choose one of {listed(tuple(SOURCES))}, fact.… or constant.….{nearest(source, tuple(SOURCES))}",
        )
        return None
    if source in SOURCES and kind not in SOURCES[source]:
        slots.complain(
            name, f"slot `{name}`: {source} is no {kind}", f"Write type = {listed(SOURCES[source])}."
        )
        return None
    return Slot(name, kind, source)  # type: ignore[arg-type]


def _check_value(slots: Head, slot: Slot) -> None:
    hosts = (host_of(slot.value),) if slot.type == "link" else ()
    try:
        shown(slot, slot.value, hosts, languages()["en"])
    except SlotError as error:
        slots.complain(
            slot.name,
            str(error),
            "A link begins with https://; dates look like 2027-01-31; other values are one plain line.",
        )


def _check_slots(page: Page, routine: RoutineCard) -> None:
    template, head = Template(page.body), page.head
    if not template.is_valid():
        head.problems.add(
            head.file, page.body_line, "a $ in the text belongs to no slot", "Write $$ for a dollar sign."
        )
        return
    used, declared = set(template.get_identifiers()), {slot.name for slot in routine.slots}
    broken = set(head.table.get("slots") or ()) - declared  # complained about already
    for name in sorted(used - declared - broken):
        line = page.line_of(f"${name}")
        cure = f"Declare it in [slots], or write $$ for a dollar sign.{nearest(name, tuple(declared))}"
        head.problems.add(head.file, line, f"the text uses ${name}, which is no slot", cure)
    for name in sorted(declared - used):
        head.complain(
            name,
            f"slot `{name}` is not used in the text",
            f"Write ${name} where it belongs, or delete the slot.",
        )


def _limits(head: Head, topics: tuple[str, ...]) -> Limits:
    plain = Limits()
    not_when = head.words("not_when", plain.not_moods)
    for word in not_when:
        if word not in MOODS and word not in topics:
            known = MOODS + topics
            head.complain(
                "not_when",
                f"`not_when` has {word!r}, no mood and no topic",
                f"Known: {listed(known)}.{nearest(word, known)}",
            )
    limits = Limits(
        known_client_only=head.flag("known_client_only", default=plain.known_client_only),
        per_client_per_day=head.whole("max_per_client_per_day", plain.per_client_per_day, low=1, high=20),
        not_moods=tuple(word for word in not_when if word in MOODS),
        not_topics=tuple(word for word in not_when if word in topics),
        min_confidence=head.number("min_confidence", plain.min_confidence, low=0, high=1),
        first_contact_ok=head.flag("first_contact_ok", default=plain.first_contact_ok),
        max_asks=head.whole("max_asks", plain.max_asks, low=1, high=6),
    )
    head.closed()
    return limits


def _known(head: Head, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = head.words(key)
    for word in words:
        if word not in known:
            head.complain(
                key,
                f"{word!r} is no topic of this playbook",
                f"Topics stand in authority.toml: {listed(known)}.{nearest(word, known)}",
            )
    return tuple(word for word in words if word in known)

"""House rules: hours, thresholds, what always needs a person, what stays quiet; an empty file is a sensible house."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from types import MappingProxyType

from prompts.heads import Head, listed, nearest
from prompts.links import host_of, is_host

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WORD_KINDS = ("angry", "unhappy", "thanks", "urgent", "person", "judgment", "scheduling")
"""The lists of the [words] table; each adds to the built-in words of all languages."""


@dataclass(frozen=True)
class Span:
    """Open from `opens` to `closes`, the same day, in the business's zone."""

    opens: time
    closes: time


@dataclass(frozen=True)
class ClosedDays:
    """Closed from `first` to `last`, both included."""

    first: date
    last: date
    why: str = ""


@dataclass(frozen=True)
class Quiet:
    """When nobody is mentioned: from `starts` to `ends` each day (over midnight if need be), and outside working days."""

    starts: time | None = None
    ends: time | None = None
    days_off: bool = True
    """No mention on days without opening hours, on holidays and closed days."""
    urgent_breaks: bool = True
    """An urgent inquiry mentions all the same."""


def _week() -> Mapping[int, tuple[Span, ...]]:
    day = (Span(time(9), time(17)),)
    return MappingProxyType({number: day if number < 5 else () for number in range(7)})


@dataclass(frozen=True)
class HouseRules:
    """The owner's own settings of judgment. Times of day are in the business's zone."""

    hours: Mapping[int, tuple[Span, ...]] = field(default_factory=_week)
    """Weekday (0 is Monday) to opening hours; an empty tuple is a closed day."""
    holidays: str = ""
    """Country, or country and region, whose public holidays count: "SE", "DE-BY"; "" for none."""
    closed: tuple[ClosedDays, ...] = ()
    digest_at: time = time(8)
    digest_rows: int = 5
    sure: float = 0.7
    """Below this confidence a person is asked."""
    always_person_words: tuple[str, ...] = ()
    always_person_topics: tuple[str, ...] = ()
    urgent_words: tuple[str, ...] = ()
    undo_after_send: timedelta = timedelta(0)
    """How long an approved reply waits before it leaves, so that Send can be undone."""
    quiet: Quiet = field(default_factory=Quiet)
    silent_senders: tuple[str, ...] = ()
    """Addresses, or "@domain", whose mail is filed without asking anybody; listed in the digest like all filed mail."""
    silent_subjects: tuple[str, ...] = ()
    """Phrases; a subject that holds one is filed in the same way."""
    links: tuple[str, ...] = ()
    """Hosts that may be linked to; their subdomains too."""
    holding: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language code to the owner's own sentence for "I have it and will come back to you"."""
    greetings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language code to a greeting with $name, where the built-in one is not the owner's."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What else counts as angry, as thanks …: kind (one of WORD_KINDS) to words."""
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The owner's fixed values for routine slots, such as booking_link."""


def read_house_rules(head: Head, *, languages: tuple[str, ...]) -> HouseRules:
    """The rules in house_rules.toml; problems are noted on the head, with defaults in their place."""
    plain = HouseRules()
    person, quiet = head.inner("always_person"), head.inner("quiet")
    rules = HouseRules(
        hours=_hours(head.inner("hours")),
        holidays=_holidays(head),
        closed=tuple(days for entry in head.each("closed") if (days := _closed(entry))),
        digest_at=head.clock("digest_at", plain.digest_at) or plain.digest_at,
        digest_rows=head.whole("digest_rows", plain.digest_rows, low=1, high=20),
        sure=head.number("sure", plain.sure, low=0, high=1),
        always_person_words=person.words("words"),
        always_person_topics=person.words("topics"),
        urgent_words=head.words("urgent_words"),
        undo_after_send=timedelta(minutes=head.number("undo_after_send_minutes", 0, low=0, high=24 * 60)),
        quiet=Quiet(
            starts=quiet.clock("from", None),
            ends=quiet.clock("to", None),
            days_off=quiet.flag("days_off", default=True),
            urgent_breaks=quiet.flag("urgent_breaks", default=True),
        ),
        silent_senders=tuple(sender.lower() for sender in head.words("silent_senders")),
        silent_subjects=head.words("silent_subjects"),
        links=_links(head),
        holding=_by_language(head.inner("holding"), languages),
        greetings=_by_language(head.inner("greetings"), languages),
        words=_words(head.inner("words")),
        constants=_constants(head.inner("constants")),
    )
    if (rules.quiet.starts is None) != (rules.quiet.ends is None):
        head.complain("quiet", "`quiet` has one end only", 'Give both: from = "19:00" and to = "08:00".')
    for sender in rules.silent_senders:
        if "@" not in sender:
            head.complain("silent_senders", f"{sender!r} is no address", 'Write "name@host" or "@host".')
    person.closed()
    quiet.closed()
    head.closed()
    return rules


def _hours(head: Head) -> Mapping[int, tuple[Span, ...]]:
    if not head.table:
        return _week()
    hours = {number: _spans(head, day) for number, day in enumerate(WEEKDAYS)}
    head.closed()
    return MappingProxyType(hours)


def _spans(head: Head, day: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    cure = f'Write it as {day} = ["09:00-12:00", "13:00-17:00"]; leave the day out when you are closed.'
    for text in head.words(day):
        opens, _, closes = text.partition("-")
        try:
            span = Span(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip()))
        except ValueError:
            head.complain(day, f"{text!r} is no span of hours", cure)
            continue
        if span.closes <= span.opens or (spans and span.opens < spans[-1].closes):
            head.complain(day, f"{text!r} ends before it begins, or overlaps the one before", cure)
            continue
        spans.append(span)
    return tuple(spans)


def _holidays(head: Head) -> str:
    code = head.text("holidays").upper()
    if code and not all(part.isalnum() and 1 < len(part) <= 6 for part in code.split("-", 1)):
        head.complain(
            "holidays",
            f"`holidays` is {code!r}",
            'Write a country code such as "SE", or with a region "DE-BY".',
        )
        return ""
    return code


def _closed(head: Head) -> ClosedDays | None:
    first, last, why = head.day("from"), head.day("to"), head.text("why")
    head.closed()
    if first is None:
        head.complain(
            "from", "closed days without a `from`", "Write it as from = 2027-07-12, with an optional to."
        )
        return None
    if last is not None and last < first:
        head.complain("to", "these closed days end before they begin", "Swap from and to.")
        return None
    return ClosedDays(first, last or first, why)


def _links(head: Head) -> tuple[str, ...]:
    hosts = []
    for link in head.words("links"):
        host = host_of(link) or link.lower().removeprefix("www.")
        if is_host(host):
            hosts.append(host)
        else:
            head.complain("links", f"{link!r} is no host name", 'Write it as links = ["example.com"].')
    return tuple(dict.fromkeys(hosts))


def _by_language(head: Head, languages: tuple[str, ...]) -> Mapping[str, str]:
    texts = {}
    for language in head.table:
        if language not in languages:
            head.taken.add(language)
            head.complain(
                language,
                f"{language!r} is no language we know",
                f"Known: {listed(languages)}.{nearest(language, languages)}",
            )
        elif text := head.text(language, longest=600):
            texts[language] = text
    return MappingProxyType(texts)


def _words(head: Head) -> Mapping[str, tuple[str, ...]]:
    words = {kind: head.words(kind) for kind in WORD_KINDS}
    head.closed()
    return MappingProxyType({kind: found for kind, found in words.items() if found})


def _constants(head: Head) -> Mapping[str, str]:
    return MappingProxyType({name: head.text(name) for name in head.table})

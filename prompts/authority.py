"""Authority: the topics of a business, and what bot, delegate and owner may each grant, by client tier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from prompts.heads import Head, listed, nearest

ANY_TIER = "any"
WHO = ("bot", "delegate", "owner")


@dataclass(frozen=True)
class Topic:
    """Something inquiries are about; delegates cover topics. `words` tell that a message touches it."""

    name: str
    title: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """How much of one thing (discount in percent, refund in EUR, days of delay) may be granted without asking further."""

    what: str
    topic: str
    unit: str = ""
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=lambda: MappingProxyType({}))
    """Tier (or "any") to who ("bot", "owner", "delegate", "delegate.<limit>") to the most they may grant."""


@dataclass(frozen=True)
class Authority:
    """Everything authority.toml says. Without a grant nobody but the owner may promise anything."""

    topics: tuple[Topic, ...] = ()
    tiers: tuple[str, ...] = ("standard",)
    grants: tuple[Grant, ...] = ()

    def most(self, what: str, *, who: str, tier: str, limit: str = "standard") -> Decimal | None:
        """The most that bot, delegate or owner may grant to a client of this tier; None: no limit (the owner's, if unsaid)."""
        grant = next((grant for grant in self.grants if grant.what == what), None)
        if grant is not None:
            amounts = {**grant.amounts.get(ANY_TIER, {}), **grant.amounts.get(tier, {})}
            for name in (f"{who}.{limit}", who):
                if name in amounts:
                    return amounts[name]
        return None if who == "owner" else Decimal(0)


DEFAULT_TOPICS = (
    Topic("scheduling", "Appointments and dates"),
    Topic("pricing", "Prices, discounts, quotes"),
    Topic("money", "Invoices, payments, refunds"),
    Topic("scope", "What the work includes"),
    Topic("complaint", "Something went wrong"),
    Topic("contract", "Agreements, cancellation, legal matters"),
)
"""The topics of a playbook that names none."""


def read_authority(head: Head) -> Authority:
    """What authority.toml says; problems are noted on the head."""
    topics = tuple(_topic(entry) for entry in head.each("topic")) or DEFAULT_TOPICS
    tiers = head.words("tiers", ("standard",))
    names = tuple(topic.name for topic in topics)
    for name in sorted({name for name in names if names.count(name) > 1}):
        head.complain("topic", f"topic {name!r} stands there twice", "Delete one.")
    grants = tuple(_grant(entry, names, tiers) for entry in head.each("grant"))
    head.closed()
    return Authority(topics, tiers, grants)


def _topic(head: Head) -> Topic:
    name = head.text("name", longest=40)
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        head.complain(
            "name", f"a topic is called {name!r}", 'Give it a short name in one word: name = "pricing".'
        )
    topic = Topic(name, head.text("title", longest=120), head.words("words"))
    head.closed()
    return topic


def _grant(head: Head, topics: tuple[str, ...], tiers: tuple[str, ...]) -> Grant:
    what, topic, unit = head.text("what", longest=40), head.text("topic"), head.text("unit", longest=20)
    if not what:
        head.complain("what", "a grant without `what`", 'Say what is granted: what = "discount".')
    if topic not in topics:
        head.complain(
            "topic", f"`topic` is {topic!r}", f"Choose one of {listed(topics)}.{nearest(topic, topics)}"
        )
    amounts: dict[str, Mapping[str, Decimal]] = {}
    for tier in head.table:
        if tier in ("what", "topic", "unit"):
            continue
        if tier != ANY_TIER and tier not in tiers:
            head.taken.add(tier)
            known = (ANY_TIER, *tiers)
            head.complain(
                tier,
                f"`{tier}` is no tier",
                f"Known: {listed(known)}; add others to `tiers`.{nearest(tier, known)}",
            )
            continue
        amounts[tier] = MappingProxyType(_amounts(head, tier))
    return Grant(what, topic, unit, MappingProxyType(amounts))


def _amounts(head: Head, tier: str) -> dict[str, Decimal]:
    inner = head.inner(tier)
    amounts: dict[str, Decimal] = {}
    for who, value in inner.table.items():
        if who == "delegate" and isinstance(value, dict):
            amounts |= {f"delegate.{limit}": _amount(inner, who, most) for limit, most in value.items()}
        elif who in WHO:
            amounts[who] = _amount(inner, who, value)
        else:
            inner.complain(
                who, f"`{who}` cannot grant anything", f"Choose one of {listed(WHO)}.{nearest(who, WHO)}"
            )
    return amounts


def _amount(head: Head, who: str, value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return Decimal(str(value))
    head.complain(who, f"`{who}` is {value!r}", "Give a number, 0 for nothing at all.")
    return Decimal(0)

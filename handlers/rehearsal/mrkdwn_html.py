"""Slack's mrkdwn as HTML, the way Slack shows it; everything from outside is escaped here, once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from handlers.rehearsal.emoji import EMOJI, shown


@dataclass(frozen=True)
class Names:
    """What ids are called, and in which zone times are read, for one viewer of the page."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    viewer: str = ""


_INLINE = re.compile(
    r"""
      `(?P<code>[^`\n]+)`
    | <(?P<angle>[^<>\n]+)>
    | (?P<url>https?://[^\s<>"|]+)
    | :(?P<emoji>[a-z0-9_+'-]{1,60})(?:::skin-tone-[2-6])?:
    | (?<![\w*])\*(?P<bold>[^\s*\n](?:[^*\n]*[^\s*\n])?)\*(?![\w*])
    | (?<![\w_])_(?P<italic>[^\s_\n](?:[^_\n]*[^\s_\n])?)_(?![\w_])
    | (?<![\w~])~(?P<strike>[^\s~\n](?:[^~\n]*[^\s~\n])?)~(?![\w~])
    """,
    re.VERBOSE,
)
_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_LIST_ITEM = re.compile(r"^(?P<indent>[ \t]*)(?P<mark>[•◦▪\-–]|\d{1,3}[.)]) +(?=\S)")
_DATE_TOKEN = re.compile(r"\{(\w+)\}")
_WRAPPED = {"bold": Markup("<b>{}</b>"), "italic": Markup("<i>{}</i>"), "strike": Markup("<s>{}</s>")}
_MAX_NESTING = 6


def mrkdwn(text: str, names: Names | None = None) -> Markup:
    """The HTML of one mrkdwn text: fences, quotes, lists and everything inside a line."""
    names = names or Names()
    out = Markup()
    for position, part in enumerate(_FENCE.split(text)):
        if position % 2:
            out += Markup('<pre class="fence">{}</pre>').format(_unescaped(part).strip("\n"))
        elif part:
            around = position > 0, position < len(_FENCE.findall(text)) * 2
            out += _lines(_without_edge_breaks(part, *around), names)
    return out


def plain(text: str, *, emoji: bool = True) -> Markup:
    """The HTML of a plain_text object: no formatting, line breaks kept, shortcodes drawn unless refused."""
    text = _unescaped(text)
    if emoji:
        text = re.sub(r":([a-z0-9_+'-]{1,60}):", lambda found: EMOJI.get(found[1], found[0]), text)
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def text_object(text: object, names: Names | None = None) -> Markup:
    """A composition text object ({"type": "mrkdwn" | "plain_text", ...}); a bare string counts as plain."""
    if isinstance(text, str):
        return plain(text)
    if not isinstance(text, Mapping):
        return Markup()
    words = str(text.get("text", ""))
    if text.get("type") == "mrkdwn":
        return mrkdwn(words, names)
    return plain(words, emoji=text.get("emoji") is not False)


def words_of(text: object) -> str:
    """The bare words of a text object, for attributes and labels."""
    return text_object(text).striptags()


def objects(value: object) -> list[Mapping[str, Any]]:
    """The JSON objects in what should be a list of them; nothing when it is something else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def safe_link(url: str) -> str | None:
    """The address when a page may link to it; None for javascript: and its kind."""
    scheme = urlsplit(url).scheme.lower() if url.isprintable() else ""
    return url if scheme in {"http", "https", "mailto", "tel", "slack"} else None


def when_shown(pattern: str, at: datetime, today: datetime) -> str:
    """Slack's {date_…} and {time…} tokens filled in; both times in the reader's zone."""
    days = (at.date() - today.date()).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days)
    year = "" if at.year == today.year else f", {at.year}"
    numeric, clock = f"{at:%Y-%m-%d}", f"{at:%H:%M}"
    short, middle = f"{at:%b} {at.day}{year}", f"{at:%B} {at.day}{year}"
    long = f"{at:%A}, {at:%B} {at.day}{year}"
    ago = "just now" if abs((at - today).total_seconds()) < 60 else f"{short}, {clock}"
    tokens = {
        "date_num": numeric, "date_slash": f"{at:%Y/%m/%d}", "date": middle, "date_short": short,
        "date_long": long, "date_pretty": near or middle, "date_short_pretty": near or short,
        "date_long_pretty": near or long, "date_long_full": f"{at:%A}, {at:%B} {at.day}, {at.year}",
        "time": clock, "time_secs": f"{at:%H:%M:%S}", "day_divider_pretty": near or long, "ago": ago,
    }  # fmt: skip
    filled = _DATE_TOKEN.sub(lambda found: tokens.get(found[1], found[0]), pattern)
    return filled[:1].upper() + filled[1:] if pattern.startswith("{") and near else filled


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _without_edge_breaks(part: str, after_fence: bool, before_fence: bool) -> str:
    if after_fence:
        part = part.removeprefix("\n")
    return part.removesuffix("\n") if before_fence else part


def _lines(text: str, names: Names) -> Markup:
    out: list[Markup] = []
    quoted: list[str] = []
    rest_is_quote = False
    lines = text.split("\n")
    for position, line in enumerate(lines):
        marked = line.replace("&gt;", ">", 3) if line.startswith(("&gt;", ">")) else line
        if rest_is_quote:
            quoted.append(line)
        elif marked.startswith(">>>"):
            rest_is_quote = True
            quoted.append(marked[3:].lstrip(" "))
        elif marked.startswith(">"):
            quoted.append(line.removeprefix("&gt;").removeprefix(">").removeprefix(" "))
        else:
            _close_quote(quoted, out, names)
            out.append(_line(line, names))
            if position + 1 < len(lines) and not lines[position + 1].startswith(("&gt;", ">")):
                out.append(Markup() if _LIST_ITEM.match(line) else Markup("<br>"))
    _close_quote(quoted, out, names)
    return Markup().join(out)


def _close_quote(quoted: list[str], out: list[Markup], names: Names) -> None:
    if quoted:
        body = Markup("<br>").join(_inline(line, names) for line in quoted)
        out.append(Markup("<blockquote>{}</blockquote>").format(body))
        quoted.clear()


def _line(line: str, names: Names) -> Markup:
    item = _LIST_ITEM.match(line)
    if item is None:
        return _inline(line, names)
    depth = min(len(item["indent"].replace("\t", "    ")) // 2, 4)
    return Markup('<span class="item item-{}"><span class="mark">{}</span> {}</span>').format(
        depth, item["mark"], _inline(line[item.end() :], names)
    )


def _inline(text: str, names: Names, depth: int = 0) -> Markup:
    out: list[Markup] = []
    seen = 0
    for found in _INLINE.finditer(text):
        drawn = _piece(found, names, depth)
        if drawn is None:
            continue
        out.append(escape(_unescaped(text[seen : found.start()])))
        out.append(drawn)
        seen = found.end()
    out.append(escape(_unescaped(text[seen:])))
    return Markup().join(out)


def _piece(found: re.Match[str], names: Names, depth: int) -> Markup | None:
    kind, words = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "code":
        return Markup("<code>{}</code>").format(_unescaped(words))
    if kind == "angle":
        return _angle(words, names)
    if kind == "url":
        tail = words[len(words.rstrip(".,;:!?)'*_~")) :]
        return link(_unescaped(words.removesuffix(tail)), "") + Markup("{}").format(tail)
    if kind == "emoji":
        return emoji(words) if words in EMOJI else None
    inside = _inline(words, names, depth + 1) if depth < _MAX_NESTING else escape(_unescaped(words))
    return _WRAPPED[kind].format(inside)


def _angle(inside: str, names: Names) -> Markup:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return user_mention(target[1:], names, label)
    if target.startswith("#"):
        return channel_mention(target[1:], names, label)
    if target.startswith("!date^"):
        return _date(target.split("^"), label, names)
    if target.startswith("!subteam^"):
        return Markup('<span class="mention">{}</span>').format(label or "@group")
    if target.startswith("!"):
        return Markup('<span class="mention here">@{}</span>').format(label or target[1:])
    if safe_link(_unescaped(target)) is None:
        return escape(_unescaped(f"<{inside}>"))
    return link(_unescaped(target), label)


def user_mention(user: str, names: Names, label: str = "") -> Markup:
    mine = " me" if user == names.viewer else ""
    name = names.users.get(user) or label.removeprefix("@") or user
    return Markup('<span class="mention{}" data-user="{}">@{}</span>').format(mine, user, name)


def channel_mention(channel: str, names: Names, label: str = "") -> Markup:
    name = names.channels.get(channel) or label or channel
    return Markup('<a class="mention" href="?channel={0}" data-channel="{0}">#{1}</a>').format(channel, name)


def emoji(name: str) -> Markup:
    return Markup('<span class="emoji" role="img" aria-label="{0}" title=":{0}:">{1}</span>').format(
        name, shown(name)
    )


def link(url: str, label: str) -> Markup:
    words = _unescaped(label) or url.removeprefix("mailto:")
    target = safe_link(url)
    if target is None:
        return escape(words)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(target, words)


def _date(parts: list[str], fallback: str, names: Names) -> Markup:
    try:
        at = datetime.fromtimestamp(int(parts[1]), names.zone)
        pattern = parts[2]
    except (IndexError, ValueError, OverflowError, OSError):
        return escape(fallback)
    words = when_shown(pattern, at, datetime.now(names.zone))
    drawn = Markup('<time datetime="{}">{}</time>').format(at.astimezone(UTC).isoformat(), words)
    if len(parts) > 3 and safe_link(parts[3]):
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(parts[3], drawn)
    return drawn

"""Slack's rich_text blocks as HTML: sections, lists, quotes, preformatted text and their parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from handlers.rehearsal.mrkdwn_html import (
    Names,
    channel_mention,
    emoji,
    link,
    objects,
    user_mention,
    when_shown,
)

Json = Mapping[str, Any]
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}
_MARKS = {"underline", "highlight", "client_highlight"}


def rich_text(block: Json, names: Names) -> Markup:
    """One rich_text block (or the value of a rich_text_input); parts we do not know are labelled, never dropped."""
    return Markup('<div class="rich">{}</div>').format(
        Markup().join(_element(element, names) for element in objects(block.get("elements")))
    )


def _element(element: Json, names: Names) -> Markup:
    inside = _parts(element, names)
    match element.get("type"):
        case "rich_text_section":
            return Markup("<p>{}</p>").format(inside)
        case "rich_text_quote":
            return Markup("<blockquote>{}</blockquote>").format(inside)
        case "rich_text_preformatted":
            return Markup('<pre class="fence">{}</pre>').format(inside)
        case "rich_text_list":
            return _list_of_sections(element, names)
        case other:
            return Markup('<p class="unknown-part">[{}]</p>').format(other)


def _list_of_sections(element: Json, names: Names) -> Markup:
    ordered = element.get("style") == "ordered"
    items = Markup().join(
        Markup("<li>{}</li>").format(_parts(item, names)) for item in objects(element.get("elements"))
    )
    start = int(element.get("offset") or 0) + 1
    indent = min(max(int(element.get("indent") or 0), 0), 8)
    if ordered:
        return Markup('<ol class="indent-{}" start="{}">{}</ol>').format(indent, start, items)
    return Markup('<ul class="indent-{}">{}</ul>').format(indent, items)


def _parts(element: Json, names: Names) -> Markup:
    return Markup().join(_part(part, names) for part in objects(element.get("elements")))


def _part(part: Json, names: Names) -> Markup:
    match part.get("type"):
        case "text":
            drawn = Markup("<br>").join(escape(line) for line in str(part.get("text", "")).split("\n"))
        case "link":
            drawn = link(str(part.get("url", "")), str(part.get("text") or ""))
        case "user":
            drawn = user_mention(str(part.get("user_id", "")), names)
        case "channel":
            drawn = channel_mention(str(part.get("channel_id", "")), names)
        case "emoji":
            drawn = emoji(str(part.get("name", "")))
        case "broadcast":
            drawn = Markup('<span class="mention here">@{}</span>').format(part.get("range", "here"))
        case "usergroup" | "team" as kind:
            drawn = Markup('<span class="mention">@{}</span>').format(part.get(f"{kind}_id", kind))
        case "date":
            drawn = _date(part, names)
        case "color":
            drawn = Markup("<code>{}</code>").format(part.get("value", ""))
        case other:
            drawn = Markup('<span class="unknown-part">[{}]</span>').format(other)
    return _styled(drawn, part.get("style"))


def _styled(drawn: Markup, style: object) -> Markup:
    if not isinstance(style, Mapping):
        return drawn
    for name, tag in _STYLES.items():
        if style.get(name):
            drawn = Markup("<{tag}>{drawn}</{tag}>").format(tag=tag, drawn=drawn)
    for name in sorted(_MARKS):
        if style.get(name):
            drawn = Markup('<span class="{}">{}</span>').format(name, drawn)
    return drawn


def _date(part: Json, names: Names) -> Markup:
    try:
        at = datetime.fromtimestamp(int(part["timestamp"]), names.zone)
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return escape(str(part.get("fallback", "")))
    words = when_shown(str(part.get("format", "{date}")), at, datetime.now(names.zone))
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), words)

"""Block Kit's pieces as we use them; text from outside goes into plain_text and rich_text, never into mrkdwn."""

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, NamedTuple

from handlers.slack import limits, words

Block = dict[str, Any]

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}\Z")


class Drawn(NamedTuple):
    """A message: the line for notifications, and its blocks."""

    text: str
    blocks: list[Block]


def fallback(*parts: str) -> str:
    """The notification's line, from texts that may come from outside."""
    return words.quoted(limits.clipped(words.one_line(" · ".join(p for p in parts if p)), limits.FALLBACK))


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """A text as it is, unfolded; at most SECTION, and not empty."""
    block: Block = {"type": "section", "text": plain(text), "expand": True}
    if accessory:
        block["accessory"] = accessory
    return block


def sections(text: str) -> list[Block]:
    """A text of any length, letter for letter. A part that is only white space would be refused: it joins the next."""
    parts: list[str] = []
    for part in limits.paged(text, limits.SECTION):
        if parts and (not part.strip() or not parts[-1].strip()) and limits.cost(parts[-1] + part) < 3_000:
            parts[-1] += part
        else:
            parts.append(part)
    return [section(part) for part in parts]


def context(*lines: str) -> Block:
    """Small grey lines."""
    return {"type": "context", "elements": [plain(line) for line in lines if line.strip()]}


def divider() -> Block:
    return {"type": "divider"}


def t(text: str, *styles: str) -> Block:
    """A piece of rich text: bold, italic, strike, code."""
    piece: Block = {"type": "text", "text": text}
    if styles:
        piece["style"] = dict.fromkeys(styles, True)
    return piece


def emoji(name: str) -> Block:
    return {"type": "emoji", "name": name}


def link(url: str, text: str) -> Block:
    """A link of ours; never an address from outside."""
    return {"type": "link", "url": url, "text": text}


def line(*pieces: Block) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": _filled(pieces)}


def bullets(items: Iterable[Block]) -> Block:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def quote(text: str) -> Block:
    return {"type": "rich_text_quote", "elements": [t(text)]}


def rich(*parts: Block) -> Block:
    """Rich text; paragraphs that follow each other get a line break, without which Slack runs them together."""
    elements: list[Block] = []
    for part, following in zip_longest(parts, parts[1:]):
        runs_on = following and part["type"] == following["type"] == "rich_text_section"
        elements.append({**part, "elements": [*part["elements"], t("\n")]} if runs_on else part)
    return {"type": "rich_text", "elements": elements}


def mentioning(slack_id: str, rest: str) -> Block:
    """The one place that pings: a person's id from the settings, and words of ours."""
    if not _SLACK_ID.match(slack_id):
        return section(rest or "–")
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"<@{slack_id}> {rest}".rstrip(), "verbatim": True},
    }


def button(label: str, action_id: str, value: str, *, style: str = "", confirm: Block | None = None) -> Block:
    piece: Block = {"type": "button", "text": plain(label), "action_id": action_id, "value": value}
    if style:
        piece["style"] = style
    if confirm:
        piece["confirm"] = confirm
    return piece


def option(label: str, value: str) -> Block:
    return {"text": plain(limits.clipped(words.one_line(label), limits.OPTION_TEXT) or "–"), "value": value}


def overflow(action_id: str, *options: Block) -> Block:
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def actions(*elements: Block, block_id: str = "") -> Block:
    """A row of elements; without a block id Slack gives it one, so that the row may stand there twice."""
    named = {"block_id": block_id} if block_id else {}
    return {"type": "actions", **named, "elements": list(elements)}


def _filled(pieces: Iterable[Block]) -> list[Block]:
    return [p for p in pieces if p["type"] != "text" or p["text"]]

"""Slack's markup as the plain text a person sees: mentions, channels, links and entities spelled out."""

import re
from collections.abc import Mapping
from typing import Any

_ANGLE = re.compile(r"<([^<>\n]*)>")
_USER = re.compile(r"@([UW][A-Z0-9]+)")


def unmarked(text: str, names: Mapping[str, str]) -> str:
    """The text without markup. `names` maps user ids to names; an unknown id stays as it is."""
    text = _ANGLE.sub(lambda found: _spelled(found.group(1), names), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned(text: str) -> frozenset[str]:
    """The ids of the people mentioned without a name of their own in the text."""
    insides = (found.group(1) for found in _ANGLE.finditer(text))
    return frozenset(who.group(1) for inside in insides if (who := _USER.fullmatch(inside)))


def from_blocks(blocks: object) -> str:
    """What stands in a message's blocks, for messages that have no text of their own."""
    return "\n".join(line for line in _texts(blocks) if line.strip())


def _spelled(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return "@" + (label or names.get(target[1:], "") or target[1:])
        case "#":
            return "#" + (label or target[1:])
        case "!":
            return label or "@" + target[1:].partition("^")[0]
        case _:
            return _link(target, label)


def _link(target: str, label: str) -> str:
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    if label in {bare, target, target.removeprefix("https://"), target.removeprefix("http://")}:
        return label
    return f"{label} ({bare})" if label else bare


def _texts(part: object) -> list[str]:
    if isinstance(part, list):
        return [line for item in part for line in _texts(item)]
    if not isinstance(part, dict):
        return []
    kind = part.get("type")
    if isinstance(kind, str) and kind.startswith("rich_text_") and kind != "rich_text_list":
        return ["".join(_piece(piece) for piece in _pieces(part))]
    text = part.get("text")
    own = [text] if isinstance(text, str) else []
    return own + [
        line for value in part.values() if isinstance(value, (list, dict)) for line in _texts(value)
    ]


def _pieces(part: dict[str, Any]) -> list[dict[str, Any]]:
    elements = part.get("elements")
    return [piece for piece in elements if isinstance(piece, dict)] if isinstance(elements, list) else []


def _piece(piece: dict[str, Any]) -> str:
    match piece.get("type"):
        case "user":
            return f"<@{piece.get('user_id', '')}>"
        case "emoji":
            return f":{piece.get('name', '')}:"
        case "link":
            return str(piece.get("text") or piece.get("url") or "")
        case _:
            return str(piece.get("text") or "")

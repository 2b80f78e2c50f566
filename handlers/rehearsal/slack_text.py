"""What a person types becomes what Slack stores: escaped text with links, and the same as rich text."""

from __future__ import annotations

import re
from collections.abc import Callable

from handlers.rehearsal.slack_model import Json

_KEEP = re.compile(r"<(?:@[UW][A-Z0-9]+|#[CG][A-Z0-9]+(?:\|[^>\n]*)?|!(?:here|channel|everyone))>")
_URL = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?'\")\]}]")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"(?<![\w@/])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_ROOM = re.compile(r"(?<![\w#&/])#([a-z0-9][a-z0-9_-]*)", re.IGNORECASE)
_TOKEN = re.compile(r"<([^<>\n]+)>|:([a-z0-9_+'-]+):", re.IGNORECASE)
_STYLED = re.compile(
    r"(?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])|(?<![\w_])_(?P<italic>\S(?:[^_\n]*\S)?)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>\S(?:[^~\n]*\S)?)~(?![\w~])|`(?P<code>[^`\n]+)`"
)

Lookup = Callable[[str], str | None]
"""A handle or channel name to its id, or None."""


def escape(text: str) -> str:
    """The three characters Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def stored_text(typed: str, person: Lookup, room: Lookup) -> str:
    """Typed words as Slack stores them.

    & < > are escaped; @name, #channel, @here, web and mail addresses become Slack's links; ids already written as
    links (<@U…>) stay.
    """
    kept: list[str] = []

    def keep(link: str) -> str:
        kept.append(link)
        return f"\x00{len(kept) - 1}\x00"

    def name(found: re.Match[str]) -> str:
        handle = found[1].rstrip(".-_")
        rest = found[1][len(handle) :]
        if handle.lower() in {"here", "channel", "everyone"}:
            return keep(f"<!{handle.lower()}>") + rest
        user = person(handle)
        return found[0] if user is None else keep(f"<@{user}>") + rest

    def channel(found: re.Match[str]) -> str:
        there = room(found[1])
        return found[0] if there is None else keep(f"<#{there}|{found[1].lower()}>")

    text = typed.replace("\x00", "").replace("\r\n", "\n")
    text = _KEEP.sub(lambda m: keep(m[0]), text)
    text = _URL.sub(lambda m: keep(f"<{escape(m[0])}>"), text)
    text = _MAIL.sub(lambda m: keep(f"<mailto:{m[0]}|{m[0]}>"), text)
    text = _NAME.sub(name, text)
    text = _ROOM.sub(channel, text)
    return re.sub("\x00(\\d+)\x00", lambda m: kept[int(m[1])], escape(text))


def mentions(text: str) -> list[str]:
    """The user ids mentioned in a stored text, in order."""
    return re.findall(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", text)


def rich_text(text: str, block_id: str) -> Json:
    """A stored text as the rich_text block Slack's own client would have sent with it."""
    sections: list[Json] = []
    running: list[Json] = []

    def close() -> None:
        if running:
            sections.append({"type": "rich_text_section", "elements": running.copy()})
            running.clear()

    for number, piece in enumerate(text.split("```")):
        if number % 2:
            close()
            code = [{"type": "text", "text": unescape(piece.strip("\n"))}]
            sections.append({"type": "rich_text_preformatted", "elements": code, "border": 0})
            continue
        quoted: list[str] = []
        for line in piece.splitlines(keepends=True):
            if line.startswith(("&gt;", ">")):
                quoted.append(line.removeprefix("&gt;").removeprefix(">").lstrip(" "))
                continue
            if quoted:
                close()
                sections.append(
                    {"type": "rich_text_quote", "elements": _inline("".join(quoted).rstrip("\n"))}
                )
                quoted = []
            running.extend(_inline(line))
        if quoted:
            close()
            sections.append({"type": "rich_text_quote", "elements": _inline("".join(quoted).rstrip("\n"))})
    close()
    return {"type": "rich_text", "block_id": block_id, "elements": sections}


def _inline(text: str, style: Json | None = None) -> list[Json]:
    parts: list[Json] = []
    at = 0
    for found in _STYLED.finditer(text):
        parts += _plain(text[at : found.start()], style)
        kind = found.lastgroup or "code"
        parts += _plain(found[kind], {**(style or {}), kind: True})
        at = found.end()
    return parts + _plain(text[at:], style)


def _plain(text: str, style: Json | None) -> list[Json]:
    parts: list[Json] = []
    at = 0
    for found in _TOKEN.finditer(text):
        _add_text(parts, text[at : found.start()], style)
        parts.append(_link(found[1]) if found[1] else {"type": "emoji", "name": found[2]})
        at = found.end()
    _add_text(parts, text[at:], style)
    return parts


def _add_text(parts: list[Json], text: str, style: Json | None) -> None:
    if text:
        parts.append({"type": "text", "text": unescape(text)} | ({"style": style} if style else {}))


def _link(inside: str) -> Json:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:].split("^")[0]}
    link: Json = {"type": "link", "url": unescape(target)}
    return link | ({"text": unescape(label)} if label else {})


_BARE = re.compile(r"&(?!amp;|lt;|gt;)")


def posted_text(text: str) -> str:
    """Text that came over the API as Slack stores it: links it finds are wrapped, stray characters escaped."""
    parts: list[str] = []
    at = 0
    for found in re.finditer(r"<[^<>\n]+>", text):
        parts += [_autolink(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*parts, _autolink(text[at:])])


def _autolink(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for found in re.finditer(rf"(?P<url>{_URL.pattern})|(?P<mail>{_MAIL.pattern})", text):
        link = found["url"] or f"mailto:{found['mail']}|{found['mail']}"
        pieces += [_stray(text[at : found.start()]), f"<{_BARE.sub('&amp;', link)}>"]
        at = found.end()
    return "".join([*pieces, _stray(text[at:])])


def _stray(text: str) -> str:
    return _BARE.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")

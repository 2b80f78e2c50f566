"""Rich text: sections, lists, quotes and preformatted text, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.rehearsal.slack_shapes import (
    Shape,
    anything,
    array,
    by_type,
    integer,
    one_of,
    or_null,
    string,
    thing,
)

_style = thing({}, closed=False)


def _part(required: list[str], **fields: Shape) -> Shape:
    return thing({"style": or_null(_style), **fields}, required, closed=False)


_INLINE: Mapping[str, Shape] = {
    "text": _part(["text"], text=string()),
    "link": _part(["url"], url=string(), text=string()),
    "user": _part(["user_id"], user_id=string()),
    "usergroup": _part(["usergroup_id"], usergroup_id=string()),
    "channel": _part(["channel_id"], channel_id=string()),
    "team": _part(["team_id"], team_id=string()),
    "emoji": _part(["name"], name=string()),
    "date": _part(["timestamp"], timestamp=anything, format=string()),
    "broadcast": _part(["range"], range=one_of("here", "channel", "everyone")),
    "color": _part(["value"], value=string()),
}
_inline = array(by_type(_INLINE))
_section_of_text = thing({"elements": _inline}, ["elements"])
_framed = thing({"elements": _inline, "border": integer(0, 1), "language": string()}, ["elements"])
_RICH: Mapping[str, Shape] = {
    "rich_text_section": _section_of_text,
    "rich_text_preformatted": _framed,
    "rich_text_quote": _framed,
    "rich_text_list": thing(
        {
            "elements": array(by_type({"rich_text_section": _section_of_text})),
            "style": one_of("bullet", "ordered"),
            "indent": integer(0, 8),
            "border": integer(0, 1),
            "offset": integer(0),
        },
        ["elements"],
    ),
}
RICH_TEXT_ELEMENTS = array(by_type(_RICH))

"""Which blocks Slack accepts: one shape a block, and the rules over a whole message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handlers.rehearsal.slack_elements import (
    ELEMENTS,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    image_source,
    plain,
    slack_file,
    words,
)
from handlers.rehearsal.slack_ids import with_ids
from handlers.rehearsal.slack_limits import BLOCKS_TEXT, MESSAGE_BLOCKS
from handlers.rehearsal.slack_model import Json, SlackError
from handlers.rehearsal.slack_rich import RICH_TEXT_ELEMENTS
from handlers.rehearsal.slack_shapes import (
    Report,
    Shape,
    anything,
    array,
    boolean,
    by_type,
    complain,
    integer,
    number,
    one_of,
    or_null,
    string,
    thing,
)

block_id = string(255)


def _block(required: list[str], *, more: Shape | None = None, closed: bool = True, **fields: Shape) -> Shape:
    return thing({"block_id": or_null(block_id), **fields}, required, more=more, closed=closed)


def _text_or_fields(value: Any, at: str, report: Report) -> None:
    if value.get("text") is None and value.get("fields") is None:
        complain(report, "missing required field: text", at)


def _some_content(value: Any, at: str, report: Report) -> None:
    if all(value.get(name) is None for name in ("hero_image", "title", "actions", "body")):
        complain(report, "one of hero_image, title, actions or body is required", at)


def _container_last(value: Any, at: str, report: Report) -> None:
    if value.get("title") is None and value.get("rich_text_title") is None:
        complain(report, "missing required field: title", at)
    if value.get("is_collapsible") and value.get("has_header_divider") is not None:
        complain(report, "has_header_divider cannot be set when is_collapsible is true", at)


_image = by_type({"image": ELEMENTS["image"]})
_rich_text = _block(["elements"], elements=RICH_TEXT_ELEMENTS)
_cell = by_type(
    {
        "raw_text": thing({"text": string(low=1)}, ["text"]),
        "raw_number": thing({"value": number, "text": string(low=1)}, ["value"]),
        "rich_text": _rich_text,
    }
)
_column = thing({"align": one_of("left", "center", "right"), "is_wrapped": or_null(boolean)})
_card = _block(
    [],
    more=_some_content,
    hero_image=_image,
    icon=_image,
    title=words(150),
    subtitle=words(150),
    body=words(200),
    actions=array(by_type(ELEMENTS, only=("button", "overflow")), 5),
    slack_icon=anything,
)
_task = _block(
    ["task_id", "title"],
    task_id=string(low=1),
    title=string(low=1),
    details=by_type({"rich_text": _rich_text}),
    output=by_type({"rich_text": _rich_text}),
    sources=array(by_type({"url": ELEMENTS["url"]})),
    status=one_of("pending", "in_progress", "complete", "error"),
)

BLOCKS: dict[str, Shape] = {
    "section": _block(
        [],
        more=_text_or_fields,
        text=or_null(words(3000)),
        fields=or_null(array(words(2000), 10, 1)),
        accessory=by_type(ELEMENTS, only=IN_SECTION),
        expand=or_null(boolean),
    ),
    "divider": _block([]),
    "header": _block(["text"], text=plain(150), level=integer(1, 4)),
    "image": _block(
        ["alt_text"],
        more=image_source,
        image_url=or_null(string(3000, 1)),
        slack_file=or_null(slack_file),
        alt_text=string(2000),
        title=plain(2000),
        image_width=integer(),
        image_height=integer(),
        image_bytes=integer(),
        is_animated=boolean,
        fallback=string(),
    ),
    "actions": _block(["elements"], elements=array(by_type(ELEMENTS, only=IN_ACTIONS), 25, 1)),
    "context": _block(
        ["elements"],
        elements=array(
            by_type({"image": ELEMENTS["image"], "plain_text": words(3000), "mrkdwn": words(3000)}), 10, 1
        ),
    ),
    "context_actions": _block(
        ["elements"], elements=array(by_type(ELEMENTS, only=("feedback_buttons", "icon_button")), 5, 1)
    ),
    "input": _block(
        ["label", "element"],
        label=plain(2000),
        element=by_type(ELEMENTS, only=IN_INPUT),
        hint=or_null(plain(2000)),
        optional=or_null(boolean),
        dispatch_action=or_null(boolean),
    ),
    "file": _block(
        ["external_id", "source"],
        external_id=string(),
        source=one_of("remote"),
        file_id=string(),
        file=anything,
    ),
    "call": _block(["call_id"], closed=False, call_id=string()),
    "markdown": _block(["text"], text=string(12_000, 1)),
    "rich_text": _rich_text,
    "video": _block(
        ["alt_text", "title", "thumbnail_url", "video_url"],
        alt_text=string(),
        title=plain(199),
        title_url=string(3000),
        description=plain(199),
        video_url=string(3000),
        thumbnail_url=string(3000),
        author_name=string(49),
        provider_name=string(),
        provider_icon_url=string(3000),
    ),
    "table": _block(
        ["rows"], rows=array(array(_cell, 20, 1), 100, 1), column_settings=array(or_null(_column), 20)
    ),
    "alert": _block(
        ["text"], text=words(3000), level=one_of("default", "info", "warning", "error", "success")
    ),
    "card": _card,
    "carousel": _block(["elements"], elements=array(by_type({"card": _card}), 10, 1)),
    "task_card": _task,
    "plan": _block(["title"], title=string(low=1), tasks=array(by_type({"task_card": _task}))),
    "auth_provider": _block(
        ["value", "name", "is_connected"],
        value=string(150),
        name=plain(75),
        is_connected=boolean,
        description=plain(150),
        connected_identity=plain(75),
        connected_context=plain(75),
        icon_url=string(3000),
        auth_url=string(3000),
        disconnect_url=string(3000),
        accessory=by_type(ELEMENTS, only=("overflow",)),
        fallback=anything,
    ),
}
_children = array(by_type(BLOCKS), 10, 1)
BLOCKS["container"] = _block(
    ["child_blocks"],
    more=_container_last,
    title=or_null(plain(150)),
    rich_text_title=or_null(by_type({"rich_text": _rich_text})),
    subtitle=words(150),
    child_blocks=_children,
    width=one_of("narrow", "standard", "wide", "full"),
    icon=_image,
    is_collapsible=or_null(boolean),
    default_collapsed=or_null(boolean),
    has_header_divider=or_null(boolean),
)


def elements_of(block: Json) -> Iterator[tuple[str, Json]]:
    """Every element that has an action_id, with its place inside the block."""
    kind = block.get("type")
    if kind in {"actions", "context_actions"}:
        for number_, element in enumerate(block.get("elements") or []):
            yield f"/elements/{number_}", element
    if kind == "section" and isinstance(block.get("accessory"), dict):
        yield "/accessory", block["accessory"]
    if kind == "input" and isinstance(block.get("element"), dict):
        yield "/element", block["element"]
    if kind == "card":
        for number_, element in enumerate(block.get("actions") or []):
            yield f"/actions/{number_}", element
    for part, inside in (("child_blocks", block.get("child_blocks")), ("elements", block.get("elements"))):
        if kind in {"container", "carousel"} and isinstance(inside, list):
            for number_, child in enumerate(inside):
                for place, element in elements_of(child):
                    yield f"/{part}/{number_}{place}", element


def check_block(block: Any, at: str = "/blocks/0") -> Report:
    """What Slack has against one block; empty when nothing."""
    report: Report = []
    by_type(BLOCKS)(block, at, report)
    return report


def check_element(element: Any, at: str = "/element") -> Report:
    """What Slack has against one element or composition object; empty when nothing."""
    report: Report = []
    shapes = {**ELEMENTS, "raw_text": _cell, "raw_number": _cell, "plain_text": words(), "mrkdwn": words()}
    by_type(shapes)(element, at, report)
    return report


def check_blocks(blocks: Any, at: str = "/blocks", most: int = MESSAGE_BLOCKS) -> Report:
    """What Slack has against a list of blocks, duplicate ids included."""
    report: Report = []
    array(by_type(BLOCKS), most)(blocks, at, report)
    if report:
        return report
    seen: set[str] = set()
    for number_, block in enumerate(blocks):
        mine = block.get("block_id")
        if mine and mine in seen:
            complain(report, f"`block_id` {mine} already exists", f"{at}/{number_}/block_id")
        seen.add(mine or "")
        actions: set[str] = set()
        for place, element in elements_of(block):
            name = element.get("action_id")
            if name and name in actions:
                complain(
                    report,
                    f"`action_id` {name} already exists for this block",
                    f"{at}/{number_}{place}/action_id",
                )
            actions.add(name or "")
    return report


def text_in(value: Any) -> int:
    """How many characters of text a block tree holds."""
    if isinstance(value, list):
        return sum(text_in(entry) for entry in value)
    if isinstance(value, dict):
        own = value.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(
            text_in(e) for e in value.values() if not isinstance(e, str)
        )
    return 0


def accept_blocks(blocks: Any) -> list[Json]:
    """The blocks of a message as Slack stores them, with every id filled in.

    Raises SlackError invalid_blocks (with errors and response_metadata.messages) or msg_blocks_too_long.
    """
    report = check_blocks(blocks)
    if report:
        raise SlackError(
            "invalid_blocks",
            errors=report,
            response_metadata={"messages": [f"[ERROR] {line}" for line in report]},
        )
    if text_in(blocks) > BLOCKS_TEXT:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)

"""Which modals and App Home views Slack accepts."""

from __future__ import annotations

import copy
from typing import Any

from handlers.rehearsal.slack_blocks import check_blocks
from handlers.rehearsal.slack_elements import plain
from handlers.rehearsal.slack_ids import with_ids, write_out_defaults
from handlers.rehearsal.slack_limits import PRIVATE_METADATA, VIEW_BLOCKS
from handlers.rehearsal.slack_model import Json, SlackError
from handlers.rehearsal.slack_shapes import (
    Report,
    anything,
    boolean,
    complain,
    one_of,
    or_null,
    string,
    thing,
)

_READ_BACK = (
    "id", "team_id", "state", "hash", "root_view_id", "previous_view_id", "app_id", "app_installed_team_id", "bot_id",
)  # fmt: skip
"""What Slack itself adds to a view; it does not mind getting it back."""

_view = thing(
    {
        "type": one_of("modal", "home"),
        "title": or_null(plain(24)),
        "blocks": anything,
        "submit": or_null(plain(24)),
        "close": or_null(plain(24)),
        "private_metadata": or_null(string(PRIVATE_METADATA)),
        "callback_id": or_null(string(255)),
        "external_id": or_null(string(255)),
        "clear_on_close": or_null(boolean),
        "notify_on_close": or_null(boolean),
        "submit_disabled": or_null(boolean),
        **dict.fromkeys(_READ_BACK, anything),
    },
    ["type", "blocks"],
)


def check_view(view: Any, at: str = "/view") -> Report:
    """What Slack has against a view; empty when nothing."""
    report: Report = []
    _view(view, at, report)
    if report:
        return report
    report += check_blocks(view["blocks"], f"{at}/blocks", VIEW_BLOCKS)
    if report:
        return report
    if view["type"] == "modal":
        if view.get("title") is None:
            complain(report, "missing required field: title", at)
        if view.get("submit") is None and any(block.get("type") == "input" for block in view["blocks"]):
            complain(report, "submit is required when an input block is within the blocks array", at)
    return report


def accept_view(view: Any, *, kinds: tuple[str, ...] = ("modal",)) -> Json:
    """The view as Slack keeps it, with every id filled in.

    Raises SlackError invalid_arguments, with response_metadata.messages saying what is wrong and where.
    """
    report = check_view(view)
    if not report and view["type"] not in kinds:
        complain(report, f"must be one of: {', '.join(kinds)}", "/view/type")
    if report:
        raise SlackError(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] {line}" for line in report]}
        )
    kept = copy.deepcopy({name: value for name, value in view.items() if name not in _READ_BACK})
    write_out_defaults(kept)
    kept["blocks"] = with_ids(view["blocks"])
    return kept

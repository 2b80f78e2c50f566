"""Block Kit's elements and composition objects, with the limits Slack documents for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.rehearsal.slack_shapes import (
    Report,
    Shape,
    all_of,
    anything,
    array,
    boolean,
    by_type,
    complain,
    integer,
    one_of,
    or_null,
    string,
    thing,
)

_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"


def plain(high: int = 3000, low: int = 1) -> Shape:
    """A plain_text object."""
    return by_type({"plain_text": thing({"text": string(high, low), "emoji": or_null(boolean)}, ["text"])})


def words(high: int = 3000, low: int = 1) -> Shape:
    """A plain_text or mrkdwn object."""
    return by_type(
        {
            "plain_text": thing({"text": string(high, low), "emoji": or_null(boolean)}, ["text"]),
            "mrkdwn": thing({"text": string(high, low), "verbatim": or_null(boolean)}, ["text"]),
        }
    )


def _value_or_url(value: Any, at: str, report: Report) -> None:
    if value.get("value") is None and value.get("url") is None:
        complain(report, "missing required field: value", at)


option = thing(
    {"text": words(75), "value": string(150), "description": words(75), "url": string(3000)},
    ["text"],
    more=_value_or_url,
)
_option_group = thing({"label": plain(75), "options": array(option, 100)}, ["label", "options"])
confirm = thing(
    {
        "title": plain(100),
        "text": words(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": one_of("primary", "danger"),
    },
    ["title", "text", "confirm", "deny"],
)
_dispatch = thing({"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2, 1)})
_filter = thing(
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4, 1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
slack_file = thing({"id": string(), "url": string(3000)})
_feedback = thing(
    {"text": plain(75), "value": string(2000), "accessibility_label": string(75)}, ["text", "value"]
)

action_id = string(255)
_BASE: Mapping[str, Shape] = {"action_id": action_id}
_INPUT: Mapping[str, Shape] = {
    **_BASE,
    "placeholder": plain(150),
    "focus_on_load": or_null(boolean),
    "confirm": confirm,
}
_TYPED: Mapping[str, Shape] = {
    **_BASE,
    "placeholder": plain(150),
    "focus_on_load": or_null(boolean),
    "dispatch_action_config": _dispatch,
}


def _options_or_groups(value: Any, at: str, report: Report) -> None:
    options, groups = value.get("options"), value.get("option_groups")
    if options is None and groups is None:
        complain(report, "missing required field: options", at)
    elif options is not None and groups is not None:
        complain(report, "only one of options and option_groups may be given", at)


def _initial_known(value: Any, at: str, report: Report) -> None:
    """Slack refuses an initial option that is not among the options."""
    lists = [value.get("options") or []]
    lists += [g.get("options") or [] for g in value.get("option_groups") or [] if isinstance(g, dict)]
    known = {str(o.get("value")) for entries in lists for o in entries if isinstance(o, dict)}
    chosen = value.get("initial_options") or [value.get("initial_option")]
    for entry in chosen:
        if isinstance(entry, dict) and str(entry.get("value")) not in known:
            complain(report, "initial option must match one of the options", at)


def _select(multi: bool, more: Mapping[str, Shape], last: Shape | None = None) -> Shape:
    extra: dict[str, Shape] = {"max_selected_items": integer(1)} if multi else {}
    return thing({**_INPUT, **extra, **more}, more=last)


_STATIC: Mapping[str, Shape] = {
    "options": array(option, 100, 1),
    "option_groups": array(_option_group, 100, 1),
}
_static_last = all_of(_options_or_groups, _initial_known)
_ids = array(string())


def image_source(value: Any, at: str, report: Report) -> None:
    """An image needs an address or an uploaded file."""
    if value.get("image_url") is None and value.get("slack_file") is None:
        complain(report, "missing required field: image_url", at)


image = thing(
    {
        "image_url": or_null(string(3000, 1)),
        "alt_text": string(2000, 1),
        "slack_file": or_null(slack_file),
        "image_width": integer(),
        "image_height": integer(),
        "image_bytes": integer(),
        "fallback": anything,
    },
    ["alt_text"],
    more=image_source,
)

_button: Mapping[str, Shape] = {
    **_BASE,
    "text": plain(75),
    "url": string(3000),
    "value": string(2000),
    "style": one_of("primary", "danger"),
    "confirm": confirm,
    "accessibility_label": string(75),
    "agent_prompt": string(4000),
}

ELEMENTS: Mapping[str, Shape] = {
    "button": thing(_button, ["text"]),
    "workflow_button": thing(
        {**_button, "workflow": thing({"trigger": anything}, ["trigger"])}, ["text", "workflow"]
    ),
    "icon_button": thing(
        {
            **_BASE,
            "icon": one_of("trash"),
            "text": plain(75),
            "value": string(2000),
            "confirm": confirm,
            "accessibility_label": string(75),
            "visible_to_user_ids": _ids,
        },
        ["icon", "text"],
    ),
    "feedback_buttons": thing(
        {**_BASE, "positive_button": _feedback, "negative_button": _feedback},
        ["positive_button", "negative_button"],
    ),
    "image": image,
    "checkboxes": thing(
        {**_INPUT, "options": array(option, 10, 1), "initial_options": array(option, 10, 1)},
        ["options"],
        more=_initial_known,
    ),
    "radio_buttons": thing(
        {**_INPUT, "options": array(option, 10, 1), "initial_option": option},
        ["options"],
        more=_initial_known,
    ),
    "overflow": thing({**_BASE, "options": array(option, 5, 1), "confirm": confirm}, ["options"]),
    "datepicker": thing(
        {**_INPUT, "initial_date": string(like=_DATE, also="must be in the format YYYY-MM-DD")}
    ),
    "timepicker": thing(
        {
            **_INPUT,
            "initial_time": string(like=_TIME, also="must be in the format HH:mm"),
            "timezone": string(),
        }
    ),
    "datetimepicker": thing({**_INPUT, "initial_date_time": integer(0, 9_999_999_999)}),
    "static_select": _select(False, {**_STATIC, "initial_option": option}, _static_last),
    "multi_static_select": _select(True, {**_STATIC, "initial_options": array(option, 100, 1)}, _static_last),
    "external_select": _select(False, {"initial_option": option, "min_query_length": integer()}),
    "multi_external_select": _select(
        True, {"initial_options": array(option, 100, 1), "min_query_length": integer()}
    ),
    "users_select": _select(False, {"initial_user": string()}),
    "multi_users_select": _select(True, {"initial_users": _ids}),
    "channels_select": _select(False, {"initial_channel": string(), "response_url_enabled": boolean}),
    "multi_channels_select": _select(True, {"initial_channels": _ids}),
    "conversations_select": _select(
        False,
        {
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _filter,
        },
    ),
    "multi_conversations_select": _select(
        True, {"initial_conversations": _ids, "default_to_current_conversation": boolean, "filter": _filter}
    ),
    "plain_text_input": thing(
        {
            **_TYPED,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        }
    ),
    "rich_text_input": thing(
        {**_TYPED, "initial_value": anything, "min_lines": integer(1), "max_lines": integer(1)}
    ),
    "email_text_input": thing({**_TYPED, "initial_value": string()}),
    "url_text_input": thing({**_TYPED, "initial_value": string(3000)}),
    "number_input": thing(
        {
            **_TYPED,
            "is_decimal_allowed": boolean,
            "initial_value": string(),
            "min_value": string(),
            "max_value": string(),
        },
        ["is_decimal_allowed"],
    ),
    "file_input": thing({**_BASE, "filetypes": array(string(), None, 1), "max_files": integer(1, 10)}),
    "url": thing({"url": string(3000), "text": string(), "icon_url": string(3000)}, ["url", "text"]),
}

SELECTS = frozenset(kind + "_select" for kind in ("static", "external", "users", "channels", "conversations"))
MULTI_SELECTS = frozenset("multi_" + kind for kind in SELECTS)
_PICKERS = {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
IN_ACTIONS = (
    SELECTS
    | MULTI_SELECTS
    | _PICKERS
    | {
        "button",
        "overflow",
        "datetimepicker",
        "workflow_button",
        "rich_text_input",
    }
)
IN_SECTION = (
    SELECTS
    | MULTI_SELECTS
    | _PICKERS
    | {"button", "overflow", "image", "workflow_button", "feedback_buttons"}
)
IN_INPUT = (
    SELECTS
    | MULTI_SELECTS
    | _PICKERS
    | {
        "datetimepicker",
        "plain_text_input",
        "rich_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "file_input",
    }
)

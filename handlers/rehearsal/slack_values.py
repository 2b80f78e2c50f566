"""What an element holds: its value as Slack writes it into actions and into state.values."""

from __future__ import annotations

from typing import Any

from handlers.rehearsal.slack_blocks import elements_of
from handlers.rehearsal.slack_model import Json, SlackError

_ONE = {
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
}
_MANY = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}
_OPTION = {"static_select", "external_select", "radio_buttons"}
_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
_NO_STATE = {"button", "overflow", "workflow_button", "feedback_buttons", "icon_button", "image"}


def find_element(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json]:
    """The block and the element with these ids; SlackError("no_such_element") when they are gone."""
    for block in blocks:
        for _, element in elements_of(block):
            if element.get("action_id") == action_id and _holds(block, block_id):
                return block, element
    raise SlackError("no_such_element")


def _holds(block: Json, block_id: str) -> bool:
    if block.get("block_id") == block_id:
        return True
    inside = [*(block.get("child_blocks") or []), *(block.get("elements") or [])]
    return any(isinstance(child, dict) and child.get("block_id") == block_id for child in inside)


def options_of(element: Json) -> list[Json]:
    """All options of an element, those in groups too."""
    grouped = [
        option for group in element.get("option_groups") or [] for option in group.get("options") or []
    ]
    return [*(element.get("options") or []), *grouped]


def _option(element: Json, chosen: Any) -> Json:
    if isinstance(chosen, dict):
        return chosen
    for option in options_of(element):
        if option.get("value") == chosen:
            return option
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(chosen), "emoji": True}, "value": str(chosen)}
    raise SlackError("no_such_option")


def state_value(element: Json, chosen: Any) -> Json:
    """What state.values says when this was chosen; None or nothing means: emptied."""
    kind = element["type"]
    if kind in _ONE:
        value: Any = chosen if chosen not in ("", None) else None
        if kind == "datetimepicker" and value is not None:
            value = int(value)
        return {"type": kind, _ONE[kind][0]: value}
    if kind in _MANY:
        return {"type": kind, _MANY[kind][0]: _listed(chosen)}
    if kind in _OPTION:
        return {"type": kind, "selected_option": None if chosen in (None, "") else _option(element, chosen)}
    if kind in _OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in _listed(chosen)]}
    if kind == "file_input":
        return {"type": kind, "files": _listed(chosen)}
    return {"type": kind}


def _listed(chosen: Any) -> list[Any]:
    if chosen in (None, ""):
        return []
    return list(chosen) if isinstance(chosen, list | tuple) else [chosen]


def initial_value(element: Json) -> Json:
    """What state.values says before anybody touched the element."""
    kind = element["type"]
    if kind in _ONE:
        return state_value(element, element.get(_ONE[kind][1]))
    if kind in _MANY:
        return state_value(element, element.get(_MANY[kind][1]))
    return state_value(element, element.get("initial_option") or element.get("initial_options"))


def current_values(blocks: list[Json], filled: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """state.values of these blocks: what was filled in, else what they began with."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for _, element in elements_of(block):
            if element["type"] in _NO_STATE:
                continue
            mine, action = block["block_id"], element["action_id"]
            held = filled.get(mine, {}).get(action)
            same = held is not None and held["type"] == element["type"]
            values.setdefault(mine, {})[action] = held if held and same else initial_value(element)
    return values


def action_json(block_id: str, element: Json, chosen: Any, ts: str) -> Json:
    """One entry of a block_actions payload's `actions`."""
    kind = element["type"]
    action: Json = {"type": kind, "action_id": element["action_id"], "block_id": block_id}
    if kind in {"button", "workflow_button", "icon_button"}:
        action |= {name: element[name] for name in ("text", "value", "style", "icon") if name in element}
    elif kind == "feedback_buttons":
        pressed = element["negative_button"] if chosen == "negative" else element["positive_button"]
        action |= {"text": pressed["text"], "value": pressed["value"]}
    elif kind == "overflow":
        action["selected_option"] = _option(element, chosen)
    else:
        action |= state_value(element, chosen)
        started = {name: element[name] for name in element if name.startswith("initial_")}
        action |= started | ({"placeholder": element["placeholder"]} if "placeholder" in element else {})
    return action | {"action_ts": ts}


def is_empty(value: Json) -> bool:
    """Nothing has been filled in."""
    return all(not held and held != 0 for name, held in value.items() if name != "type")


def missing_words(element: Json, value: Json) -> str:
    """What Slack's own client says about what was typed; empty when it is satisfied."""
    typed = value.get("value")
    if not isinstance(typed, str) or not typed:
        return ""
    low, high = element.get("min_length"), element.get("max_length")
    if element["type"] == "plain_text_input":
        if low is not None and len(typed) < low:
            return f"Enter at least {low} characters."
        if len(typed) > (high or 3000):
            return f"Enter at most {high or 3000} characters."
    if element["type"] == "email_text_input" and ("@" not in typed or "." not in typed.rpartition("@")[2]):
        return "Please enter a valid email address."
    if element["type"] == "url_text_input" and "://" not in typed:
        return "Please enter a valid URL."
    if element["type"] == "number_input":
        return _number_words(element, typed)
    return ""


def _number_words(element: Json, typed: str) -> str:
    try:
        number = float(typed)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != int(number):
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Enter at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Enter at most {element['max_value']}."
    return ""

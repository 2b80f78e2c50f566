"""What every drawn element needs: names, filled-in values, errors, and the hooks it is found by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from handlers.rehearsal.mrkdwn_html import Names, text_object

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Drawing:
    """What a block is drawn with: the names of ids, what has been filled in already, and what was wrong with it."""

    names: Names = field(default_factory=Names)
    values: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where an element stands: its block, whether using it tells the app at once, and the label it answers to."""

    block_id: str
    sends: bool
    label: str = ""
    required: bool = False


def control_id(block_id: str, action_id: str) -> str:
    """The HTML id of an element's control, for its label."""
    return "in-" + re.sub(r"\W+", "-", f"{block_id}-{action_id}")


def unknown(what: str, kind: object) -> Markup:
    """The labelled box for something newer than this page: never dropped, never guessed."""
    return Markup(
        '<div class="unknown" role="note" data-unknown="{0}">{1} of the kind <code>{0}</code></div>'
    ).format(kind, what)


def hooks(kind: str, item: Json, place: Place) -> Markup:
    """The attributes the page's script, and a test, find a control by."""
    action_id = str(item.get("action_id", ""))
    return Markup(' id="{}" data-kind="{}" data-block-id="{}" data-action-id="{}"{}{}').format(
        control_id(place.block_id, action_id),
        kind,
        place.block_id,
        action_id,
        Markup(' data-sends="{}"').format(_dispatch(item)) if place.sends else "",
        Markup(" autofocus") if item.get("focus_on_load") else "",
    )


def _dispatch(item: Json) -> str:
    config = item.get("dispatch_action_config")
    on = config.get("trigger_actions_on", []) if isinstance(config, Mapping) else []
    return "character" if "on_character_entered" in on else "yes"


def kept_value(item: Json, place: Place, drawing: Drawing) -> Json:
    """What the person has filled in here already, as Slack's state value; empty when nothing."""
    return drawing.values.get(place.block_id, {}).get(str(item.get("action_id", "")), {})


def described(option: Json, names: Names | None = None) -> Markup:
    """An option's second, smaller line, if it has one."""
    words = option.get("description")
    return (
        Markup('<small class="described">{}</small>').format(text_object(words, names)) if words else Markup()
    )


def attributes(**given: object) -> Markup:
    """HTML attributes; those that are None or empty are left out, True stands alone."""
    out = Markup()
    for name, value in given.items():
        if value is not None and value != "":
            out += Markup(' {}="{}"').format(escape(name.replace("_", "-")), "" if value is True else value)
    return out

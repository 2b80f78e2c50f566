"""Block Kit's interactive elements as HTML: buttons, menus, selects, pickers and inputs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from handlers.rehearsal.drawing import (
    Drawing,
    Json,
    Place,
    attributes,
    described,
    hooks,
    kept_value,
    unknown,
)
from handlers.rehearsal.mrkdwn_html import objects, plain, safe_link, text_object, words_of
from handlers.rehearsal.selects_html import choices, select

_ICONS = {"trash": "🗑️"}
_TEXT_INPUTS = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "rich_text_input": "text",
}
_PICKERS = {"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local"}


def element(item: Json, place: Place, drawing: Drawing) -> Markup:
    """One element with its confirmation dialog, if it has one; an unknown kind becomes a labelled box."""
    kind = str(item.get("type", ""))
    body = _drawn(kind, item, place, drawing)
    return Markup('<span class="el el-{}">{}{}</span>').format(
        kind, body, _confirmation(item.get("confirm"), drawing)
    )


def _drawn(kind: str, item: Json, place: Place, drawing: Drawing) -> Markup:
    if kind == "button":
        return _button(item, place)
    if kind == "overflow":
        return _overflow(item, place)
    if kind == "image":
        return picture(item, "el-picture")
    if kind in _TEXT_INPUTS:
        return _text_input(kind, item, place, drawing)
    if kind in _PICKERS:
        return _picker(kind, item, place, drawing)
    if kind in {"radio_buttons", "checkboxes"}:
        return choices(kind, item, place, drawing)
    if kind.endswith("_select"):
        return select(kind, item, place, drawing)
    if kind == "raw_text":
        return plain(str(item.get("text", "")), emoji=False)
    if kind == "feedback_buttons":
        return _feedback(item, place)
    if kind == "icon_button":
        words = words_of(item.get("text"))
        return Markup(
            '<button type="button" class="btn icon" title="{}" aria-label="{}"{}>{}</button>'
        ).format(words, words, hooks(kind, item, place), _ICONS.get(str(item.get("icon")), words))
    if kind == "workflow_button":
        return Markup(
            '<button type="button" class="btn" disabled title="Workflows run in Slack only">{}</button>'
        ).format(text_object(item.get("text")))
    if kind == "file_input":
        return Markup('<input type="file" class="field" aria-label="{}"{}>').format(
            place.label or "File", hooks(kind, item, place)
        )
    return unknown("An element", kind)


def _button(item: Json, place: Place) -> Markup:
    style = item.get("style") if item.get("style") in {"primary", "danger"} else "plain"
    label = item.get("accessibility_label")
    aria = Markup(' aria-label="{}"').format(label) if label else ""
    found_by = hooks("button", item, place) + aria
    url = safe_link(str(item.get("url", "")))
    if url:
        return Markup(
            '<a class="btn {}" href="{}" target="_blank" rel="noopener noreferrer"{}>{}</a>'
        ).format(style, url, found_by, text_object(item.get("text")))
    return Markup('<button type="button" class="btn {}"{}>{}</button>').format(
        style, found_by, text_object(item.get("text"))
    )


def _feedback(item: Json, place: Place) -> Markup:
    sides = []
    for side, sign in (("positive_button", "👍"), ("negative_button", "👎")):
        button = item.get(side)
        if isinstance(button, Mapping):
            words = words_of(button.get("text"))
            sides.append(
                Markup('<button type="button" class="btn icon" title="{0}" aria-label="{0}" value="{1}"{2}>{3}</button>')
                .format(words, side.removesuffix("_button"), hooks("feedback_buttons", item, place), sign)
            )  # fmt: skip
    return Markup().join(sides)


def _overflow(item: Json, place: Place) -> Markup:
    entries = Markup().join(
        Markup('<button type="button" role="menuitem" tabindex="-1" value="{}"{}>{}{}</button>').format(
            option.get("value", ""),
            Markup(' data-url="{}"').format(option["url"]) if safe_link(str(option.get("url", ""))) else "",
            text_object(option.get("text")),
            described(option),
        )
        for option in objects(item.get("options"))
    )
    return Markup(
        '<span class="menu"><button type="button" class="btn more" aria-haspopup="menu" aria-expanded="false" '
        'aria-label="More actions"{}><span aria-hidden="true">•••</span></button>'
        '<span class="menu-list" role="menu" hidden>{}</span></span>'
    ).format(hooks("overflow", item, place), entries)


def _text_input(kind: str, item: Json, place: Place, drawing: Drawing) -> Markup:
    kept = kept_value(item, place, drawing)
    value = (
        kept.get("value", item.get("initial_value", ""))
        if kind != "rich_text_input"
        else _rich_words(kept, item)
    )
    given = hooks(kind, item, place) + attributes(
        placeholder=words_of(item.get("placeholder")),
        minlength=item.get("min_length"),
        maxlength=item.get("max_length"),
        min=item.get("min_value"),
        max=item.get("max_value"),
        required=place.required or None,
        aria_label=None if place.label else words_of(item.get("placeholder")) or "Text",
    )
    if item.get("multiline") or kind == "rich_text_input":
        return Markup('<textarea class="field" rows="5"{}>\n{}</textarea>').format(given, value or "")
    step = Markup(' step="any"') if item.get("is_decimal_allowed") else ""
    return Markup('<input class="field" type="{}" value="{}"{}{}>').format(
        _TEXT_INPUTS[kind], "" if value is None else value, given, step
    )


def _picker(kind: str, item: Json, place: Place, drawing: Drawing) -> Markup:
    kept = kept_value(item, place, drawing)
    name = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}[kind]
    value = kept.get(f"selected_{name}", item.get(f"initial_{name}")) or ""
    if kind == "datetimepicker" and value:
        value = f"{datetime.fromtimestamp(int(value), drawing.names.zone):%Y-%m-%dT%H:%M}"
    label = place.label or words_of(item.get("placeholder")) or "Pick a " + _PICKERS[kind].split("-")[0]
    return Markup('<input class="field picker" type="{}" value="{}" aria-label="{}"{}{}>').format(
        _PICKERS[kind], value, label, hooks(kind, item, place), attributes(required=place.required or None)
    )


def _rich_words(kept: Json, item: Json) -> str:
    value = kept.get("rich_text_value") or item.get("initial_value") or {}
    parts = [part for element in objects(value.get("elements")) for part in objects(element.get("elements"))]
    return "".join(str(part.get("text") or part.get("url") or "") for part in parts)


def _confirmation(confirm: object, drawing: Drawing) -> Markup:
    if not isinstance(confirm, Mapping):
        return Markup()
    return Markup(
        '<template class="confirmation" data-style="{}"><h2>{}</h2><div class="text">{}</div>'
        '<button value="no">{}</button><button value="yes">{}</button></template>'
    ).format(
        confirm.get("style", "primary"),
        text_object(confirm.get("title")),
        text_object(confirm.get("text"), drawing.names),
        plain(words_of(confirm.get("deny")) or "Cancel"),
        plain(words_of(confirm.get("confirm")) or "Yes"),
    )


def picture(item: Json, shape: str) -> Markup:
    """An image element or block's picture: by public address, or one uploaded to the workspace."""
    file = item.get("slack_file")
    address = safe_link(str(item.get("image_url", "")))
    if isinstance(file, Mapping):
        address = f"/page/file/{file['id']}" if file.get("id") else safe_link(str(file.get("url", "")))
    alt = str(item.get("alt_text", ""))
    if not address:
        return Markup('<span class="{} no-picture">{}</span>').format(shape, alt or "picture")
    return Markup('<img class="{}" src="{}" alt="{}" loading="lazy" referrerpolicy="no-referrer">').format(
        shape, address, alt
    )

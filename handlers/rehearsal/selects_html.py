"""Block Kit's elements that choose from options, as HTML: selects, multi-selects, radio buttons, checkboxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from handlers.rehearsal.drawing import (
    Drawing,
    Json,
    Place,
    attributes,
    control_id,
    described,
    hooks,
    kept_value,
)
from handlers.rehearsal.mrkdwn_html import objects, text_object, words_of


def select(kind: str, item: Json, place: Place, drawing: Drawing) -> Markup:
    """Every kind of select: static, people, channels, conversations, external, each single or multi."""
    chosen = _chosen(item, place, drawing)
    label = place.label or words_of(item.get("placeholder")) or "Choose"
    source = kind.removeprefix("multi_").removesuffix("_select")
    if source == "external":
        return _external(kind, item, place, chosen, label)
    groups = _option_groups(source, item, drawing)
    if kind.startswith("multi_"):
        return _multi(kind, item, place, groups, chosen)
    options = Markup().join(_option_group(title, options, chosen) for title, options in groups)
    empty = Markup('<option value="">{}</option>').format(words_of(item.get("placeholder")) or "Choose…")
    return Markup('<select class="field select" aria-label="{}"{}{}>{}{}</select>').format(
        label, hooks(kind, item, place), attributes(required=place.required or None), empty, options
    )


def choices(kind: str, item: Json, place: Place, drawing: Drawing) -> Markup:
    """Radio buttons and checkboxes."""
    single = kind == "radio_buttons"
    chosen = _chosen(item, place, drawing)
    rows = Markup().join(
        Markup(
            '<label class="choice"><input type="{}" name="{}" value="{}"{}><span>{}{}</span></label>'
        ).format(
            "radio" if single else "checkbox",
            control_id(place.block_id, str(item.get("action_id", ""))),
            option.get("value", ""),
            Markup(" checked") if option.get("value") in chosen else "",
            text_object(option.get("text"), drawing.names),
            described(option, drawing.names),
        )
        for option in objects(item.get("options"))
    )
    return Markup('<fieldset class="choices" aria-label="{}"{}>{}</fieldset>').format(
        place.label or "Choose", hooks(kind, item, place), rows
    )


def _external(kind: str, item: Json, place: Place, chosen: Mapping[str, str], label: str) -> Markup:
    return Markup(
        '<span class="external"><input class="field" type="search" role="combobox" aria-expanded="false" '
        'autocomplete="off" aria-label="{}" placeholder="{}" value="{}" data-min="{}" data-chosen="{}"{}>'
        '<span class="menu-list" role="listbox" hidden></span></span>'
    ).format(
        label,
        words_of(item.get("placeholder")) or "Search…",
        ", ".join(chosen.values()),
        item.get("min_query_length", 3),
        " ".join(chosen),
        hooks(kind, item, place),
    )


def _multi(
    kind: str, item: Json, place: Place, groups: list[tuple[str, list[Json]]], chosen: Mapping[str, str]
) -> Markup:
    rows = Markup().join(
        Markup('<label class="choice"><input type="checkbox" value="{}"{}><span>{}</span></label>').format(
            option.get("value", ""),
            Markup(" checked") if option.get("value") in chosen else "",
            text_object(option.get("text")),
        )
        for _, options in groups
        for option in options
    )
    said = ", ".join(chosen.values()) or words_of(item.get("placeholder")) or "Choose…"
    return Markup(
        '<details class="multi" data-max="{}" aria-label="{}"{}><summary class="field select">{}</summary>'
        '<span class="multi-list">{}</span></details>'
    ).format(item.get("max_selected_items", ""), place.label or said, hooks(kind, item, place), said, rows)


def _option_groups(source: str, item: Json, drawing: Drawing) -> list[tuple[str, list[Json]]]:
    if source == "static":
        groups = [
            (words_of(g.get("label")), list(objects(g.get("options"))))
            for g in objects(item.get("option_groups"))
        ]
        return groups or [("", list(objects(item.get("options"))))]
    people: list[Json] = [{"text": f"@{name}", "value": key} for key, name in drawing.names.users.items()]
    places: list[Json] = [{"text": f"#{name}", "value": key} for key, name in drawing.names.channels.items()]
    return [("", {"users": people, "channels": places}.get(source, [*places, *people]))]


def _option_group(title: str, options: Iterable[Json], chosen: Mapping[str, str]) -> Markup:
    rows = Markup().join(
        Markup('<option value="{}"{}>{}</option>').format(
            option.get("value", ""),
            Markup(" selected") if option.get("value") in chosen else "",
            words_of(option.get("text")),
        )
        for option in options
    )
    return Markup('<optgroup label="{}">{}</optgroup>').format(title, rows) if title else rows


def _chosen(item: Json, place: Place, drawing: Drawing) -> dict[str, str]:
    """What is selected: value to words, from what was filled in, else from the element's own initial choice."""
    kept = kept_value(item, place, drawing)
    called = {**drawing.names.users, **drawing.names.channels}
    found: dict[str, str] = {}
    prefix = "selected_" if kept else "initial_"
    for name, value in (kept or item).items():
        if not name.startswith(prefix):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                found[str(one.get("value", ""))] = words_of(one.get("text"))
            elif one:
                found[str(one)] = called.get(str(one), str(one))
    return found

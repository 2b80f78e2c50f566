"""Block Kit blocks as HTML, as Slack draws them; a kind we do not know is drawn as a labelled box."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from markupsafe import Markup

from handlers.rehearsal.drawing import Drawing, Json, Place, control_id, unknown
from handlers.rehearsal.elements_html import element, picture
from handlers.rehearsal.mrkdwn_html import mrkdwn, objects, plain, safe_link, text_object, words_of
from handlers.rehearsal.rich_text_html import rich_text

# Order matters: single asterisks are italic in Markdown and bold in mrkdwn.
_MARKDOWN = (
    (re.compile(r"\[([^\]\n]{1,300})\]\(([^)\s]{1,2000})\)"), r"<\2|\1>"),
    (re.compile(r"(?<!\*)\*(?![*\s])([^*\n]{1,500})\*(?!\*)"), r"_\1_"),
    (re.compile(r"\*\*(\S[^*\n]{0,500})\*\*"), r"*\1*"),
    (re.compile(r"__(\S[^_\n]{0,500})__"), r"*\1*"),
    (re.compile(r"~~(\S[^~\n]{0,500})~~"), r"~\1~"),
    (re.compile(r"(?m)^#{1,6} +([^\n]{1,300})$"), r"*\1*"),
)


def blocks(items: object, drawing: Drawing | None = None) -> Markup:
    """The HTML of a message's or view's blocks, in order."""
    drawing = drawing or Drawing()
    return Markup().join(block(item, drawing) for item in objects(items))


def block(item: Json, drawing: Drawing) -> Markup:
    """One block in its frame, with the hooks a script or test finds it by."""
    kind = str(item.get("type", ""))
    draw = _KINDS.get(kind)
    body = draw(item, drawing) if draw else unknown("A block", kind)
    return Markup('<div class="block block-{}" data-block-id="{}">{}</div>').format(
        kind, item.get("block_id", ""), body
    )


def attachments(items: object, drawing: Drawing | None = None) -> Markup:
    """Legacy attachments: a coloured bar with blocks, or the old title, text and fields."""
    drawing = drawing or Drawing()
    out = Markup()
    for item in objects(items):
        body = blocks(item.get("blocks"), drawing) or _old_attachment(item, drawing)
        colour = re.sub(r"[^a-z]", "", str(item.get("color", "")).lower()) or "grey"
        out += Markup('<div class="attachment tint-{}">{}</div>').format(colour, body)
    return out


def _old_attachment(item: Json, drawing: Drawing) -> Markup:
    title = Markup("<b>{}</b><br>").format(plain(str(item["title"]))) if item.get("title") else Markup()
    words = mrkdwn(str(item.get("text") or item.get("fallback") or ""), drawing.names)
    fields = Markup().join(
        Markup('<div class="cell"><b>{}</b><br>{}</div>').format(
            plain(str(cell.get("title", ""))), mrkdwn(str(cell.get("value", "")), drawing.names)
        )
        for cell in objects(item.get("fields"))
    )
    return Markup('<div class="text">{}{}</div><div class="fields">{}</div>').format(title, words, fields)


def _section(item: Json, drawing: Drawing) -> Markup:
    text, cells, accessory = item.get("text"), objects(item.get("fields")), item.get("accessory")
    body = Markup('<div class="text">{}</div>').format(text_object(text, drawing.names)) if text else Markup()
    if cells:
        drawn = Markup().join(
            Markup('<div class="cell">{}</div>').format(text_object(cell, drawing.names)) for cell in cells
        )
        body += Markup('<div class="fields">{}</div>').format(drawn)
    if not isinstance(accessory, Mapping):
        return body
    return Markup('<div class="with-accessory"><div>{}</div><div class="accessory">{}</div></div>').format(
        body, element(accessory, Place(str(item.get("block_id", "")), sends=True), drawing)
    )


def _actions(item: Json, drawing: Drawing) -> Markup:
    place = Place(str(item.get("block_id", "")), sends=True)
    drawn = Markup().join(element(one, place, drawing) for one in objects(item.get("elements")))
    return Markup('<div class="actions" role="group" aria-label="Actions">{}</div>').format(drawn)


def _context(item: Json, drawing: Drawing) -> Markup:
    parts = Markup()
    for one in objects(item.get("elements")):
        if one.get("type") == "image":
            parts += picture(one, "context-picture")
        elif one.get("type") in {"mrkdwn", "plain_text"}:
            parts += Markup('<span class="context-text">{}</span>').format(text_object(one, drawing.names))
        else:
            parts += unknown("An element", one.get("type"))
    return Markup('<div class="context">{}</div>').format(parts)


def _input(item: Json, drawing: Drawing) -> Markup:
    block_id, inner = str(item.get("block_id", "")), item.get("element")
    inner = inner if isinstance(inner, Mapping) else {}
    label, optional, error = item.get("label"), bool(item.get("optional")), drawing.errors.get(block_id)
    place = Place(
        block_id, sends=bool(item.get("dispatch_action")), label=words_of(label), required=not optional
    )
    parts = Markup('<label class="label" for="{}">{}{}</label>').format(
        control_id(block_id, str(inner.get("action_id", ""))),
        text_object(label),
        Markup(' <span class="optional">(optional)</span>') if optional else "",
    )
    parts += element(inner, place, drawing)
    parts += Markup('<p class="error" role="alert" data-error-for="{}"{}>{}</p>').format(
        block_id, "" if error else Markup(" hidden"), error or ""
    )
    if item.get("hint"):
        parts += Markup('<p class="hint">{}</p>').format(text_object(item["hint"]))
    return Markup('<div class="input{}">{}</div>').format(" wrong" if error else "", parts)


def _image(item: Json, _: Drawing) -> Markup:
    title = item.get("title")
    caption = Markup("<figcaption>{}</figcaption>").format(text_object(title)) if title else Markup()
    return Markup("<figure>{}{}</figure>").format(caption, picture(item, "block-picture"))


def _table(item: Json, drawing: Drawing) -> Markup:
    settings = item.get("column_settings")
    settings = settings if isinstance(settings, list) else []
    rows = []
    for number, row in enumerate(item.get("rows") or []):
        cells = []
        for column, cell in enumerate(objects(row)):
            look = (
                settings[column] if column < len(settings) and isinstance(settings[column], Mapping) else {}
            )
            align = look.get("align") if look.get("align") in {"left", "center", "right"} else "left"
            inside = (
                rich_text(cell, drawing.names)
                if cell.get("type") == "rich_text"
                else plain(str(cell.get("text", "")))
            )
            cells.append(
                Markup('<{0} class="align-{1}">{2}</{0}>').format("td" if number else "th", align, inside)
            )
        rows.append(Markup("<tr>{}</tr>").format(Markup().join(cells)))
    return Markup('<div class="scroll"><table>{}</table></div>').format(Markup().join(rows))


def _video(item: Json, _: Drawing) -> Markup:
    title = text_object(item.get("title")) or plain(str(item.get("alt_text", "Video")))
    target = safe_link(str(item.get("title_url") or item.get("video_url") or ""))
    if target:
        title = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(target, title)
    credit = " · ".join(str(item[key]) for key in ("author_name", "provider_name") if item.get(key))
    thumb = picture(
        {"image_url": item.get("thumbnail_url", ""), "alt_text": item.get("alt_text", "")}, "block-picture"
    )
    return Markup("<figure><figcaption><small>{}</small> <b>{}</b> {}</figcaption>{}</figure>").format(
        credit, title, text_object(item.get("description")), thumb
    )


def _file(item: Json, _: Drawing) -> Markup:
    return Markup('<div class="slip">📎 Remote file <code>{}</code></div>').format(
        item.get("external_id", "")
    )


def _call(item: Json, _: Drawing) -> Markup:
    call = item.get("call")
    inner = call.get("v1", {}) if isinstance(call, Mapping) else {}
    return Markup('<div class="slip">📞 {}</div>').format(
        inner.get("name") or f"Call {item.get('call_id', '')}"
    )


def _markdown(item: Json, drawing: Drawing) -> Markup:
    """Standard Markdown, by way of mrkdwn: ** and headings become bold, [words](address) a link."""
    text = str(item.get("text", "")).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for standard, slack in _MARKDOWN:
        text = standard.sub(slack, text)
    return Markup('<div class="text">{}</div>').format(mrkdwn(text, drawing.names))


def _alert(item: Json, drawing: Drawing) -> Markup:
    level = re.sub(r"[^a-z]", "", str(item.get("level", "default")))
    return Markup('<div class="alert alert-{}" role="note">{}</div>').format(
        level, text_object(item.get("text"), drawing.names)
    )


def _card(item: Json, drawing: Drawing) -> Markup:
    hero, icon = item.get("hero_image"), item.get("icon")
    head = Markup().join(
        Markup('<div class="card-{}">{}</div>').format(part, text_object(item[part], drawing.names))
        for part in ("title", "subtitle", "body")
        if item.get(part)
    )
    actions = {"block_id": item.get("block_id", ""), "elements": item.get("actions")}
    return Markup('<div class="kit-card">{}{}<div>{}</div>{}</div>').format(
        picture(hero, "block-picture") if isinstance(hero, Mapping) else "",
        picture(icon, "card-icon") if isinstance(icon, Mapping) else "",
        head,
        _actions(actions, drawing) if item.get("actions") else "",
    )


def _carousel(item: Json, drawing: Drawing) -> Markup:
    return Markup('<div class="carousel" tabindex="0" role="group" aria-label="Cards">{}</div>').format(
        blocks(item.get("elements"), drawing)
    )


def _container(item: Json, drawing: Drawing) -> Markup:
    rich = item.get("rich_text_title")
    title = rich_text(rich, drawing.names) if isinstance(rich, Mapping) else text_object(item.get("title"))
    head = Markup("<b>{}</b> <small>{}</small>").format(
        title, text_object(item.get("subtitle"), drawing.names)
    )
    inside = blocks(item.get("child_blocks"), drawing)
    if not item.get("is_collapsible"):
        return Markup('<div class="kit-card">{}{}</div>').format(head, inside)
    state = "" if item.get("default_collapsed") else Markup(" open")
    return Markup('<details class="kit-card"{}><summary>{}</summary>{}</details>').format(state, head, inside)


def _task(item: Json, drawing: Drawing) -> Markup:
    sign = {"complete": "✅", "in_progress": "⏳", "error": "⚠️"}.get(str(item.get("status")), "▫️")
    rest = Markup().join(
        rich_text(item[part], drawing.names)
        for part in ("details", "output")
        if isinstance(item.get(part), Mapping)
    )
    return Markup('<div class="kit-card task"><b>{} {}</b>{}</div>').format(
        sign, plain(str(item.get("title", ""))), rest
    )


def _plan(item: Json, drawing: Drawing) -> Markup:
    tasks = Markup().join(_task(task, drawing) for task in objects(item.get("tasks")))
    return Markup('<div class="plan"><b>{}</b>{}</div>').format(text_object(item.get("title")), tasks)


_KINDS: dict[str, Callable[[Json, Drawing], Markup]] = {
    "section": _section,
    "actions": _actions,
    "context": _context,
    "context_actions": _actions,
    "divider": lambda _, __: Markup("<hr>"),
    "header": lambda item, _: Markup("<h3>{}</h3>").format(text_object(item.get("text"))),
    "image": _image,
    "input": _input,
    "rich_text": lambda item, drawing: rich_text(item, drawing.names),
    "markdown": _markdown,
    "table": _table,
    "video": _video,
    "file": _file,
    "call": _call,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "task_card": _task,
    "plan": _plan,
}

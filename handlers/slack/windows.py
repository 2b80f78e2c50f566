"""Windows (modals): the forms a press opens, a text to read page by page, and a plain no."""

from collections.abc import Callable

from bot.questions import Press, Window
from handlers.slack import blocks, buttons, ids, limits
from handlers.slack.blocks import Block, line, rich, t
from handlers.slack.reply_view import envelope_lines
from handlers.slack.values import Memory, Value
from handlers.slack.words import one_line, visible

_TITLE = {
    Press.EDIT: "Edit the reply",
    Press.REDO: "Write it again",
    Press.HAND_OVER: "Hand over",
    Press.LATER: "Later",
    Press.WRONG_PERSON: "Who wrote this?",
    Press.SEND: "Read, then send",
    Press.ORIGINAL: "The original",
    Press.SOURCES: "What it relies on",
    Press.SHOW_TEXT: "The exact text",
    Press.OPEN: "Filed message",
}
_SUBMIT = {
    Press.EDIT: "Send",
    Press.REDO: "Write again",
    Press.HAND_OVER: "Hand over",
    Press.LATER: "Ask me then",
    Press.WRONG_PERSON: "Correct it",
}
LATER_CHOICES = {
    "1h": "In an hour",
    "today": "Later today",
    "tomorrow": "Tomorrow morning",
    "monday": "On Monday",
}
_JOINTS = {"p": "\n\n", "n": "\n", "s": " ", "-": ""}


def form(window: Window, memory: Memory) -> Block:
    """The form for EDIT, REDO, HAND_OVER, LATER or WRONG_PERSON, filled with what it starts from."""
    inputs, memory = _INPUTS[window.press](window, memory)
    return {
        "type": "modal",
        "callback_id": ids.FORMS[window.press],
        "title": blocks.plain(_TITLE[window.press]),
        "submit": blocks.plain(_SUBMIT[window.press]),
        "close": blocks.plain("Cancel"),
        "private_metadata": memory.write(),
        "blocks": [*_about(window), *inputs],
    }


def has_form(press: Press) -> bool:
    return press in ids.FORMS


def reading(text: str, memory: Memory, *, title: str = "", put_back: int = 0) -> Block:
    """A text to look at, exactly as it is, one page at a time. `put_back`: the filed inquiry it belongs to."""
    page, count, shown = _page(text, memory)
    below = [*_turning(page, count), *(buttons.about([Press.PUT_BACK], put_back) if put_back else [])]
    return {
        "type": "modal",
        "callback_id": ids.PAGES,
        "title": blocks.plain(_TITLE.get(memory.press, "Text")),
        "close": blocks.plain("Close"),
        "private_metadata": memory.model_copy(update={"page": page}).write(),
        "blocks": [*_small(title), *shown, *below],
    }


def reading_to_send(window: Window, memory: Memory) -> Block:
    """The whole reply page by page; only the last page can be submitted, and that sends it."""
    page, count, shown = _page(window.body, memory)
    view: Block = {
        "type": "modal",
        "callback_id": ids.PAGED_SEND,
        "title": blocks.plain(_TITLE[Press.SEND]),
        "close": blocks.plain("Not now"),
        "private_metadata": memory.model_copy(update={"page": page}).write(),
        "blocks": [*(_about(window) if page == 0 else []), *shown, *_turning(page, count)],
    }
    if page == count - 1:
        view["submit"] = blocks.plain("Send")
    return view


def refusal(text: str, *, title: str = "") -> Block:
    """Why nothing was changed, in plain words; with a title of its own a plain answer of another kind."""
    return {
        "type": "modal",
        "callback_id": ids.PAGES,
        "title": blocks.plain(title or "Nothing was changed"),
        "close": blocks.plain("Close"),
        "private_metadata": "",
        "blocks": [blocks.section(limits.clipped(visible(text), limits.SECTION) or "This is not possible.")],
    }


def joined(parts: list[str], memory: Memory) -> str:
    """The text of several inputs as one, with what stood between them. Parts emptied by the person vanish."""
    text = ""
    for index, part in enumerate(parts):
        joint = _JOINTS.get(memory.joints[index - 1 : index], "\n\n") if index else ""
        text += (joint if text and part else "") + part
    return text


def parted(text: str) -> tuple[list[str], str]:
    """A long text for several inputs, and the signs of what stood between them."""
    parts: list[str] = []
    joints = ""
    for part in limits.paged(text, limits.INPUT):
        if parts:
            sign = next(s for s, mark in _JOINTS.items() if parts[-1].endswith(mark))
            parts[-1] = parts[-1].removesuffix(_JOINTS[sign])
            joints += sign
        parts.append(part)
    return parts or [""], joints


def _edit(window: Window, memory: Memory) -> tuple[list[Block], Memory]:
    parts, joints = parted(window.body)
    memory = memory.model_copy(update={"parts": len(parts), "joints": joints})
    inputs = []
    for index, part in enumerate(parts):
        label = "The reply" if len(parts) == 1 else f"The reply, part {index + 1} of {len(parts)}"
        inputs.append(_text_input(label, part, index=index, optional=index > 0))
    return inputs, memory


def _redo(window: Window, memory: Memory) -> tuple[list[Block], Memory]:
    hint = "For example: warmer, and offer Thursday instead"
    return [_text_input("What should change?", window.body[: limits.INPUT], placeholder=hint)], memory


def _wrong_person(window: Window, memory: Memory) -> tuple[list[Block], Memory]:
    start = window.body or (window.to[0] if window.to else "")
    hint = "Ana Pérez <ana@client.example>"
    return [_text_input("The right person", start, placeholder=hint, multiline=False)], memory


def _hand_over(window: Window, memory: Memory) -> tuple[list[Block], Memory]:
    if not window.choices:
        return [blocks.section("There is nobody else who may answer this.")], memory
    options = [blocks.option(name, name[: limits.OPTION_VALUE]) for name in window.choices[: limits.OPTIONS]]
    return [_choice("Who should answer?", options)], memory


def _later(_window: Window, memory: Memory) -> tuple[list[Block], Memory]:
    return [
        _choice("When should I ask again?", [blocks.option(n, v) for v, n in LATER_CHOICES.items()])
    ], memory


_INPUTS: dict[Press, Callable[[Window, Memory], tuple[list[Block], Memory]]] = {
    Press.EDIT: _edit,
    Press.REDO: _redo,
    Press.HAND_OVER: _hand_over,
    Press.LATER: _later,
    Press.WRONG_PERSON: _wrong_person,
}


def _text_input(
    label: str,
    start: str,
    *,
    index: int = 0,
    placeholder: str = "",
    multiline: bool = True,
    optional: bool = False,
) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": ids.ENTRY,
        "multiline": multiline,
        "max_length": limits.INPUT_MAX,
    }
    if start:
        element["initial_value"] = start
    if placeholder:
        element["placeholder"] = blocks.plain(placeholder)
    return {
        "type": "input",
        "block_id": f"{ids.INPUT}.{index}" if index else ids.INPUT,
        "label": blocks.plain(label),
        "element": element,
        "optional": optional,
    }


def _choice(label: str, options: list[Block]) -> Block:
    return {
        "type": "input",
        "block_id": ids.INPUT,
        "label": blocks.plain(label),
        "element": {
            "type": "static_select",
            "action_id": ids.ENTRY,
            "placeholder": blocks.plain("Choose"),
            "options": options,
        },
    }


def _about(window: Window) -> list[Block]:
    """What the form is about: the title, and to whom it would go."""
    lines = envelope_lines([("To: ", ", ".join(window.to)), ("Subject: ", window.subject)])
    wanted = window.press in {Press.EDIT, Press.SEND} and lines
    return [*_small(window.title), *([rich(*lines)] if wanted else [])]


def _small(text: str) -> list[Block]:
    text = limits.clipped(one_line(text), 300)
    return [rich(line(t(text, "bold")))] if text else []


def _page(text: str, memory: Memory) -> tuple[int, int, list[Block]]:
    pages = limits.paged(text, limits.PAGE_TEXT) or ("",)
    page = min(memory.page, len(pages) - 1)
    shown = blocks.sections(pages[page]) or [blocks.context("(empty)")]
    return page, len(pages), shown


def _turning(page: int, count: int) -> list[Block]:
    if count == 1:
        return []
    elements = []
    if page > 0:
        elements.append(blocks.button("Back", ids.PAGE_BACK, Value(subject=page - 1).write()))
    if page < count - 1:
        elements.append(blocks.button("Next page", ids.PAGE_ON, Value(subject=page + 1).write()))
    return [
        blocks.context(f"Page {page + 1} of {count}"),
        blocks.actions(*elements),
    ]

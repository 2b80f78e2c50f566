"""The names that views write and listeners read: action ids, callback ids, block ids. Posted cards keep them for ever."""

from bot.questions import Press

PRESSES: dict[Press, str] = {press: f"understudy.card.{press.value}" for press in Press}
"""A button's action id by what it does; its last part is the press."""

MORE = "understudy.card.more"
"""The overflow menu of a card; which press it is stands in the option's value."""

READ_THEN_SEND = "understudy.paged.send"
"""Send on a card whose reply is too long for it: opens the whole reply, page by page."""

FILED_MENU = "understudy.filed.more"
"""The overflow menu beside one filed message: open, put back."""

FILED_CHOICE = "understudy.filed.choose"
"""A list of filed messages to choose one from; it opens."""

PAGE_BACK = "understudy.page.back"
PAGE_ON = "understudy.page.on"

FORMS: dict[Press, str] = {
    press: f"understudy.form.{press.value}"
    for press in (Press.EDIT, Press.REDO, Press.HAND_OVER, Press.LATER, Press.WRONG_PERSON)
}
"""Callback id of the form that a press opens."""

PAGES = "understudy.pages"
"""Callback id of a window that only shows a text."""

PAGED_SEND = "understudy.pages.send"
"""Callback id of the window that shows a long reply; its last page sends."""

HOME = "understudy.home"

INPUT = "understudy.input"
"""Block id of a form's input; further parts of a long text are numbered: "understudy.input.1", …"""

ENTRY = "understudy.entry"
"""Action id of the element in an input block."""

BUTTONS = "understudy.buttons"
"""Block id of a post's row of buttons."""

METADATA_EVENT = "understudy_post"
"""event_type of the metadata on everything we post; its payload's `key` can be looked for."""


def press_of(action_id: str) -> Press | None:
    """What a button of ours means; None: an id we do not know (any more)."""
    return _BY_ID.get(action_id)


_BY_ID = {action_id: press for press, action_id in PRESSES.items()} | {READ_THEN_SEND: Press.SEND}

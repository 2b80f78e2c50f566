"""The buttons of a card by their exact names, in their order, carrying what was seen."""

from collections.abc import Iterable

from bot.questions import Press, Stamp
from handlers.slack import blocks, ids
from handlers.slack.blocks import Block
from handlers.slack.values import value_about, value_of

LABELS: dict[Press, str] = {
    Press.SEND: "Send",
    Press.EDIT: "Edit",
    Press.REDO: "Redo",
    Press.HAND_OVER: "Hand over",
    Press.LATER: "Later",
    Press.NO_REPLY: "No reply",
    Press.UNDO: "Undo",
    Press.SHOULD_HAVE_ASKED: "Should have asked me",
    Press.PUT_BACK: "Put back",
    Press.OPEN: "Open",
    Press.MARK_SENT: "It arrived, mark as sent",
    Press.SEND_AGAIN: "Send again, same Message-ID",
    Press.RETRY: "Try again",
    Press.LEAVE: "Leave it",
    Press.SHOW_TEXT: "Show exact text",
    Press.SOURCES: "Sources",
    Press.ORIGINAL: "Original mail",
    Press.WRONG_PERSON: "Wrong person",
}
"""Every press has a name; the order is the order on the card."""

IN_MENU = (Press.ORIGINAL, Press.WRONG_PERSON)
BESIDE_TEXT = (Press.SOURCES,)
"""Drawn beside the line it is about, not in the row."""

_TWICE = {
    "title": blocks.plain("Send it again?"),
    "text": blocks.plain("The client may receive it twice. It leaves with the same Message-ID and date."),
    "confirm": blocks.plain("Send again"),
    "deny": blocks.plain("Not now"),
}


def row(presses: Iterable[Press], stamp: Stamp, *, long: bool = False) -> list[Block]:
    """The row of buttons of a card, or nothing. `long`: Send first shows the whole reply."""
    wanted = frozenset(presses)
    value = value_of(stamp)
    elements = [
        _button(press, value, long=long)
        for press in LABELS
        if press in wanted and press not in IN_MENU and press not in BESIDE_TEXT
    ]
    menu = [press for press in IN_MENU if press in wanted]
    if len(menu) == 1:
        elements.append(_button(menu[0], value))
    elif menu:
        options = (blocks.option(LABELS[press], value_of(stamp, press=press)) for press in menu)
        elements.append(blocks.overflow(ids.MORE, *options))
    return [blocks.actions(*elements, block_id=ids.BUTTONS)] if elements else []


def beside(press: Press, stamp: Stamp) -> Block:
    return _button(press, value_of(stamp))


def about(presses: Iterable[Press], subject: int) -> list[Block]:
    """Buttons about a row that is no card: an outbox item, a filed message."""
    wanted = frozenset(presses)
    elements = [_button(press, value_about(subject)) for press in LABELS if press in wanted]
    return [blocks.actions(*elements, block_id=ids.BUTTONS)] if elements else []


def filed_menu(inquiry_id: int) -> Block:
    """Open and put back, beside one filed message."""
    options = (
        blocks.option(LABELS[p], value_about(inquiry_id, press=p)) for p in (Press.OPEN, Press.PUT_BACK)
    )
    return blocks.overflow(ids.FILED_MENU, *options)


def _button(press: Press, value: str, *, long: bool = False) -> Block:
    return blocks.button(
        LABELS[press],
        ids.READ_THEN_SEND if long and press is Press.SEND else ids.PRESSES[press],
        value,
        style="primary" if press is Press.SEND else "",
        confirm=_TWICE if press is Press.SEND_AGAIN else None,
    )

"""Every id that a Slack view writes is one that a listener reads, and the other way round."""

import json
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.people import Approver, People, Role
from bot.questions import (
    CardKind,
    CardLook,
    FiledLine,
    Handled,
    Page,
    Press,
    Proposal,
    Question,
    Reliance,
    Stamp,
    Window,
)
from handlers.slack import ids, windows
from handlers.slack.channels import ChannelByName
from handlers.slack.listeners import build_app
from handlers.slack.page_view import page
from handlers.slack.values import Memory, Value
from handlers.slack.views import draw
from handlers.slack.web_api import open_client

DECLARED = {
    *ids.PRESSES.values(),
    ids.MORE,
    ids.READ_THEN_SEND,
    ids.FILED_MENU,
    ids.FILED_CHOICE,
    ids.PAGE_BACK,
    ids.PAGE_ON,
}
WINDOWS = {*ids.FORMS.values(), ids.PAGED_SEND}


def found(value, field: str) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in found(item, field)}
    if isinstance(value, dict):
        own = {value[field]} if isinstance(value.get(field), str) else set()
        return own | {name for item in value.values() for name in found(item, field)}
    return set()


def everything_drawn() -> list:
    stamp = Stamp(1, 2, 3, "d")
    whole = Proposal("me", ("you",), (), "Re", "body")
    long = Proposal("me", ("you",), (), "Re", "body " * 20_000)
    memory = Memory(press=Press.ORIGINAL, value=Value(card=1), page=1)
    cards = [
        draw(
            Question(
                stamp,
                CardKind.REPLY,
                CardLook.OPEN,
                "t",
                proposal=p,
                presses=presses,
                relies_on=(Reliance("a", "b"),),
            )
        )
        for p in (whole, long)
        for presses in (tuple(Press), (Press.ORIGINAL,), (Press.WRONG_PERSON,))
    ]
    day = draw(
        Handled(1, "r", "w", "s", "b", ("t",), datetime(2026, 1, 1, tzinfo=UTC), "queued", tuple(Press))
    )
    filed = page(Page("t", filed=tuple(FiledLine(n, "w", "s", "y") for n in range(20))))
    forms = [windows.form(Window(press, stamp, "t", choices=("Dan",)), memory) for press in ids.FORMS]
    pages = [
        windows.reading("text " * 10_000, memory, put_back=1),
        windows.reading_to_send(Window(Press.SEND, stamp, "t", "x"), memory),
    ]
    return [*(list(drawn.blocks) for drawn in (*cards, day, filed)), *forms, *pages]


def test_every_declared_id_is_drawn_and_nothing_else():
    drawn = found(everything_drawn(), "action_id") - {ids.ENTRY}

    assert drawn == DECLARED


def test_every_form_is_drawn():
    assert found(everything_drawn(), "callback_id") - {ids.PAGES} == WINDOWS


async def test_every_declared_id_has_a_listener_of_its_own():
    async with open_client("xoxb-none", api="http://127.0.0.1:9/api/") as client:
        app = build_app(
            client, object(), People(Approver("O", Role.OWNER)), desk=ChannelByName(client, "#desk")
        )

    for action_id in DECLARED:
        kind = {"type": "block_actions", "actions": [{"action_id": action_id, "block_id": "b"}]}
        assert await _listener(app, kind) in {"press", "turn"}, action_id
    assert (
        await _listener(app, {"type": "block_actions", "actions": [{"action_id": "gone", "block_id": "b"}]})
        == "old_button"
    )
    for callback_id in WINDOWS:
        assert (
            await _listener(
                app, {"type": "view_submission", "view": {"type": "modal", "callback_id": callback_id}}
            )
            == "submit"
        )


async def _listener(app: AsyncApp, body: dict) -> str:
    """The name of the first listener that takes this payload."""
    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_bolt.response import BoltResponse

    request = AsyncBoltRequest(body=json.loads(json.dumps(body)), mode="socket_mode")
    for listener in app._async_listeners:
        if await listener.async_matches(req=request, resp=BoltResponse(status=200)):
            return listener.ack_function.__name__
    return ""

"""What the practice Slack's tests share: a running workspace, a real Bolt app on it, blocks to press."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from handlers.rehearsal.slack_limits import Timing
from handlers.rehearsal.slack_server import PracticeSlack, practice_slack

QUICK = Timing(retry_waits=(0.0, 0.0, 0.0))
"""Slack's three seconds to answer, without its minutes between repetitions."""
IMPATIENT = Timing(ack=0.3, retry_waits=(0.0, 0.0, 0.0))
"""For apps that are meant not to answer."""


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = 1_760_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def client_of(slack: PracticeSlack, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token or slack.app.bot_token, base_url=slack.api, retry_handlers=[])


def bolt_app(slack: PracticeSlack) -> AsyncApp:
    """The real Bolt, set as the product sets it; events nobody listens to are accepted."""
    return AsyncApp(
        client=client_of(slack), signing_secret=slack.app.signing_secret, process_before_response=True
    )


@asynccontextmanager
async def connected(slack: PracticeSlack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app on a live Socket Mode connection."""

    @app.event({"type": "message"})
    @app.event("app_mention")
    @app.event("member_joined_channel")
    async def accept() -> None:
        """Whatever else happens is fine."""

    handler = AsyncSocketModeHandler(app, slack.app.app_token, ping_interval=3)
    await handler.connect_async()
    await slack.workspace.delivery.sockets.connected(slack.app.id)
    try:
        yield handler
    finally:
        await handler.close_async()


def button(action_id: str = "send", value: str = "1", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(action_id), **more}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def card(*buttons: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        section("A card"),
        {"type": "actions", "block_id": "acts", "elements": list(buttons) or [button()]},
    ]


def text_input(block_id: str = "words", **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "typed"}
    return {"type": "input", "block_id": block_id, "label": plain("Words"), "element": element, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "window",
        "title": plain("A window"),
        "submit": plain("Go"),
        "blocks": list(blocks) or [text_input()],
        **more,
    }


def corpus(name: str) -> list[dict[str, Any]]:
    """The cases of a third-party corpus; skips where it is absent, fails where it is required."""
    root = Path(
        os.environ.get("UNDERSTUDY_CORPORA") or Path(__file__).parents[3] / ".." / "shared" / "corpora"
    )
    path = root / name / "cases.jsonl"
    if not path.exists():
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail(f"the corpus {name} is required and absent")
        pytest.skip(f"the corpus {name} is absent")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


__all__ = [
    "IMPATIENT", "QUICK", "Clock", "bolt_app", "button", "card", "client_of", "connected", "corpus", "modal", "plain",
    "practice_slack", "section", "text_input",
]  # fmt: skip

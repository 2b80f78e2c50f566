"""Everything Slack may tell us, and who listens; what nobody listens for gets a polite answer."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.people import People
from bot.ports import Door
from handlers.slack import ids, windows
from handlers.slack.answers import PrivateAnswers
from handlers.slack.channels import ChannelByName
from handlers.slack.commands import Commands
from handlers.slack.home import Home
from handlers.slack.identity import Ourselves
from handlers.slack.messages import Messages
from handlers.slack.presses import NOT_WRITTEN, OLD_BUTTON, Presses
from storage.turns import hurried

log = logging.getLogger(__name__)

NOT_ANSWERED = "That could not be answered just now. Please try again in a minute."

_ANY = re.compile(r".*", re.DOTALL)

Listener = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]


def build_app(
    client: AsyncWebClient,
    door: Door,
    people: People,
    *,
    desk: ChannelByName,
    answers: PrivateAnswers | None = None,
) -> AsyncApp:
    """The Bolt app, for either transport. Acknowledged means written down: every listener acks last.

    Signatures are checked before a request is parsed (`handlers.slack.http`), so Bolt does not check them again.
    """
    ourselves = Ourselves(client)
    answers = answers or PrivateAnswers(client)

    async def authorize() -> AuthorizeResult:
        us = await ourselves.identity()
        return AuthorizeResult(
            enterprise_id=None, team_id=us.team, bot_token=client.token, bot_id=us.bot, bot_user_id=us.user
        )

    app = AsyncApp(
        client=_without_token(client),
        authorize=authorize,
        signing_secret="",
        process_before_response=True,
        request_verification_enabled=False,
        name="understudy",
    )
    app.error(_failing(answers))
    _listen_to_presses(app, Presses(client, door, answers))
    app.command(_ANY)(_pair(Commands(door, ourselves).command))
    messages = Messages(door, ourselves, desk)
    app.event("message")(_pair(messages.heard))
    app.event("app_mention")(_pair(messages.heard))
    app.event("app_home_opened")(_pair(Home(client, door, people, ourselves, answers).opened))
    app.event(_ANY)(_pair(_nothing))
    app.view_closed(_ANY)(_pair(_nothing))
    app.shortcut(_ANY)(_pair(_nothing))
    app.options(_ANY)(_pair(_no_options))
    return app


def _without_token(client: AsyncWebClient) -> AsyncWebClient:
    """Bolt's own client: it takes its token from `authorize`, and complains about a second one."""
    own = AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[])
    own.proxy = client.proxy
    return own


def _listen_to_presses(app: AsyncApp, presses: Presses) -> None:
    app.action(
        _one_of(*ids.PRESSES.values(), ids.READ_THEN_SEND, ids.MORE, ids.FILED_MENU, ids.FILED_CHOICE)
    )(_pair(presses.press))
    app.action(_one_of(ids.PAGE_ON, ids.PAGE_BACK))(_pair(presses.turn))
    app.action(_ANY)(_pair(presses.old_button))
    app.view_submission(_one_of(*ids.FORMS.values(), ids.PAGED_SEND))(_pair(presses.submit))
    app.view_submission(_ANY)(_pair(_old_form))


def _one_of(*names: str) -> re.Pattern[str]:
    """One listener for several ids: Bolt asks every listener in turn, which a press has to wait for."""
    return re.compile(rf"\A(?:{'|'.join(map(re.escape, names))})\Z")


def _pair(listener: Listener) -> Listener:
    """A plain function of two names, which Bolt fills in by name; bound methods confuse its inspection."""

    async def on(ack: AsyncAck, body: dict[str, Any]) -> None:
        with hurried():  # Slack gives three seconds, and a person is looking
            await listener(ack, body)

    on.__name__ = getattr(listener, "__name__", "listener")
    return on


def _failing(answers: PrivateAnswers) -> Callable[[Exception, dict[str, Any]], Awaitable[BoltResponse]]:
    async def failed(error: Exception, body: dict[str, Any]) -> BoltResponse:
        """A listener could not do its work. An event is not acknowledged, so Slack delivers it again; a person is told."""
        kind = body.get("type") or "command"
        log.error("a %s was not taken: %s", kind, type(error).__name__, exc_info=error)
        if kind == "view_submission":
            view = windows.refusal(NOT_WRITTEN.text)
            return BoltResponse(status=200, body={"response_action": "push", "view": view})
        if kind == "command":
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": NOT_ANSWERED})
        if kind == "block_actions":
            box = body.get("container") or {}
            answers.tell(NOT_WRITTEN, to=body["user"]["id"], place=box.get("channel_id", ""))
        return BoltResponse(status=500, body="")

    return failed


async def _nothing(ack: AsyncAck, body: dict[str, Any]) -> None:
    log.debug("nothing to do for %s", body.get("type"))
    await ack()


async def _no_options(ack: AsyncAck, body: dict[str, Any]) -> None:
    del body
    await ack(options=[])


async def _old_form(ack: AsyncAck, body: dict[str, Any]) -> None:
    del body
    await ack(response_action="update", view=windows.refusal(OLD_BUTTON.text))

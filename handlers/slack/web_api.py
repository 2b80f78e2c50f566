"""Slack's Web API: one client with its own session, and every failure in the words of `bot.errors`."""

import ipaddress
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import BotError, OutcomeUnknown, Permanent, Transient

CURES = {
    "token_revoked": "the token was revoked: install the app again and put the new bot token in place",
    "token_expired": "the token has expired: install the app again and put the new bot token in place",
    "invalid_auth": "Slack does not know this token: check SLACK_BOT_TOKEN",
    "not_authed": "no token was sent: check SLACK_BOT_TOKEN",
    "account_inactive": "the app was removed from the workspace: install it again",
    "missing_scope": "the app lacks a permission: update it from `understudy manifest` and install it again",
    "no_permission": "the app lacks a permission: update it from `understudy manifest` and install it again",
    "not_allowed_token_type": "this is not a bot token: SLACK_BOT_TOKEN begins with xoxb-",
    "team_access_not_granted": "the app is not allowed in this workspace: ask its administrator",
    "access_denied": "the app is not allowed to do this: ask the workspace's administrator",
    "ekm_access_denied": "the workspace's administrator has suspended posting",
    "not_in_channel": "invite the bot to the channel: /invite @understudy",
    "channel_not_found": "the bot cannot see the channel: check its name and invite the bot to it",
    "is_archived": "the channel is archived: open it again or choose another",
    "restricted_action": "the workspace does not let the bot post there",
}
"""What a person does about an error; with the cure in place, the same call succeeds."""

_WHOLE_APP = frozenset(
    {
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "team_access_not_granted",
        "access_denied",
        "ekm_access_denied",
    }
)
"""Nothing is wrong with what was asked: it waits until the app is well again."""

_BUSY = frozenset(
    {"ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "team_added_to_org"}
)
_PERHAPS = frozenset({"internal_error", "fatal_error", "request_timeout"})
"""Slack says of these that some part of the call may have succeeded."""

UNTIL_CURED = timedelta(minutes=5)
"""How soon to try again when a person has to do something first."""


@asynccontextmanager
async def open_client(token: str, *, api: str, seconds: float = 20.0) -> AsyncIterator[AsyncWebClient]:
    """A client with one session, time limits and no retries of its own: the job row decides what is tried again."""
    limits = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, 10.0))
    async with aiohttp.ClientSession(timeout=limits) as session:
        client = AsyncWebClient(token=token, base_url=api, session=session, retry_handlers=[])
        if is_loopback(api):
            client.proxy = None
        yield client


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def called(
    call: Awaitable[AsyncSlackResponse], *, repeatable: bool, curable: frozenset[str] = frozenset()
) -> Any:
    """The answer's JSON. `repeatable`: doing it twice is harmless, so nothing is ever "unknown".

    Transient: certainly not done, or repeatable; also what a person can cure (`curable` adds errors of the place).
    Permanent: Slack refuses just this. OutcomeUnknown: it may have been done.
    """
    try:
        return (await call).data
    except SlackApiError as error:
        raise _refusal(error, repeatable=repeatable, curable=curable) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Transient(f"no connection to Slack: {error}") from error
    except (aiohttp.ClientError, OSError, SlackClientError, AttributeError, ValueError) as error:
        raise _broken(
            f"the connection to Slack broke: {type(error).__name__}", repeatable=repeatable
        ) from error


def error_of(error: BaseException | None) -> str:
    """Slack's own error code behind a translated error; "" when there is none."""
    cause = error.__cause__ if error else None
    return _code(cause) if isinstance(cause, SlackApiError) else ""


def _refusal(error: SlackApiError, *, repeatable: bool, curable: frozenset[str]) -> BotError:
    status, code = _status(error), _code(error)
    if status == 429 or code in _BUSY:
        return Transient(f"Slack is busy: {code or status}", retry_after=_retry_after(error))
    if code in _PERHAPS or (not code and status >= 500):
        return _broken(f"Slack answered {code or status}", repeatable=repeatable)
    if not code:
        return _broken(f"Slack's answer (HTTP {status}) cannot be read", repeatable=repeatable)
    said = f"Slack refuses: {code}"
    if code in CURES:
        said += f" ({CURES[code]})"
    elif details := _details(error):
        said += f" ({details})"
    if code in _WHOLE_APP or code in curable:
        return Transient(said, retry_after=UNTIL_CURED)
    return Permanent(said)


def _broken(message: str, *, repeatable: bool) -> BotError:
    return Transient(message) if repeatable else OutcomeUnknown(message)


def _status(error: SlackApiError) -> int:
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return status if isinstance(status, int) else 0


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _details(error: SlackApiError) -> str:
    """Slack names the place in our blocks, never the text in them."""
    data = getattr(error.response, "data", None)
    metadata = data.get("response_metadata") if isinstance(data, dict) else None
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return "; ".join(str(m) for m in messages[:3]) if isinstance(messages, list) else ""


def _retry_after(error: SlackApiError) -> timedelta:
    headers = getattr(error.response, "headers", None) or {}
    try:
        seconds = float(headers.get("Retry-After", headers.get("retry-after", "1")))
    except (TypeError, ValueError):
        seconds = 1.0
    return timedelta(seconds=min(max(seconds, 0.0), 3_600.0))

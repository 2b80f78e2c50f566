"""Takes an approved reply into a client's channel: every check first, then one post that can be looked for."""

from datetime import UTC, datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, OutcomeUnknown, Permanent, Refused, Transient
from bot.ports import BeforeDot, Clock, HandedOver, Parcel
from handlers.slack import limits, words
from handlers.slack.history import metadata, stamp_of
from handlers.slack.identity import Ourselves
from handlers.slack.web_api import called

_LOOK_BACK = timedelta(days=2)


class SlackCarrier:
    """A Carrier (`bot.ports.Carrier`) into Slack channels. `client` must have no retry handlers.

    A post is checkable: it carries the parcel's `message_id` as metadata, so one look into the channel's history
    usually settles what a broken connection left open.
    """

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._ourselves = Ourselves(client)

    async def carry(self, parcel: Parcel, *, before_dot: BeforeDot) -> HandedOver:
        """Post the text exactly as approved. Transient, Permanent, OutcomeUnknown, Refused."""
        place, text = _place(parcel), _text(parcel)
        us = await self._ourselves.identity()
        if not await before_dot():
            raise Refused("somebody else has taken this parcel over")
        try:
            answer = await called(
                self._client.chat_postMessage(
                    channel=place,
                    text=words.escaped(text),
                    thread_ts=parcel.thread or None,
                    metadata=metadata(parcel.message_id),
                    mrkdwn=False,
                    link_names=False,
                    unfurl_links=False,
                    unfurl_media=False,
                ),
                repeatable=False,
            )
        except OutcomeUnknown as error:
            return await self._settled(parcel, error)
        return HandedOver(f"posted in {us.team}/{place}", stamp=str(answer["ts"]))

    async def find(self, parcel: Parcel) -> str | None:
        """Where it stands in the channel, or None. Transient."""
        try:
            stamp = await self._stamp(parcel)
        except Permanent as error:
            raise Transient(str(error)) from error
        return f"in the channel's history at {stamp}" if stamp else None

    async def _settled(self, parcel: Parcel, unknown: OutcomeUnknown) -> HandedOver:
        """One look into the history; not found proves nothing, so it stays unknown."""
        try:
            stamp = await self._stamp(parcel)
        except BotError as error:
            raise unknown from error
        if not stamp:
            raise unknown
        return HandedOver("found in the channel's history", stamp=stamp)

    async def _stamp(self, parcel: Parcel) -> str:
        return await stamp_of(
            self._client,
            self._ourselves,
            _place(parcel),
            parcel.message_id,
            since=self._since(parcel),
            thread=parcel.thread,
        )

    def _since(self, parcel: Parcel) -> datetime:
        return (parcel.committed_at or self._clock.now() - _LOOK_BACK).astimezone(UTC)


def _place(parcel: Parcel) -> str:
    if len(parcel.recipients) != 1:
        raise Permanent(f"a Slack reply goes to one channel, not to {len(parcel.recipients)}")
    return parcel.recipients[0]


def _text(parcel: Parcel) -> str:
    try:
        text = parcel.raw.decode()
    except UnicodeDecodeError as error:
        raise Permanent("the text is not UTF-8") from error
    if not text.strip():
        raise Permanent("there is nothing to send")
    if len(words.escaped(text)) > limits.MESSAGE_TEXT:
        raise Permanent("the text is longer than Slack posts whole")
    return text

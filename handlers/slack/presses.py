"""Buttons and forms: read the press, one call at the door, an answer to whoever pressed, then the acknowledgement."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, Refused
from bot.ports import Door
from bot.questions import Click, Press, Told
from handlers.slack import ids, windows
from handlers.slack.answers import PrivateAnswers
from handlers.slack.blocks import Block
from handlers.slack.payloads import Origin, Pressed, Submitted, pressed, submitted
from handlers.slack.values import Memory, Unreadable, Value
from handlers.slack.web_api import called

log = logging.getLogger(__name__)

Json = dict[str, Any]

ON_THE_CARD = frozenset(
    {
        Press.SEND,
        Press.EDIT,
        Press.REDO,
        Press.HAND_OVER,
        Press.LATER,
        Press.NO_REPLY,
        Press.WRONG_PERSON,
        Press.UNDO,
        Press.MARK_SENT,
        Press.SEND_AGAIN,
        Press.LEAVE,
        Press.RETRY,
    }
)
"""Presses whose outcome the card itself shows: when they are done, nothing more is said."""

NOT_WRITTEN = Told(
    "That could not be written down just now. Please press again; pressing twice does no harm.", done=False
)
OLD_BUTTON = Told(
    "This button is from an earlier version of me and does nothing any more; the newest card works.",
    done=False,
)
NO_WINDOW = Told("Slack did not let me open the window in time. Please press again.", done=False)


@dataclass(frozen=True)
class Presses:
    """What happens on a press, on a turned page and on a submitted form."""

    client: AsyncWebClient
    door: Door
    answers: PrivateAnswers

    async def press(self, ack: AsyncAck, body: Json) -> None:
        """A button or a menu of a card, of the day's thread, of the digest, or inside a window."""
        try:
            said = pressed(body)
        except Unreadable as error:
            log.info("a press of no use: %s", error)
            await self.old_button(ack, body)
            return
        await self._act(said)
        await ack()

    async def turn(self, ack: AsyncAck, body: Json) -> None:
        """Another page of the window: the text is asked for again, so it is never older than the card."""
        try:
            said = pressed(body)
        except Unreadable:
            await self.old_button(ack, body)
            return
        if said.memory is None:
            await ack()
            return
        memory = said.memory.model_copy(update={"page": said.click.subject})
        click = _click_again(said.click, memory)
        if memory.press is Press.SEND:
            view = await self._sending_view(click, memory)
        else:
            view = _reading_view(await self._clicked(click), memory)
        await self._update(said.origin, view)
        await ack()

    async def submit(self, ack: AsyncAck, body: Json) -> None:
        """A form. What was typed stays below the window that says why it cannot be taken."""
        try:
            form = submitted(body)
        except Unreadable as error:
            log.info("a form of no use: %s", error)
            await ack(response_action="update", view=windows.refusal(OLD_BUTTON.text))
            return
        click, missing = _filled(form)
        if missing:
            await ack(response_action="errors", errors={ids.INPUT: missing})
            return
        told = await self._clicked(click)
        if not told.done:
            await ack(response_action="push", view=windows.refusal(told.text))
            return
        await ack()
        if click.press not in ON_THE_CARD:
            self.answers.tell(told, to=click.by, place=form.memory.place, thread=form.memory.thread)

    async def old_button(self, ack: AsyncAck, body: Json) -> None:
        """A button nobody knows any more: a polite private word."""
        user = str((body.get("user") or {}).get("id", ""))
        box = body.get("container") or {}
        if user:
            self.answers.tell(OLD_BUTTON, to=user, place=str(box.get("channel_id", "")), thread=_thread(box))
        await ack()

    async def _act(self, said: Pressed) -> None:
        click = said.click
        memory = Memory(
            press=click.press,
            value=Value(
                card=click.stamp.card,
                draft=click.stamp.draft,
                revision=click.stamp.revision,
                digest=click.stamp.digest,
                subject=click.subject,
            ),
            place=said.origin.place,
            thread=said.origin.thread,
        )
        if said.action_id == ids.READ_THEN_SEND:
            await self._open(said, await self._sending_view(click, memory))
        elif windows.has_form(click.press):
            window = await self._window(click)
            if isinstance(window, Told):
                await self._answer(said, window)
            else:
                await self._open(said, windows.form(window, memory))
        else:
            told = await self._clicked(click)
            if told.exact:
                await self._open(said, _reading_view(told, memory))
            elif not told.done or said.origin.in_window or click.press not in ON_THE_CARD:
                await self._answer(said, told)

    async def _sending_view(self, click: Click, memory: Memory) -> Block:
        window = await self._window(click)
        if isinstance(window, Told):
            return windows.refusal(window.text)
        return windows.reading_to_send(window, memory)

    async def _window(self, click: Click) -> Any:
        try:
            return await self.door.window(click)
        except Refused as error:
            return Told(str(error), done=False)

    async def _clicked(self, click: Click) -> Told:
        try:
            return await self.door.click(click)
        except Refused as error:
            return Told(str(error), done=False)

    async def _open(self, said: Pressed, view: Block) -> None:
        """Open a window, or put it on top of the one it was asked for in. Slack gives three seconds for it."""
        call = self.client.views_push if said.origin.in_window else self.client.views_open
        try:
            await called(call(trigger_id=said.origin.trigger, view=view), repeatable=True)
        except BotError as error:
            log.warning("no window for %s on card %s: %s", said.click.press, said.click.stamp.card, error)
            self._tell(said, NO_WINDOW)

    async def _answer(self, said: Pressed, told: Told) -> None:
        """In the window it was pressed in; else privately in the channel; else (App Home) in a window of its own."""
        if said.origin.in_window:
            title = "Done" if told.done else ""
            await self._update(said.origin, windows.refusal(told.text, title=title))
        elif not said.origin.place and said.origin.trigger:
            await self._open(said, windows.refusal(told.text, title="Done" if told.done else ""))
        else:
            self._tell(said, told)

    def _tell(self, said: Pressed, told: Told) -> None:
        self.answers.tell(told, to=said.click.by, place=said.origin.place, thread=said.origin.thread)

    async def _update(self, origin: Origin, view: Block) -> None:
        try:
            await called(
                self.client.views_update(view_id=origin.view, hash=origin.view_hash or None, view=view),
                repeatable=True,
            )
        except BotError as error:
            log.info("a window was not drawn again: %s", error)


def _reading_view(told: Told, memory: Memory) -> Block:
    if not told.exact:
        return windows.refusal(told.text, title="Done" if told.done else "")
    put_back = memory.value.subject if memory.press is Press.OPEN else 0
    return windows.reading(told.exact, memory, title=told.text, put_back=put_back)


def _click_again(click: Click, memory: Memory) -> Click:
    return replace(click, press=memory.press, stamp=memory.value.stamp, subject=memory.value.subject)


def _filled(form: Submitted) -> tuple[Click, str]:
    """The click with what was entered, and what is missing in it."""
    entered = form.fields.get(ids.INPUT, "")
    match form.click.press:
        case Press.EDIT:
            names = [ids.INPUT, *(f"{ids.INPUT}.{index}" for index in range(1, form.memory.parts))]
            text = windows.joined([form.fields.get(name, "") for name in names], form.memory)
            return replace(form.click, text=text), "" if text.strip() else "There is nothing to send."
        case Press.REDO:
            return replace(form.click, text=entered), "" if entered.strip() else "Say what should change."
        case Press.WRONG_PERSON:
            right = entered.strip()
            return replace(
                form.click, text=right
            ), "" if "@" in right else "A mail address is needed: Ana <ana@client.example>"
        case Press.HAND_OVER:
            return replace(form.click, to=entered), "" if entered else "Choose somebody."
        case Press.LATER:
            return replace(form.click, until=entered), "" if entered else "Choose when."
        case _:
            return form.click, ""


def _thread(box: Json) -> str:
    return str(box.get("thread_ts") or "")

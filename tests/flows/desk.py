"""The desk as its people see it: cards, their words and buttons, forms, private answers, threads."""

import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handlers.rehearsal.slack_model import Message, Outcome, View
from handlers.rehearsal.slack_state import said_in
from handlers.rehearsal.workspace import Workspace
from tests.flows.eventually import eventually

FINAL = {"Send", "Edit", "No reply", "Undo", "Leave it"}
"""A card that has none of these is over."""


@dataclass
class Desk:
    workspace: Workspace
    name: str = "#desk"

    @property
    def id(self) -> str:
        return self.workspace.channel(self.name).id

    def posts(self, channel: str = "") -> "list[Post]":
        """What the bot said, top level, oldest first."""
        where = self.workspace.channel(channel or self.name).id
        return [
            Post(self.workspace, one.channel, one.ts)
            for one in self.workspace.history(where, limit=1000)
            if one.bot_id
        ]

    def cards(self, *words: str) -> "list[Post]":
        """Every card that holds all these words, settled ones too."""
        return [one for one in self.posts() if ("Revision " in one.text or one.labels) and one.holds(*words)]

    async def card(self, *words: str, seconds: float = 15) -> "Post":
        """The newest card with all these words that still has its buttons; waited for."""

        def there() -> "Post | None":
            return next((one for one in reversed(self.posts()) if one.is_open and one.holds(*words)), None)

        found: Post = await eventually(
            there, seconds=seconds, instead=lambda: f"no open card with {words}:\n{self.shown()}"
        )
        return found

    async def posted(self, *words: str) -> "Post":
        """Anything of the bot's at the desk with these words; waited for."""

        def there() -> "Post | None":
            return next((one for one in reversed(self.posts()) if one.holds(*words)), None)

        found: Post = await eventually(there, instead=lambda: f"nothing with {words}:\n{self.shown()}")
        return found

    async def handled(self, *words: str) -> "Post":
        """A line of the day's “handled” thread with these words; waited for."""

        def there() -> "Post | None":
            heads = [one for one in self.posts() if "Handled, " in one.text]
            lines = [line for head in heads for line in head.replies()]
            return next((one for one in reversed(lines) if one.holds(*words)), None)

        found: Post = await eventually(there, instead=lambda: f"nothing handled with {words}:\n{self.shown()}")
        return found

    def private(self, who: str, *words: str) -> "Post":
        """The newest private message to this person with these words."""
        return next(one for one in reversed(self._private(who)) if one.holds(*words))

    def told(self, who: str) -> list[str]:
        """What only this person was told, anywhere, oldest first."""
        return [one.text for one in self._private(who)]

    def _private(self, who: str) -> "list[Post]":
        me = self.workspace.person(who).id
        private = [m for room in self.workspace.ephemerals.values() for m in room.values() if m.only_for == me]
        return [Post(self.workspace, m.channel, m.ts) for m in sorted(private, key=lambda m: m.ts)]

    async def hears(self, who: str, *, after: int) -> str:
        """The next private answer to this person, `after` so many; waited for."""
        await eventually(lambda: len(self.told(who)) > after, instead=lambda: f"{who} was told nothing")
        return self.told(who)[after]

    async def say(self, who: str, command: str) -> str:
        """A slash command in the desk; the private answer to it."""
        before = len(self.told(who))
        outcome = await self.workspace.slash(who, self.name, command)
        assert outcome.ok, outcome
        await eventually(lambda: len(self.told(who)) > before)
        return self.told(who)[-1]

    def shown(self) -> str:
        """The desk as text, for whoever wonders why a story failed."""
        lines = []
        for one in self.posts():
            lines.append(f"[{' | '.join(one.labels)}]\n{one.text}")
            lines += [f"    ↳ {reply.text}" for reply in one.replies()]
        return "\n---\n".join(lines) or "(the desk is empty)"


@dataclass(frozen=True)
class Post:
    """One message of the bot, read anew at every look."""

    workspace: Workspace
    channel: str
    ts: str

    @property
    def message(self) -> Message:
        return self.workspace.message(self.channel, self.ts)

    @property
    def text(self) -> str:
        return words_of(self.message)

    @property
    def labels(self) -> list[str]:
        return list(_elements(self.message.blocks))

    @property
    def is_open(self) -> bool:
        return bool(FINAL & set(self.labels))

    def holds(self, *words: str) -> bool:
        text = " ".join(self.text.split())
        return all(" ".join(word.split()) in text for word in words)

    def mentions(self, who: str) -> bool:
        return f"<@{self.workspace.person(who).id}>" in said_in(self.message)

    @property
    def anybody_mentioned(self) -> bool:
        return any(f"<@{p.id}>" in said_in(self.message) for p in self.workspace.people.values())

    def replies(self) -> "list[Post]":
        return [Post(self.workspace, m.channel, m.ts) for m in self.workspace.thread(self.channel, self.ts)[1:]]

    async def until(self, *words: str) -> "Post":
        """Wait until it is drawn with these words."""
        await eventually(lambda: self.holds(*words), instead=lambda: f"not {words} but:\n{self.text}")
        return self

    async def until_over(self) -> "Post":
        await eventually(lambda: not self.is_open, instead=lambda: f"still open:\n{self.text}")
        return self

    async def press(self, who: str, label: str) -> Outcome:
        """Press the button, or choose the menu entry, of this name."""
        block_id, action_id, selected = _elements(self.message.blocks)[label]
        return await self.workspace.press(who, self.channel, self.ts, block_id, action_id, selected=selected)

    async def held(self, label: str) -> Callable[[str], Awaitable[Outcome]]:
        """The button as it stands now, to be pressed later: somebody's screen is behind, or two press at once."""
        seen = copy.deepcopy(self.message)
        block_id, action_id, selected = _elements(seen.blocks)[label]

        async def press(who: str) -> Outcome:
            me = self.workspace.person(who).id
            return await self.workspace.press_in_message(me, seen, block_id, action_id, selected)

        return press

    async def reply(self, *words: str) -> "Post":
        """What the bot said in its thread with these words; waited for."""

        def there() -> "Post | None":
            return next((one for one in reversed(self.replies()) if one.holds(*words)), None)

        found: Post = await eventually(there, instead=lambda: f"no {words} under:\n{self.text}")
        return found

    async def open(self, who: str, label: str) -> View:
        """Press a button that opens a window; the window."""
        me = self.workspace.person(who).id
        await self.press(who, label)
        await eventually(lambda: self.workspace.modals(me), instead=lambda: f"{label} opened nothing")
        return self.workspace.modals(me)[-1]

    async def fill(self, who: str, label: str, entry: str) -> Outcome:
        """Press, fill the window's one input in with this text (or the choice of this name), submit."""
        view = await self.open(who, label)
        block = next(b for b in view.body["blocks"] if b["type"] == "input")
        element = block["element"]
        options = {o["text"]["text"]: o["value"] for o in element.get("options", ())}
        return await self.workspace.submit_view(
            who, view.id, {block["block_id"]: {element["action_id"]: options.get(entry, entry)}}
        )


def words_of(message: Message) -> str:
    """Every word of a message, block by block."""
    return _words(message.blocks) or message.text


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(filter(None, (_words(entry) for entry in value)))
    if not isinstance(value, dict):
        return ""
    if value.get("type") in {"actions", "button", "overflow"}:
        return ""
    if value.get("type") == "rich_text_section" or value.get("type") in {"rich_text_quote", "rich_text_preformatted"}:
        return "".join(_words(entry) for entry in value.get("elements", ()))
    if isinstance(value.get("text"), str):
        return str(value["text"])
    if value.get("type") == "user":
        return f"<@{value['user_id']}>"
    if value.get("type") == "link":
        return str(value.get("url"))
    return _words([entry for entry in value.values() if isinstance(entry, list | dict)])


def _elements(blocks: list[dict[str, Any]]) -> dict[str, tuple[str, str, Any]]:
    """Everything that can be pressed: its label, then block id, action id and the choice."""
    found: dict[str, tuple[str, str, Any]] = {}
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory") or {}):
            if element.get("type") == "button":
                found[element["text"]["text"]] = (block["block_id"], element["action_id"], None)
            for option in element.get("options") or ():
                found[option["text"]["text"]] = (block["block_id"], element["action_id"], option["value"])
    return found

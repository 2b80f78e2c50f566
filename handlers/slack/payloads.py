"""What comes in from Slack, checked by shape, and read into the house's words."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.questions import Click, Press
from handlers.slack import ids
from handlers.slack.values import Memory, Unreadable, Value

Json = dict[str, Any]


class _In(BaseModel):
    """Strict about what we use, blind to the rest: Slack adds fields at any time."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _User(_In):
    id: str = Field(min_length=1)
    team_id: str = ""


class _Named(_In):
    id: str


class _Chosen(_In):
    value: str = ""


class _Action(_In):
    action_id: str
    type: str = ""
    value: str | None = None
    selected_option: _Chosen | None = None


class _Container(_In):
    type: str = ""
    channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""


class _State(_In):
    values: dict[str, dict[str, Json]] = {}


class _View(_In):
    id: str = ""
    type: str
    callback_id: str = ""
    private_metadata: str = ""
    hash: str = ""
    state: _State | None = None


class BlockActions(_In):
    type: Literal["block_actions"]
    user: _User
    team: _Named | None = None
    actions: list[_Action] = Field(min_length=1)
    trigger_id: str = ""
    container: _Container = _Container()
    channel: _Named | None = None
    view: _View | None = None


class ViewSubmission(_In):
    type: Literal["view_submission"]
    user: _User
    team: _Named | None = None
    view: _View


class Slash(_In):
    command: str = Field(min_length=1)
    text: str = ""
    user_id: str = Field(min_length=1)
    team_id: str = ""
    channel_id: str = ""


class _Event(_In):
    type: str = Field(min_length=1)


class EventCallback(_In):
    type: Literal["event_callback"]
    team_id: str = ""
    event: _Event


class _UrlVerification(_In):
    type: Literal["url_verification"]
    challenge: str


class _Shortcut(_In):
    type: Literal[
        "shortcut", "message_action", "workflow_step_edit", "dialog_submission", "dialog_cancellation"
    ]
    callback_id: str


class _Closed(_In):
    type: Literal["view_closed"]
    view: _View


class _Suggestion(_In):
    type: Literal["block_suggestion"]
    action_id: str
    block_id: str


class _Other(_In):
    """What Slack documents and we have no use for."""

    type: Literal["app_rate_limited", "interactive_message", "dialog_suggestion"]
    callback_id: str = ""


_SHAPES: TypeAdapter[Any] = TypeAdapter(
    BlockActions
    | ViewSubmission
    | EventCallback
    | _UrlVerification
    | _Shortcut
    | _Closed
    | _Suggestion
    | _Other
    | Slash
)


def check(body: object) -> None:
    """Whether a request has a shape that Slack documents. Unreadable: it has not."""
    try:
        _SHAPES.validate_python(body)
    except (ValidationError, RecursionError) as error:
        raise Unreadable("not a request as Slack documents them") from error


@dataclass(frozen=True)
class Origin:
    """Where a press or command came from, and with what a window may be opened."""

    place: str = ""
    thread: str = ""
    """Set when it was pressed inside a thread: an answer at a card's own thread would not be seen."""
    trigger: str = ""
    view: str = ""
    view_hash: str = ""
    in_window: bool = False


@dataclass(frozen=True)
class Pressed:
    """A button as it was pressed."""

    click: Click
    origin: Origin
    action_id: str
    memory: Memory | None = None
    """What the window remembers in which it was pressed."""


def pressed(body: Json) -> Pressed:
    """A press on a card, a menu or inside a window. Unreadable: not one of our buttons, or from another version."""
    try:
        said = BlockActions.model_validate(body)
    except ValidationError as error:
        raise Unreadable("not a press as Slack documents it") from error
    action = said.actions[0]
    raw = action.selected_option.value if action.selected_option else action.value
    value = Value.read(raw or "{}")
    press = value.press or ids.press_of(action.action_id) or _FIXED.get(action.action_id)
    if press is None:
        raise Unreadable(f"no button of ours: {action.action_id[:60]}")
    view = said.view
    return Pressed(
        click=_click(press, said.user, said.team, value),
        origin=origin(said),
        action_id=action.action_id,
        memory=Memory.read(view.private_metadata) if view and view.private_metadata else None,
    )


_FIXED = {ids.FILED_CHOICE: Press.OPEN, ids.PAGE_ON: Press.OPEN, ids.PAGE_BACK: Press.OPEN}
"""Buttons whose press does not stand in their id; turning a page keeps the press its window remembers."""


def origin(said: BlockActions) -> Origin:
    view = said.view
    box = said.container
    return Origin(
        place=box.channel_id or (said.channel.id if said.channel else ""),
        thread=box.thread_ts if box.thread_ts != box.message_ts else "",
        trigger=said.trigger_id,
        view=view.id if view else "",
        view_hash=view.hash if view else "",
        in_window=bool(view and view.type == "modal"),
    )


@dataclass(frozen=True)
class Submitted:
    """A form as it was submitted: the whole click, and what its window remembers."""

    click: Click
    memory: Memory
    fields: dict[str, str]
    """What was entered, by block id."""


def submitted(body: Json) -> Submitted:
    """A submitted form of ours. Unreadable: it is not, or from another version."""
    try:
        said = ViewSubmission.model_validate(body)
    except ValidationError as error:
        raise Unreadable("not a form as Slack documents it") from error
    memory = Memory.read(said.view.private_metadata)
    values = said.view.state.values if said.view.state else {}
    fields = {block: _entered(entries.get(ids.ENTRY, {})) for block, entries in values.items()}
    return Submitted(_click(memory.press, said.user, said.team, memory.value), memory, fields)


def _entered(element: Json) -> str:
    chosen = element.get("selected_option")
    value = chosen.get("value") if isinstance(chosen, dict) else element.get("value")
    return value if isinstance(value, str) else ""


def slash(body: Json) -> Slash:
    """A slash command. Unreadable."""
    try:
        return Slash.model_validate(body)
    except ValidationError as error:
        raise Unreadable("not a command as Slack documents it") from error


def _click(press: Press, user: _User, team: _Named | None, value: Value) -> Click:
    home = user.team_id or (team.id if team else "")
    return Click(press=press, by=user.id, team=home, stamp=value.stamp, subject=value.subject)

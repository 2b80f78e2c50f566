"""Ready scenes: one press, and something typical happens in the practice world, by real mail or in Slack."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from string import Template
from typing import Any

from bot.errors import Refused
from handlers.rehearsal.cast import Business, Somebody
from handlers.rehearsal.mail_pane import Sheet, send, written
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.slack_model import Channel, Json
from handlers.rehearsal.workspace import Workspace


@dataclass(frozen=True)
class Scene:
    """One scene as `scenes.toml` tells it."""

    id: str
    icon: str
    label: str
    text: str
    watch: str
    subject: str = ""
    roles: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    sender: Somebody | None = None
    headers: dict[str, str] = field(default_factory=dict)
    who: tuple[str, ...] = ()
    slack: bool = False


def read_scenes(path: Path) -> tuple[Scene, ...]:
    """The scenes in their order. A key that is not known stops the start, like any typo in a playbook."""
    return tuple(_scene(table) for table in tomllib.loads(path.read_text(encoding="utf-8"))["scene"])


def _scene(table: dict[str, Any]) -> Scene:
    sender = table.pop("sender", None)
    return Scene(
        roles=tuple(table.pop("from", ())),
        about=tuple(table.pop("about", ())),
        who=tuple(table.pop("who", ())),
        sender=Somebody(role="stranger", **sender) if sender else None,
        **table,
    )


SCENES = read_scenes(Path(__file__).with_name("scenes.toml"))


async def play(
    name: str, workspace: Workspace, mail: PracticeMail, business: Business, played: Counter[str]
) -> Json:
    """Let a scene happen; what to tell the person who pressed it.

    `played` counts how often each scene was pressed: some are played by somebody else each time.
    Refused: no such scene, or nobody fit to play it.
    """
    scene = next((scene for scene in SCENES if scene.id == name), None)
    if scene is None:
        raise Refused(f"there is no scene {name!r}")
    writer = _writer(scene, business, workspace, turn=played[name])
    played[name] += 1
    words = _words(scene, writer, business)
    watch = Template(scene.watch).substitute(words)
    if scene.slack:
        channel = _channels_of(workspace, writer)[0]
        await workspace.post_message(writer.slack, channel.id, Template(scene.text).substitute(words).strip())
        return {
            "said": f"{writer.name} wrote in #{channel.name}.",
            "watch": watch,
            "mailbox": "",
            "name": writer.name,
        }
    await send(scene_mail(scene, writer, business, words), mail)
    here = any(person.address == writer.address for person in mail.people)
    said = f"{writer.name} sent a mail: “{scene.subject}”."
    return {"said": said, "watch": watch, "mailbox": writer.address if here else "", "name": writer.name}


def scene_mail(scene: Scene, writer: Somebody, business: Business, words: dict[str, str]) -> EmailMessage:
    """The scene's mail, as that person's mail program would write it."""
    sheet = Sheet(
        to=f"{business.name} <{business.address}>",
        subject=Template(scene.subject).substitute(words),
        text=Template(scene.text).substitute(words).lstrip("\n"),
    )
    message = written(sheet, writer.name, writer.address, datetime.now(business.zone))
    for name, value in scene.headers.items():
        message[name] = value
    return message


def _writer(scene: Scene, business: Business, workspace: Workspace, turn: int) -> Somebody:
    if scene.sender:
        return scene.sender
    cast = [
        one for one in business.with_role(*scene.roles) if not scene.slack or _channels_of(workspace, one)
    ]
    cast = [one for name in scene.who for one in cast if one.name == name] or cast
    if not cast:
        raise Refused(f"nobody in the practice world can play “{scene.label}”")
    return cast[turn % len(cast)]


def _words(scene: Scene, writer: Somebody, business: Business) -> dict[str, str]:
    owner = next(iter(business.with_role("owner")), replace(writer, name="there"))
    others = [one for one in business.with_role("client", "stranger") if one != writer]
    other = next((one for one in others if one.name in scene.about), others[0] if others else writer)
    earlier = datetime.now(business.zone) - timedelta(hours=3)
    return {
        "name": writer.name,
        "first": writer.name.split()[0],
        "sender_address": writer.address,
        "owner": owner.name.split()[0] if writer != owner else owner.name,
        "owner_first": owner.name.split()[0],
        "business": business.name,
        "address": business.address,
        "other": other.name,
        "other_address": other.address,
        "date": f"{earlier:%a}, {earlier.day} {earlier:%b %Y} at {earlier:%H:%M}",
    }


def _channels_of(workspace: Workspace, person: Somebody) -> list[Channel]:
    """Where this person can be heard by an app: channels of theirs, other people's channels left out."""
    if not person.slack:
        return []
    bots = {app.bot_user for app in workspace.apps.values()}
    theirs = [
        one
        for one in workspace.visible_channels(person.slack)
        if not one.is_direct and bots & set(one.members)
    ]
    return sorted(theirs, key=lambda one: (not one.shared_with, len(one.members)))

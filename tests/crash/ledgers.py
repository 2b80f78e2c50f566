"""Compares what the house says with what the world outside saw."""

from collections import Counter
from typing import Any

from bot.questions import Press
from tests.crash.outside import text_of
from tests.crash.town import Town

Rows = dict[str, list[list[Any]]]

OVER = {"sent", "refused", "unknown", "withdrawn"}
OPENERS = (Press.SEND, Press.EDIT, Press.MARK_SENT, Press.SEND_AGAIN, Press.LEAVE, Press.RETRY)


async def wrong(town: Town) -> list[str]:
    """Everything that contradicts a promise, a sentence each; the house has come to rest."""
    rows: Rows = await town.ask("dump")
    return [
        *(await town.ask("verify")),
        *_arrivals(town, rows),
        *_departures(town, rows),
        *_desk(town, rows),
    ]


def _arrivals(town: Town, rows: Rows) -> list[str]:
    found = []
    keys = Counter(_tail(key) for _, key, *_ in rows["inbound"])
    inquiry_of = {external: inquiry for _, direction, external, inquiry in rows["message"] if direction == "in"}
    states = {_tail(key): state for _, key, state, *_ in rows["inbound"]}
    for one in town.world.sent:
        tail = f"{one.folder}:{one.uid}" if one.uid else one.stamp
        if keys[tail] != 1:
            found.append(f"{one.token} was written down {keys[tail]} times")
        elif states[tail] == "read" and (inquiry_of.get(one.message_id) is None) is not one.old:
            found.append(f"{one.token} was read and leads to {inquiry_of.get(one.message_id) or 'no inquiry'}")
        elif states[tail] == "new":
            found.append(f"{one.token} is still unread")
    messages = Counter(external for _, _, external, _ in rows["message"] if external)
    found += [f"message {external} stands {n} times in a conversation" for external, n in messages.items() if n > 1]
    return found


def _tail(key: str) -> str:
    """Folder and UID, or Slack's stamp: what the world knows a message by."""
    parts = key.split(":")
    return f"{parts[2]}:{int(parts[4])}" if parts[0] == "imap" else parts[3]


def _departures(town: Town, rows: Rows) -> list[str]:
    found = []
    posts = town.world.posts()
    for number, state, message_id, raw_hash, channel, _, _ in rows["outbox"]:
        if channel == "slack":
            taken = [raw_hash] * posts[message_id]
        else:
            taken = town.world.digest_in_sink(message_id)
        allowed = 1 + sum(n for address, n in town.again.items() if address in _recipients(town, message_id))
        if len(taken) > allowed:
            found.append(f"outbox {number} was accepted {len(taken)} times, approved {allowed} times")
        if state == "sent" and not taken:
            found.append(f"outbox {number} counts as sent, and nobody took it")
        if state == "withdrawn" and taken:
            found.append(f"outbox {number} was taken back, and left")
        if any(one != raw_hash for one in taken):
            found.append(f"outbox {number}: what left is not what was approved")
        if state not in OVER and state != "queued":
            found.append(f"outbox {number} is stuck in {state}")
    known = [row[2].encode() for row in rows["outbox"]]
    strays = [one for one in town.world.sink.ledger if not any(message_id in one.raw for message_id in known)]
    found += [f"a mail to {one.recipients} left, and no row knows of it" for one in strays]
    return found


def _recipients(town: Town, message_id: str) -> set[str]:
    return {
        address
        for one in town.world.sink.ledger
        if message_id.encode() in one.raw.partition(b"\r\n\r\n")[0]
        for address in one.recipients
    }


def _desk(town: Town, rows: Rows) -> list[str]:
    found = [f"{key} was posted {n} times" for key, n in town.world.posts().items() if n > 1]
    cards = {f"card:{number}": state for number, state, *_ in rows["card"]}
    room = town.world.workspace.messages.get(town.world.desk, {})
    for _, key, version, shown, stamp, kind in rows["posting"]:
        if version != shown or not stamp:
            continue
        message = room.get(stamp)
        if message is None:
            found.append(f"{key} is said to stand at the desk, and does not")
        elif kind == "card":
            pressable = any(f"card.{press.value}" in text_of(message.blocks) for press in OPENERS)
            if pressable != (cards[key] in {"open", "snoozed"}):
                found.append(f"{key} is {cards[key]}, and {'has' if pressable else 'lacks'} buttons")
    return found


def changed(before: Rows, after: Rows) -> list[str]:
    """What a start has changed: there should be nothing."""
    return [
        f"a start changed {table}: {old} -> {new}"
        for table in before
        for old, new in zip(before[table] + [None] * len(after[table]), after[table], strict=False)
        if old != new
    ][:5]

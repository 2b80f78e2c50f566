"""Fills in what Slack fills in: a block_id and action_id where an app gave none."""

from __future__ import annotations

import copy
import secrets

from handlers.rehearsal.slack_model import Json

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _short() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


_INTERACTIVE = {"actions": "elements", "context_actions": "elements", "card": "actions"}


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which every block and every interactive element has its id."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        _fill(block)
    return filled


def _fill(block: Json) -> None:
    if not block.get("block_id"):
        block["block_id"] = _short()
    elements = list(block.get(_INTERACTIVE.get(block["type"], ""), None) or [])
    if block["type"] == "section" and block.get("accessory"):
        elements.append(block["accessory"])
    if block["type"] == "input":
        elements.append(block["element"])
    for element in elements:
        if element.get("type") != "image" and not element.get("action_id"):
            element["action_id"] = _short()
    for child in (block.get("child_blocks") or []) + (
        block.get("elements") or [] if block["type"] == "carousel" else []
    ):
        _fill(child)

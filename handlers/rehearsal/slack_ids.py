"""Fills in what Slack fills in: ids, and the defaults it writes out, where an app gave none."""

from __future__ import annotations

import copy
import secrets

from handlers.rehearsal.slack_model import Json

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _short() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


_INTERACTIVE = {"actions": "elements", "context_actions": "elements", "card": "actions"}


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which every block and every interactive element has its id, and defaults are written out."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        _fill(block)
    write_out_defaults(filled)
    return filled


def write_out_defaults(value: object) -> None:
    """Text objects and text inputs come back from Slack with their defaults in them."""
    if isinstance(value, list):
        for entry in value:
            write_out_defaults(entry)
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            if value.get("type") == "plain_text":
                value.setdefault("emoji", True)
            if value.get("type") == "mrkdwn":
                value.setdefault("verbatim", False)
        if value.get("type") == "plain_text_input":
            value.setdefault("dispatch_action_config", {"trigger_actions_on": ["on_enter_pressed"]})
        for entry in value.values():
            write_out_defaults(entry)


def _fill(block: Json) -> None:
    if not block.get("block_id"):
        block["block_id"] = _short()
    elements = list(block.get(_INTERACTIVE.get(block["type"], ""), None) or [])
    if block["type"] == "section" and block.get("accessory"):
        elements.append(block["accessory"])
    if block["type"] == "input":
        elements.append(block["element"])
        block.setdefault("optional", False)
        block.setdefault("dispatch_action", False)
    for element in elements:
        if element.get("type") != "image" and not element.get("action_id"):
            element["action_id"] = _short()
    for child in (block.get("child_blocks") or []) + (
        block.get("elements") or [] if block["type"] == "carousel" else []
    ):
        _fill(child)

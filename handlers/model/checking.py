"""From what a model said to an answer we can use: unwrapped, measured, and cut down to what we gave it."""

import json
import re
import unicodedata
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.answers import DraftAnswer, DraftAsk, TriageAnswer, TriageAsk
from prompts.book import visible
from prompts.playbooks import OTHER, Playbook
from storage.inquiries import Track

Shape = TypeVar("Shape", bound=BaseModel)

_THOUGHT = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_BLOCK = re.compile(r"```[a-z]*\s*\n?(.*?)```", re.DOTALL | re.IGNORECASE)
_QUOTES = " \t\n\"'“”„«»‘’…"


class Unusable(Exception):
    """The answer does not fit; the text says what is wrong with it, for one repair, and never repeats it."""


def parse(said: str, shape: type[Shape]) -> Shape:
    """The one JSON object in what a model said, thoughts and code fences aside. Unusable when there is none that fits."""
    text = _THOUGHT.sub("", said).strip()
    blocks = _BLOCK.findall(text)
    for candidate in (text, *blocks, text[text.find("{") : text.rfind("}") + 1]):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return _validated(value, shape)
    raise Unusable("it is not one JSON object")


def _validated(value: dict[str, Any], shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate(_measured(_plain(value), shape))
    except ValidationError as error:
        found = [
            f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}"
            for one in error.errors(include_input=False)
        ]
        raise Unusable("; ".join(found[:8])) from error


def _plain(value: Any) -> Any:
    """Without control characters and half surrogates, which no database and no mail takes."""
    match value:
        case str():
            text = value.replace("\r\n", "\n").replace("\r", "\n")
            return "".join(
                one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs")
            )
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case _:
            return value


def _measured(value: dict[str, Any], shape: type[BaseModel]) -> dict[str, Any]:
    """Lists and one-line texts that are too long are cut: not worth a second call. A body is never cut."""
    limits = shape.model_json_schema()["properties"]
    for name, one in value.items():
        limit = limits.get(name, {})
        if isinstance(one, list):
            longest = limit.get("items", {}).get("maxLength")
            kept = [text[:longest] if isinstance(text, str) and longest else text for text in one]
            value[name] = kept[: limit.get("maxItems")]
        elif isinstance(one, str) and name != "body":
            value[name] = one[: limit.get("maxLength")]
    return value


def check_triage(answer: TriageAnswer, ask: TriageAsk, playbook: Playbook) -> TriageAnswer:
    """The answer with nothing of its own making: names from the playbook, asks from the message, one-line texts."""
    names = {routine.name for routine in playbook.routines} | {one.name for one in playbook.answers}
    asks = [found for one in answer.asks if (found := verbatim(one, ask.text))]
    decision = _line(answer.decision) if answer.track is Track.JUDGMENT else ""
    return answer.model_copy(
        update={
            "category": answer.category if answer.category in names else OTHER,
            "topics": [topic for topic in dict.fromkeys(answer.topics) if topic in playbook.topics],
            "summary": _line(answer.summary),
            "asks": list(dict.fromkeys(asks)),
            "decision": decision,
        }
    )


def check_draft(answer: DraftAnswer, ask: DraftAsk) -> DraftAnswer:
    """The answer with only sources we gave. Unusable when it has neither a body nor a reason."""
    given = {source.id for source in ask.sources}
    body, reason = answer.body.strip(), _line(answer.no_draft)
    points = [point for one in answer.open_points if (point := _line(one))]
    if not body and not reason:
        raise Unusable('"body" and "no_draft" are both empty')
    if body and reason:
        points, reason = [reason, *points][:6], ""
    return answer.model_copy(
        update={
            "body": body,
            "sources": [
                one for one in dict.fromkeys(name.strip("[] ") for name in answer.sources) if one in given
            ]
            if body
            else [],
            "open_points": points,
            "no_draft": reason,
        }
    )


def verbatim(ask: str, text: str) -> str:
    """The client's own words that the model meant to copy, as they stand in the message; "" when they do not."""
    wanted, message = " ".join(visible(ask).split()).strip(_QUOTES), " ".join(visible(text).split())
    place = message.find(wanted) if len(wanted) > 2 else -1
    if place < 0 and len(wanted) > 2 and len(message) == len(message.casefold()):
        place = message.casefold().find(wanted.casefold())
    return message[place : place + len(wanted)] if place >= 0 else ""


def _line(text: str) -> str:
    return " ".join(visible(text).split())

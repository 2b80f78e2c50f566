"""With a model server that takes its time: what we add to the model's own time, and fifty letters at once."""

import asyncio
import json
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from aiohttp import web

from benchmarks.arrivals import POST
from benchmarks.letters import inquiries
from benchmarks.outside import Outside, rest
from benchmarks.table import Figure, at_most
from tests.servers.model_server import Asked, ModelServer, Says

SECONDS = 2.0

TRIAGE = {
    "track": "reply", "category": "other", "topics": [], "summary": "A new workshop asks how we work.", "asks": [],
    "decision": "", "urgency": "normal", "mood": "calm", "asks_for_person": False, "confidence": 0.9,
}  # fmt: skip
DRAFT = {
    "body": "Hello,\n\nthank you for writing. We will come back to you with two dates this week.", "sources": [],
    "open_points": [], "no_draft": "",
}  # fmt: skip


@dataclass(frozen=True)
class Thinks:
    """Answers sensibly, exactly `seconds` after it was asked; remembers when it owed an answer."""

    seconds: float
    spans: list[tuple[float, float]]

    async def answer(self, asked: Asked) -> web.Response:
        began = perf_counter()
        await asyncio.sleep(self.seconds)
        fields: dict[str, Any] = (asked.schema or {}).get("properties", {})
        answer = await Says(json.dumps(TRIAGE if "track" in fields else DRAFT)).answer(asked)
        self.spans.append((began, perf_counter()))
        return answer


async def thinking(outside: Outside, *, ones: int, together: int) -> list[Figure]:
    """The house asks a model here. Leaves `together` open cards behind."""
    spans: list[tuple[float, float]] = []
    async with ModelServer(then=Thinks(SECONDS, spans)) as model:
        environ = {
            "UNDERSTUDY_MODEL__BASE_URL": model.base_url, "UNDERSTUDY_MODEL__DRAFT_MODEL": "practice-model",
            "OPENAI_API_KEY": "any",
        }  # fmt: skip
        house = await outside.start_house(environ=environ)
        try:
            letters = inquiries(seed=23)
            await _arrive(outside, next(letters))  # the first one loads the model's library
            alone, ratios = [], []
            for _ in range(ones):
                spans.clear()
                took = await _arrive(outside, next(letters))
                alone.append(took)
                ratios.append(took / sum(end - begin for begin, end in spans))
            outside.clear()
            for _ in range(together):
                await outside.bring(next(letters))
            [push, *_] = await outside.imap.until(b" EXISTS", up=False)
            cards = await outside.slack.until(POST, up=True, times=together, within=180)
            at_once = cards[-1].at - push.at
            await rest(2)
        finally:
            await house.stop()
    one = median(alone)
    return [
        at_most("arrival → card ÷ the model's own time", median(ratios), 1.15, "×",
                note=f"{one:.2f} s; the model is asked twice, triage then draft, {SECONDS:g} s each by its own clock"),
        at_most(f"{together} letters at once ÷ one letter's time", at_once / one, 3, "×", note=f"{at_once:.1f} s to the last card"),
    ]  # fmt: skip


async def _arrive(outside: Outside, raw: bytes) -> float:
    await rest(0.3)
    outside.clear()
    await outside.bring(raw)
    [push, *_] = await outside.imap.until(b" EXISTS", up=False)
    [asked, *_] = await outside.slack.until(POST, up=True)
    return asked.at - push.at

"""The writer that asks a model: bounded in time, money and tries, checked afterwards, with the offline writer behind it."""

import asyncio
import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.answers import Byline, DraftAnswer, DraftAsk, Drafted, TriageAnswer, TriageAsk, Triaged
from bot.ports import Clock, Writer
from handlers.model.asking import draft_prompt, playbook_catalog, triage_prompt
from handlers.model.breaker import Breaker
from handlers.model.budget import Budget, BudgetSpent
from handlers.model.checking import Unusable, check_draft, check_triage, parse
from handlers.model.prices import PriceTable
from handlers.model.schemas import strict_schema
from handlers.model.server import Message, ModelServer, ServerReply, ServerTrouble, TooNew
from handlers.model.spend import Call, Spend
from prompts.book import Prompt, PromptBook, Rendered
from prompts.playbooks import Playbook

log = logging.getLogger(__name__)

Shape = TypeVar("Shape", bound=BaseModel)

RUNGS = 3
TRIES = 2
TOKENS = {"triage": 3_000, "draft": 6_000}
"""The most a model may say, its thinking included."""
BUDGET_SPENT = "the month's model budget is spent"
NOT_USABLE = "the model's answer could not be used"
DECLINED = "the model declined to answer"


@dataclass(frozen=True)
class ModelSettings:
    """Which server and models, and how long and how dear an answer may be."""

    base_url: str
    draft_model: str
    triage_model: str = ""
    api_key: str = ""
    monthly_budget: Decimal | None = None
    timeout: float = 30.0
    """Seconds for one answer in all, with second tries and repair."""
    at_once: int = 32


class _NoAnswer(Exception):
    """There is no answer from the model; the text is the byline's `because`."""


@dataclass(frozen=True)
class _Question:
    purpose: str
    inquiry_id: int
    model: str
    schema: dict[str, Any]


class OpenAIWriter:
    """Fits `bot.ports.Writer` and never fails for want of a model: `fallback` answers then, and its byline says why."""

    def __init__(
        self,
        settings: ModelSettings,
        *,
        book: PromptBook,
        playbook: Playbook,
        spend: Spend,
        prices: PriceTable,
        fallback: Writer,
        clock: Clock,
    ) -> None:
        self._settings, self._book, self._playbook, self._fallback = settings, book, playbook, fallback
        self._prices, self._budget = prices, Budget(spend, settings.monthly_budget)
        self._server, self._breaker = ModelServer(settings.base_url, settings.api_key), Breaker(clock)
        self._places = asyncio.Semaphore(settings.at_once)
        self._catalog = playbook_catalog(playbook)
        self._schemas = {"triage": strict_schema(TriageAnswer), "draft": strict_schema(DraftAnswer)}
        self._trouble = ""
        self._rungs: dict[str, int] = {}
        """How plainly each model has to be asked; learned from the server's refusals."""

    async def aclose(self) -> None:
        await self._server.aclose()

    async def triage(self, ask: TriageAsk) -> Triaged:
        prompt, model = self._book["triage"], self._settings.triage_model or self._settings.draft_model
        question = _Question("triage", ask.inquiry_id, model, self._schemas["triage"])
        rendered = triage_prompt(prompt, ask, self._catalog)
        try:
            answer = await self._answer(
                question, rendered, lambda said: check_triage(parse(said, TriageAnswer), ask, self._playbook)
            )
        except _NoAnswer as reason:
            triaged = await self._fallback.triage(ask)
            return replace(triaged, byline=replace(triaged.byline, because=str(reason)))
        return Triaged(answer, _byline(prompt, model))

    async def draft(self, ask: DraftAsk) -> Drafted:
        prompt, model = self._book["draft_reply"], self._settings.draft_model
        question = _Question("draft", ask.inquiry_id, model, self._schemas["draft"])
        rendered = draft_prompt(prompt, ask, self._playbook.voice)
        try:
            answer = await self._answer(
                question, rendered, lambda said: check_draft(parse(said, DraftAnswer), ask)
            )
        except _NoAnswer as reason:
            drafted = await self._fallback.draft(ask)
            return replace(drafted, byline=replace(drafted.byline, because=str(reason)))
        return Drafted(answer, _byline(prompt, model))

    async def _answer(self, question: _Question, rendered: Rendered, check: Callable[[str], Shape]) -> Shape:
        """The checked answer. _NoAnswer with the reason when there is none; the breaker learns how it went."""
        if not self._breaker.closed():
            raise _NoAnswer(f"{self._trouble}; it is tried again in a while")
        async with self._places:
            if not self._breaker.enter():  # it may have opened while we waited for a place
                raise _NoAnswer(f"{self._trouble}; it is tried again in a while")
            try:
                async with asyncio.timeout(self._settings.timeout):
                    answer = await self._asked(question, rendered, check)
            except TimeoutError:
                self._breaker.failed()
                raise self._no_answer(
                    question, f"the model server took longer than {self._settings.timeout:g} s"
                ) from None
            except ServerTrouble as trouble:
                self._breaker.failed(trouble.wait)
                self._trouble = str(trouble)
                raise self._no_answer(question, str(trouble)) from trouble
            except (_NoAnswer, Unusable, TooNew) as nonsense:
                self._breaker.worked()
                because = NOT_USABLE if isinstance(nonsense, Unusable) else str(nonsense)
                raise self._no_answer(question, because) from nonsense
            except BudgetSpent:
                raise self._no_answer(question, BUDGET_SPENT) from None
            finally:
                self._breaker.left()
            self._breaker.worked()
            return answer

    def _no_answer(self, question: _Question, because: str) -> _NoAnswer:
        log.warning("no %s from the model for inquiry %s: %s", question.purpose, question.inquiry_id, because)
        return _NoAnswer(because)

    async def _asked(self, question: _Question, rendered: Rendered, check: Callable[[str], Shape]) -> Shape:
        """Ask; if the answer does not fit, have it repaired once. Unusable when it does not fit then either."""
        messages = [
            {"role": "system", "content": rendered.system},
            {"role": "user", "content": rendered.user},
        ]
        reply = await self._climb(question, messages)
        try:
            return check(reply.text)
        except Unusable as problem:
            what = "it broke off before its end; be shorter" if reply.broke_off else str(problem)
            schema = json.dumps(question.schema, ensure_ascii=False)
            repair = self._book["repair_json"].render(problem=what, schema=schema).user
            said = reply.text[:8_000] or "(nothing)"
            again = [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": repair}]
        return check((await self._climb(question, again)).text)

    async def _climb(self, question: _Question, messages: list[Message]) -> ServerReply:
        """Ask in the strictest way the server takes, a rung lower after each refusal of the form. TooNew: refused on all."""
        first = self._rungs.get(question.model, 0)
        for rung in range(first, RUNGS):
            try:
                reply = await self._tried(question, _for_rung(messages, rung, question.schema), rung)
            except TooNew:
                if rung == RUNGS - 1:
                    raise
                continue
            self._rungs[question.model] = rung
            return reply
        raise AssertionError("a rung either answers or raises")

    async def _tried(self, question: _Question, messages: list[Message], rung: int) -> ServerReply:
        """One question, put a second time when the server stumbled and does not ask for a long wait."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._paid(question, messages, rung)
            except ServerTrouble as trouble:
                pause = trouble.wait.total_seconds() if trouble.wait else random.uniform(0.1, 0.4)
                if attempt == TRIES or not trouble.again or pause > self._settings.timeout / 4:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("a try either answers or raises")

    async def _paid(self, question: _Question, messages: list[Message], rung: int) -> ServerReply:
        """One request, with its cost set aside before and written down after. BudgetSpent, ServerTrouble, TooNew."""
        price, most_said = self._prices.of(question.model), TOKENS[question.purpose]
        asked = _tokens("".join(message["content"] for message in messages))
        most = price.cost(prompt=asked, cached=0, completion=most_said)
        lost = self._call(question, asked, most_said, most, answered=False)
        await self._budget.reserve(most)
        try:
            reply = await self._server.ask(
                question.model, messages, rung=rung, schema=question.schema, most_tokens=most_said
            )
        except ServerTrouble as trouble:
            if trouble.charged:
                self._budget.lose(lost, most)
            else:
                self._budget.release(most)
            raise
        except TooNew:
            self._budget.release(most)
            raise
        except BaseException:  # cancelled, or out of time: the server may be writing its answer now
            self._budget.lose(lost, most)
            raise
        prompt, said = _count(reply.usage, "prompt_tokens"), _count(reply.usage, "completion_tokens")
        counted = prompt is not None and said is not None
        prompt, said = (prompt or 0, said or 0) if counted else (asked, _tokens(reply.text))
        details = reply.usage.get("prompt_tokens_details")
        cached = _count(details, "cached_tokens") or 0 if isinstance(details, dict) else 0
        call = self._call(question, prompt, said, price.cost(prompt=prompt, cached=cached, completion=said))
        await self._budget.settle(
            replace(call, usage=reply.usage, request_id=reply.request_id, estimated=not counted), most
        )
        if reply.refused:
            raise _NoAnswer(DECLINED)
        return reply

    def _call(
        self, question: _Question, prompt: int, said: int, cost: Decimal, *, answered: bool = True
    ) -> Call:
        return Call(
            question.purpose, question.inquiry_id, question.model, prompt, said,
            estimated=True, usage={}, request_id="", cost=cost, prices=self._prices.version, answered=answered,
        )  # fmt: skip


def _for_rung(messages: list[Message], rung: int, schema: dict[str, Any]) -> list[Message]:
    """The messages as this rung needs them: below the strict one, the schema stands in the prompt."""
    if rung == 0:
        return messages
    first = messages[0]
    told = (
        f"{first['content']}\n\nThe JSON object fits this schema:\n{json.dumps(schema, ensure_ascii=False)}"
    )
    return [{**first, "content": told}, *messages[1:]]


def _byline(prompt: Prompt, model: str) -> Byline:
    return Byline("openai", model, prompt.name, prompt.version, prompt.fingerprint)


def _tokens(text: str) -> int:
    """A generous estimate: about three characters a token, one where letters are not Latin."""
    plain = sum(letter.isascii() for letter in text)
    return plain // 3 + (len(text) - plain) + 8


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

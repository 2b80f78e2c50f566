"""A model server with the OpenAI interface: answers as scripted, obeys the mail, lies, dawdles or breaks.

    async with ModelServer(Says({"track": "reply"}), RateLimited(1), then=Obedient()) as model:
        AsyncOpenAI(base_url=model.base_url, api_key="any")
        model.asked[0].text      # every prompt it ever saw

Request n gets the n-th reply given (or queued with `script`); when they are used up, `then`. Without `then`, one
request too many is answered 500 and fails the test at the end.
"""

import asyncio
from collections import deque
from typing import Self

from aiohttp import web

from tests.servers.model_replies import (
    HOSTILE,
    Adversarial,
    Asked,
    BrokenJson,
    Fails,
    Huge,
    NoSchemas,
    Obedient,
    RateLimited,
    Refusal,
    Reply,
    Says,
    Slow,
    Truncated,
)

__all__ = [
    "HOSTILE", "Adversarial", "Asked", "BrokenJson", "Fails", "Huge", "ModelServer", "NoSchemas", "Obedient",
    "RateLimited", "Refusal", "Reply", "Says", "Slow", "Truncated",
]  # fmt: skip


class ModelServer:
    """Listens on loopback; `base_url` goes into a client, `asked` is the record of every request."""

    def __init__(
        self, *replies: Reply, then: Reply | None = None, models: tuple[str, ...] = ("practice-model",)
    ) -> None:
        self._replies, self.then, self.models = deque(replies), then, models
        self.asked: list[Asked] = []
        self.base_url = ""
        self.too_many = 0
        self._news = asyncio.Condition()

    def script(self, *replies: Reply) -> None:
        """What the next requests get."""
        self._replies.extend(replies)

    async def was_asked(self, times: int = 1) -> None:
        """Wait until that many requests have come in."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**27)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()
        if self.too_many and error[0] is None:
            raise AssertionError(f"the script was over, yet the model was asked {self.too_many} more times")

    async def _complete(self, request: web.Request) -> web.Response:
        asked = Asked(await request.json(), dict(request.headers))
        async with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        if asked.body.get("stream"):
            return await Fails(400, "this server does not stream").answer(asked)
        reply = self._replies.popleft() if self._replies else self.then
        if reply is None:
            self.too_many += 1
            return await Fails(500, "the script is over").answer(asked)
        return await reply.answer(asked)

    async def _list(self, _request: web.Request) -> web.Response:
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "practice"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

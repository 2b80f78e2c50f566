"""One question to an OpenAI-compatible server: sent, bounded, and its answer unpacked; the only file that knows openai."""

import asyncio
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

MOST_BYTES = 2 * 1024 * 1024
_GENTLE_WAIT = timedelta(seconds=120)

Message = dict[str, str]


class ServerTrouble(Exception):
    """The server gave no answer. The text says why, for a card; `again`: the same question may work at once."""

    def __init__(
        self, because: str, *, again: bool = False, charged: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(because)
        self.again = again
        self.charged = charged
        """The question may have reached the model, so it may cost something."""
        self.wait = wait
        """How long the server asked us to stay away."""


class TooNew(Exception):
    """The server does not take this kind of question (400, 422): ask it in a plainer way."""


@dataclass(frozen=True)
class ServerReply:
    """What came back: the words, whether they broke off, and what they used."""

    text: str
    broke_off: bool
    refused: bool
    usage: Mapping[str, Any]
    request_id: str


class ModelServer:
    """A connection to one server; opened with the first question, for the package takes its time to import."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url, self._api_key = base_url, api_key
        host = (urlsplit(base_url).hostname or "").lower()
        self.is_openai = host == "api.openai.com" or host.endswith(".openai.azure.com")
        self.is_local = host in ("localhost", "127.0.0.1", "::1")
        self._length = "max_completion_tokens" if self.is_openai else "max_tokens"
        self._warmth = {} if self.is_openai else {"temperature": 0.2}
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    async def _open(self) -> "AsyncOpenAI":
        async with self._opening:
            if self._client is None:
                openai = await asyncio.to_thread(importlib.import_module, "openai")
                # A proxy from the environment must not come between us and our own machine; and what is not encrypted
                # needs no certificates, whose reading takes longer than many an answer.
                plain = self._base_url.startswith("http://")
                line = (
                    openai.DefaultAsyncHttpxClient(trust_env=False, verify=not plain)
                    if self.is_local
                    else None
                )
                self._client = openai.AsyncOpenAI(
                    base_url=self._base_url,
                    api_key=self._api_key or "none",
                    max_retries=0,
                    timeout=600,
                    http_client=line,
                )
            return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def ask(
        self, model: str, messages: list[Message], *, rung: int, schema: dict[str, Any], most_tokens: int
    ) -> ServerReply:
        """Ask once. `rung`: 0 with the strict schema, 1 with JSON only, 2 plain. ServerTrouble, TooNew."""
        client = await self._open()
        import openai

        question: dict[str, Any] = {
            "model": model,
            "messages": messages,
            self._length: most_tokens,
            **self._warmth,
        }
        if rung == 0:
            wanted = {"name": "answer", "strict": True, "schema": schema}
            question["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif rung == 1:
            question["response_format"] = {"type": "json_object"}
        try:
            async with client.chat.completions.with_streaming_response.create(**question) as response:
                raw = bytearray()
                async for piece in response.iter_bytes():
                    raw += piece
                    if len(raw) > MOST_BYTES:
                        raise ServerTrouble("the model's answer was far too long", charged=True)
                return _unpacked(bytes(raw), response.headers.get("x-request-id") or "")
        except openai.APIStatusError as error:
            raise (self._learned(error) or _status(error, model)) from error
        except openai.APIConnectionError as error:
            reached = (
                not isinstance(error.__cause__, ConnectionError)
                and "Connect" not in type(error.__cause__).__name__
            )
            raise ServerTrouble("the model server cannot be reached", again=True, charged=reached) from error
        except openai.OpenAIError as error:
            raise ServerTrouble(f"the model server could not be asked ({type(error).__name__})") from error

    def _learned(self, error: "APIStatusError") -> ServerTrouble | None:
        """What a refusal teaches of a setting this server or model does not take; asked anew without it."""
        words = error.message.lower()
        if error.status_code in (400, 422) and "temperature" in words and self._warmth:
            self._warmth = {}
        elif (
            error.status_code in (400, 422)
            and "max_completion_tokens" in words
            and self._length == "max_tokens"
        ):
            self._length = "max_completion_tokens"
        else:
            return None
        return ServerTrouble("the model server refused a setting", again=True)


def _status(error: "APIStatusError", model: str) -> Exception:
    match error.status_code:
        case 400 | 422:
            return TooNew(f"the model server refused the question ({error.status_code})")
        case 401 | 403:
            return ServerTrouble("the model server refuses our key")
        case 404:
            return ServerTrouble(f"the model server does not know the model {model}"[:200])
        case 429:
            wait = _retry_after(error.response.headers)
            return ServerTrouble(
                "the model server asked us to slow down, or its quota is used up", again=True, wait=wait
            )
        case code:
            return ServerTrouble(f"the model server failed ({code})", again=code in (408, 409) or code >= 500)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(timedelta(seconds=seconds), _GENTLE_WAIT) if 0 < seconds < 1e6 else None


def _unpacked(raw: bytes, request_id: str) -> ServerReply:
    """The first choice of a completion; ServerTrouble when the body is none."""
    try:
        body = json.loads(raw)
        choice = body["choices"][0]
        message = choice["message"]
        content = message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ServerTrouble(
            "the model server's answer could not be read", again=True, charged=True
        ) from error
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    usage = body.get("usage")
    return ServerReply(
        text=content if isinstance(content, str) else "",
        broke_off=choice.get("finish_reason") == "length",
        refused=bool(message.get("refusal")) or choice.get("finish_reason") == "content_filter",
        usage=usage if isinstance(usage, dict) else {},
        request_id=request_id or str(body.get("id") or ""),
    )

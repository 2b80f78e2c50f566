"""The doctor at the model server: the key, the models by name, and one answer of a few tokens."""

from difflib import get_close_matches

import openai

from handlers.doctor.findings import Finding, fail, ok
from handlers.settings import Model, Settings

SECONDS = 20.0
FEW = 16
"""Tokens of the one answer asked for where the server's list does not name the model."""


async def model(settings: Settings) -> list[Finding]:
    wanted = settings.model
    assert wanted is not None
    key = settings.secrets.openai_api_key.get_secret_value() or "none"
    async with openai.AsyncOpenAI(
        base_url=wanted.base_url, api_key=key, max_retries=0, timeout=SECONDS
    ) as client:
        try:
            return await _look(client, wanted)
        except openai.AuthenticationError:
            return [fail("model", "the server does not know the key", "Check OPENAI_API_KEY.")]
        except openai.PermissionDeniedError:
            return [
                fail(
                    "model",
                    "the key is not allowed to do this",
                    "Give it the right to chat completions, or take another.",
                )
            ]
        except openai.RateLimitError:
            return [
                fail(
                    "model",
                    "the server is busy, or the account is out of credit",
                    "Look at the provider's account page.",
                )
            ]
        except openai.APIConnectionError as error:
            cause = type(error.__cause__ or error).__name__
            return [
                fail(
                    "model",
                    f"no server answers there ({cause})",
                    "Check [model] base_url, and that the server runs.",
                )
            ]
        except openai.OpenAIError as error:
            return [
                fail(
                    "model",
                    f"the server's answer cannot be used ({_said(error)})",
                    "Check [model] base_url; it usually ends in /v1.",
                )
            ]


async def _look(client: openai.AsyncOpenAI, wanted: Model) -> list[Finding]:
    names = dict.fromkeys((wanted.draft_model, wanted.sorting_model))
    listed = await _listed(client)
    found = []
    for name in names:
        if name in listed:
            found.append(ok("model", f"{name} is there"))
            continue
        try:
            await _ask(client, name)
        except (openai.NotFoundError, openai.BadRequestError) as error:
            close = get_close_matches(name, listed, n=1, cutoff=0.4)
            hint = (
                f'Did you mean "{close[0]}"?'
                if close
                else f"It has: {', '.join(listed[:8]) or 'none it names'}."
            )
            found.append(
                fail("model", f"the server cannot use {name!r} ({_said(error)})", f"Mend [model]. {hint}")
            )
            continue
        found.append(ok("model", f"{name} answers"))
    return [*found, ok("budget", f"{wanted.monthly_budget} a month; spending stops there")]


async def _listed(client: openai.AsyncOpenAI) -> list[str]:
    """The models the server names; some servers have no list."""
    try:
        return sorted([model.id async for model in client.models.list()])
    except (openai.NotFoundError, openai.APIResponseValidationError):
        return []


async def _ask(client: openai.AsyncOpenAI, name: str) -> None:
    """One answer of a few tokens; older servers know the limit by its older name only."""
    asked = [{"role": "user", "content": "Say yes."}]
    try:
        await client.chat.completions.create(model=name, messages=asked, max_completion_tokens=FEW)  # type: ignore[arg-type]
    except openai.BadRequestError:
        await client.chat.completions.create(model=name, messages=asked, max_tokens=FEW)  # type: ignore[arg-type]


def _said(error: openai.OpenAIError) -> str:
    code = getattr(error, "status_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__

"""Waiting for something outside to come true, with a deadline and a look at what was there instead."""

import asyncio
from collections.abc import Callable
from typing import Any


async def eventually(true: Callable[[], Any], *, seconds: float = 30.0, instead: Callable[[], str] = str) -> Any:
    """The first truthy value of `true` (awaited if it is awaitable); AssertionError with `instead()` when time is up."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        value = true()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"it did not come true within {seconds:g} s\n{instead()}")
        await asyncio.sleep(0.02)

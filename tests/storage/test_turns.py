"""One writer at a time, and what a person waits for goes first."""

import asyncio

import pytest

from storage.turns import Turns, hurried


async def test_the_hurried_go_first_and_the_others_in_the_order_they_came() -> None:
    turns, order = Turns(), []

    async def write(name: str) -> None:
        async with turns.mine():
            order.append(name)
            await asyncio.sleep(0)

    async def press(name: str) -> None:
        with hurried():
            await write(name)

    async with asyncio.TaskGroup() as group:
        for work in (write("job 1"), write("job 2"), write("job 3"), press("press 1"), press("press 2")):
            group.create_task(work)

    assert order == ["job 1", "press 1", "press 2", "job 2", "job 3"]


async def test_whoever_stops_waiting_holds_up_nobody() -> None:
    turns, order = Turns(), []

    async def write(name: str) -> None:
        async with turns.mine():
            order.append(name)

    async with turns.mine():
        waiting = [asyncio.create_task(write(name)) for name in ("gone", "kept")]
        await asyncio.sleep(0)
        waiting[0].cancel()
    await waiting[1]

    assert order == ["kept"]
    assert waiting[0].cancelled()


async def test_a_turn_given_to_somebody_who_is_told_to_stop_is_passed_on() -> None:
    turns, order = Turns(), []

    async def write(name: str) -> None:
        async with turns.mine():
            order.append(name)

    async with turns.mine():
        waiting = [asyncio.create_task(write(name)) for name in ("gone", "kept")]
        await asyncio.sleep(0)
    waiting[0].cancel()  # its turn has come, it has not run yet
    await asyncio.gather(*waiting, return_exceptions=True)

    assert order == ["kept"]


async def test_a_turn_ends_with_its_error() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="no"):
        async with turns.mine():
            raise ValueError("no")

    async with turns.mine():
        pass

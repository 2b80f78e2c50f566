"""A worker that dies in the middle of a step leaves nothing undone and nothing done twice."""

import psycopg
import pytest

from tests.flows.eventually import eventually
from tests.flows.house import House


async def test_another_worker_finishes_what_a_killed_one_began(house: House) -> None:
    if house.parts is None:
        pytest.skip("one process has no other worker; the crash tests kill it at every point")
    with psycopg.connect(house.settings.storage.url) as lock:
        lock.execute("LOCK TABLE draft IN EXCLUSIVE MODE")  # so that it dies exactly while it writes the draft
        await house.post.send("Lucien", "Menu", "Hello,\n\ncould the menu have a second page?\n\nLucien")

        def blocked() -> bool:
            query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            with psycopg.connect(house.settings.storage.url, autocommit=True) as look:
                return look.execute(query).fetchone() is not None

        await eventually(blocked, instead=lambda: house.parts.logs() if house.parts else "")
        await house.parts.kill("worker")
    await house.parts.start_one("worker")

    card = await house.desk.card("could the menu have a second page", seconds=45)

    await card.press("maren", "No reply")
    await card.until_over()
    assert len(house.desk.cards("could the menu have a second page")) == 1

"""A second start changes nothing twice; being told to stop ends work in order."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.flows.backends import free_port
from tests.flows.house import House, open_house


async def test_a_second_start_changes_nothing(own_house: House) -> None:
    asked = await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    card = await own_house.desk.card("how do you usually work")
    await own_house.post.send("Omar", "Friday", "Hi,\n\nwhen are you open on Friday?\n\nOmar")
    await (await own_house.desk.handled("Re: Friday")).until("sent")
    await own_house.quiet()
    before = own_house.desk.shown()

    await own_house.restart()
    await own_house.quiet()
    assert own_house.desk.shown() == before

    await card.press("maren", "Send")
    await own_house.post.answer("Nora", asked)
    assert len(own_house.post.letters("Omar")) == 1


async def test_what_came_while_it_was_closed_is_read(own_house: House) -> None:
    await own_house.close()
    await own_house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
    await own_house.workspace.post_message("kajsa", "client-boman", "When is the first sketch ready?")

    await own_house.open()

    await own_house.desk.card("how do you usually work")
    await own_house.desk.card("When is the first sketch ready?")


async def test_a_house_that_is_told_to_stop_ends_in_order(tmp_path: Path) -> None:
    async with open_house(tmp_path / "home") as house:
        await house.close()
        command = [sys.executable, "-m", "handlers", "run", "--home", str(house.home)]
        running = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, "UNDERSTUDY_WEB__ADDRESS": f"127.0.0.1:{free_port()}"}, stderr=asyncio.subprocess.PIPE
        )
        await house.post.send("Nora", "A logo", "Hello,\n\nhow do you usually work?\n\nNora")
        card = await house.desk.card("how do you usually work")

        running.send_signal(signal.SIGTERM)
        _, said = await running.communicate()

        assert running.returncode == 0, said.decode()
        assert b"Traceback" not in said
        await house.open()
        await card.press("maren", "No reply")
        await card.until_over()
        await house.quiet()

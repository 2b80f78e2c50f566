"""A practice world started as a newcomer starts it, and Debian's Chromium in front of it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.browser.letters import Letters
from tests.flows.eventually import eventually
from tests.needed import missing

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PATIENCE = 15_000
"""Milliseconds. Everything happens in well under a second; a busy build server may take its time."""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All stories share one loop, for the browser and the world live longer than one of them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@dataclass(frozen=True)
class PracticeWorld:
    """A running `understudy rehearse`, known only by what it says of itself."""

    web: str
    letters: Letters


@asynccontextmanager
async def rehearsing(home: Path) -> AsyncIterator[PracticeWorld]:
    """`understudy rehearse` in its own process on free ports, until the block is left."""
    words = ["-m", "handlers", "rehearse", "--home", str(home), "--no-browser", "--fast"]
    ports = [word for port in ("--smtp-port", "--imap-port", "--web-port") for word in (port, "0")]
    with (home / "rehearse.log").open("w+") as log:
        process = await asyncio.create_subprocess_exec(sys.executable, *words, *ports, cwd=ROOT, stdout=log, stderr=log)
        try:
            said = home / "rehearsal.json"
            await eventually(
                lambda: said.exists() or process.returncode is not None, seconds=45, instead=(home / "rehearse.log").read_text
            )
            assert process.returncode is None, (home / "rehearse.log").read_text()
            about = json.loads(said.read_text(encoding="utf-8"))
            yield PracticeWorld(about["web"], Letters(about))
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    assert "Traceback" not in (home / "rehearse.log").read_text()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def world(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> AsyncIterator[PracticeWorld]:
    async with rehearsing(tmp_path_factory.mktemp("practice")) as running:
        yield running


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    if not HAS_CHROMIUM:
        missing(f"there is no {CHROMIUM}")
    async with async_playwright() as driver:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        await chromium.close()


@dataclass(frozen=True)
class Desk:
    """One person at the page."""

    page: Page

    @property
    def messages(self) -> Locator:
        return self.page.get_by_test_id("messages").locator("> li")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_test_id("thread-messages").locator("> li")

    def card(self, words: str) -> Locator:
        """The newest message in the channel that holds these words."""
        return self.messages.filter(has_text=words).last

    async def play(self, scene: str) -> None:
        await self.page.locator(f"[data-scene={scene}]").click()

    async def press(self, where: Locator, button: str) -> None:
        await where.locator("button[data-action-id]", has_text=button).first.click()

    async def command(self, words: str) -> Locator:
        """Type a slash command; the private answer."""
        private = self.messages.filter(has_text="Only visible to you")
        before = await private.count()
        box = self.page.get_by_test_id("composer").locator("textarea")
        await box.fill(words)
        await box.press("Enter")
        await expect(private).to_have_count(before + 1)
        return private.last

    async def no_overflow(self) -> bool:
        return bool(await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def window(browser: Browser) -> AsyncIterator[BrowserContext]:
    """An ordinary screen; shared, so that the page's script and style are fetched once."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="package")
async def sit_down(world: PracticeWorld, browser: Browser, window: BrowserContext) -> AsyncIterator[Callable[..., Awaitable[Desk]]]:
    """Open the page: as whom, and how the screen is. What the page's script complains of fails the story."""
    opened: list[BrowserContext | Page] = []
    complaints: list[str] = []

    async def seat(as_whom: str = "Maren Hallberg", **screen: Any) -> Desk:
        context = window
        if screen:
            context = await browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | screen))
            opened.append(context)
        page = await context.new_page()
        opened.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(world.web)
        actors = page.get_by_test_id("acting-as")
        if as_whom not in await actors.locator("option:checked").inner_text():
            person = await actors.locator("option", has_text=as_whom).get_attribute("value")
            await page.goto(f"{world.web}/?as={person}")
        await page.wait_for_selector(".live[data-state=on]")
        return Desk(page)

    yield seat
    for one in reversed(opened):
        await one.close()
    assert complaints == []

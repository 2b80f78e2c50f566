"""Takes the pictures of the documentation: a practice world, a real browser, the same story in light and dark.

    .venv/bin/python docs/make_pictures.py

It wants Chromium at /usr/bin/chromium and an emoji font (Debian: chromium, fonts-noto-color-emoji).
"""

import asyncio
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handlers.app import Tuning
from handlers.rehearsal.mail_pane import Sheet, send, written
from handlers.rehearsal.world import FAST_UNDO, World, practice_world

CHROMIUM = "/usr/bin/chromium"
HERE = Path(__file__).parent / "pictures"
DESK = {"width": 1280, "height": 980}
PHONE = {"width": 390, "height": 780}

QUESTION = """\
Hi Maren,

which files do we get for the bread bags at the end, and is the fig there as SVG? The printer in Majorna asks.

Ingrid
"""


async def main() -> None:
    """Light and dark, each from a fresh world, so that both show the same."""
    HERE.mkdir(exist_ok=True)
    async with async_playwright() as driver:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        for scheme in ("light", "dark"):
            with tempfile.TemporaryDirectory() as home:
                tuning = Tuning(undo=FAST_UNDO)
                async with practice_world(Path(home), smtp_port=0, imap_port=0, web_port=0, tuning=tuning) as world:
                    await take(world, browser, scheme)
        await browser.close()


async def take(world: World, browser: Browser, scheme: str) -> None:
    """The story in one colour scheme: a card, its reply, the day's thread, the digest, a phone."""
    context = await browser.new_context(viewport=DESK, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(world.web)
    await page.wait_for_selector(".live[data-state=on]")

    await write(world, "Ingrid Solberg", "The bread bags: files", QUESTION)
    card = message(page, "which files do we get for the bread bags")
    await expect(card.get_by_role("button", name="Send")).to_be_visible()
    await choose_mailbox(page, "Ingrid Solberg")
    folders = page.get_by_role("navigation", name="Folders")
    await folders.get_by_role("link", name="Sent").click()
    await expect(page.get_by_test_id("mail-list")).to_contain_text("The bread bags: files")
    await settled(page)
    await page.screenshot(path=HERE / f"card-{scheme}.png")

    await card.get_by_role("button", name="Send", exact=True).click()
    await expect(card).to_contain_text("it has left")
    await folders.get_by_role("link", name="Inbox").click()
    await page.get_by_test_id("mail-list").get_by_text("Re: The bread bags: files").click()
    await expect(page.get_by_test_id("mail-body")).to_contain_text("SVG")
    await settled(page)
    await page.screenshot(path=HERE / f"reply-{scheme}.png")

    await play(page, "scheduling")
    await message(page, "Handled,").get_by_test_id("open-thread").click()
    thread = page.get_by_test_id("thread-messages")
    await expect(thread.get_by_role("button", name="Undo")).to_be_visible()
    await settled(page)
    await page.screenshot(path=HERE / f"handled-{scheme}.png")
    await expect(thread.get_by_role("button", name="Undo")).to_have_count(0)
    await page.get_by_label("Close thread").click()

    for scene, words in (
        ("angry-client", "This is the second time the files are wrong"),
        ("pricing-exception", "The quote for the catalogue"),
        ("forwarded-mail", "A sign for the studio door"),
    ):
        await play(page, scene)
        await expect(message(page, words)).to_contain_text("Proposed reply")
    await play(page, "newsletter")
    await page.get_by_test_id("composer").locator("textarea").fill("/understudy digest")
    await page.get_by_test_id("composer").locator("textarea").press("Enter")
    await expect(message(page, "Only visible to you")).to_contain_text("Paperhouse News")
    await settled(page)
    await page.screenshot(path=HERE / f"digest-{scheme}.png")
    await context.close()

    pocket = await browser.new_context(viewport=PHONE, color_scheme=scheme, device_scale_factor=1.5)
    page = await pocket.new_page()
    await page.goto(world.web)
    await page.wait_for_selector(".live[data-state=on]")
    await message(page, "This is the second time the files are wrong").scroll_into_view_if_needed()
    await page.screenshot(path=HERE / f"phone-{scheme}.png")
    await pocket.close()


async def write(world: World, name: str, subject: str, text: str) -> None:
    """A mail from this person, by SMTP."""
    writer = next(person for person in world.business.people if person.name == name)
    sheet = Sheet(to=world.business.address, subject=subject, text=text)
    await send(written(sheet, writer.name, writer.address, datetime.now(world.business.zone)), world.mail)


def message(page: Page, words: str) -> Locator:
    return page.get_by_test_id("messages").locator("> li").filter(has_text=words).last


async def play(page: Page, scene: str) -> None:
    await page.locator(f"[data-scene={scene}]").click()
    await page.get_by_test_id("toast").last.get_by_role("button", name="Dismiss").click()


async def choose_mailbox(page: Page, name: str) -> None:
    mailbox = page.get_by_test_id("mailbox")
    address = await mailbox.locator("option", has_text=name).get_attribute("value")
    await mailbox.select_option(address)


async def settled(page: Page) -> None:
    """Nothing hovered, the newest message whole, no busy button."""
    await page.mouse.move(2, 2)
    await page.locator("[data-scroller]").first.evaluate("it => it.scrollTop = it.scrollHeight")
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


if __name__ == "__main__":
    asyncio.run(main())

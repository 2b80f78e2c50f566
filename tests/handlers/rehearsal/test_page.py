"""The practice page: served over loopback, driven in a real browser, with a real bolt app behind the buttons."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from datetime import date
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from handlers.rehearsal.business import sample_business
from handlers.rehearsal.cast import cast_of
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson
from handlers.rehearsal.page import page_routes
from handlers.rehearsal.slack_api import routes
from handlers.rehearsal.slack_limits import Timing
from handlers.rehearsal.slack_seed import PRACTICE_MANIFEST, Seed, SeedChannel, SeedPerson, sow
from handlers.rehearsal.slack_server import served
from handlers.rehearsal.workspace import Workspace

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()


pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = Seed(
    team="Studio Hallberg",
    people=(
        SeedPerson("maren", "Maren Hallberg", "owner", "maren@studio-hallberg.example"),
        SeedPerson("jonas", "Jonas Lind", "delegate", "jonas@studio-hallberg.example"),
        SeedPerson("kajsa", "Kajsa Boman", "connect", "kajsa@boman-ceramics.example", company="Boman"),
    ),
    channels=(
        SeedChannel("desk", ("maren", "jonas", "understudy")),
        SeedChannel("general", ("maren", "jonas", "understudy")),
        SeedChannel("client-boman", ("maren", "kajsa", "understudy")),
    ),
    apps=(PRACTICE_MANIFEST,),
)


def plain(text):
    return {"type": "plain_text", "text": text}


def button(text, **more):
    return {"type": "button", "text": plain(text), "action_id": text.lower(), "value": "7", **more}


CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*New inquiry* &lt;img src=x onerror=alert(1)&gt;"}},
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("Send", style="primary"),
            button("Edit"),
            button("Never"),
            button("Drop", style="danger", confirm={
                "title": plain("Sure?"), "text": plain("Nobody answers then."), "confirm": plain("Drop it"), "deny": plain("Keep")}),
            {"type": "overflow", "action_id": "more", "options": [
                {"text": plain("Original mail"), "value": "mail"}, {"text": plain("Block sender"), "value": "block"}]},
        ],
    },
]  # fmt: skip
WINDOW = {
    "type": "modal",
    "callback_id": "edit",
    "title": plain("Edit and send"),
    "submit": plain("Send now"),
    "blocks": [
        {"type": "input", "block_id": "reply", "label": plain("Reply"),
         "element": {"type": "plain_text_input", "action_id": "text", "multiline": True, "initial_value": "Hi Nora"}},
        {"type": "actions", "block_id": "b", "elements": [button("Sources")]},
    ],
}  # fmt: skip


def desk_app(client, heard):
    """A small app of the kind the page is for: it answers every button in time, except "Never"."""
    app = AsyncApp(client=client, process_before_response=True)

    @app.action("send")
    async def on_send(ack, body, client):
        await ack()
        text = f"Sent by <@{body['user']['id']}>"
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[section]
        )

    @app.action("edit")
    async def on_edit(ack, body, client):
        await client.views_open(trigger_id=body["trigger_id"], view=WINDOW)
        await ack()

    @app.action("sources")
    async def on_sources(ack, body, client):
        view = {
            "type": "modal",
            "title": plain("Sources"),
            "blocks": [{"type": "section", "text": plain("how-we-work")}],
        }
        await client.views_push(trigger_id=body["trigger_id"], view=view)
        await ack()

    @app.action("never")
    async def on_never(ack):
        await heard["world ends"].wait()

    @app.action("drop")
    async def on_drop(ack, body, client):
        await ack()
        channel, user = body["channel"]["id"], body["user"]["id"]
        await client.chat_postEphemeral(channel=channel, user=user, text="It was dropped already.")

    @app.action("more")
    async def on_more(ack, action):
        heard["overflow"] = action["selected_option"]["value"]
        await ack()

    @app.view("edit")
    async def on_edited(ack, view):
        text = view["state"]["values"]["reply"]["text"]["value"]
        heard["edited"] = text
        await (
            ack() if len(text) > 9 else ack(response_action="errors", errors={"reply": "Too short to send."})
        )

    @app.command("/understudy")
    async def on_command(ack, command):
        await ack(text=f"You asked for *{command['text']}*.")

    @app.event("app_home_opened")
    async def on_home(event, client):
        blocks = [{"type": "header", "text": plain("What needs you")}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.event("message")
    async def on_message(event):
        pass

    @app.event("reaction_added")
    async def on_reaction(event):
        heard["reaction"] = event["reaction"]

    return app


@asynccontextmanager
async def running_world(tmp_path):
    """A workspace with an app in it, the mail server, and the page, all on loopback."""
    workspace = Workspace(":memory:", timing=Timing(ack=1.0))
    sow(workspace, SEED)
    business = cast_of(sample_business(date(2026, 11, 22)), workspace)
    people = [PracticePerson(business.name, "business", business.address, "hello", "pw")] + [
        PracticePerson(one.name, one.role, one.address, f"user{n}", "pw")
        for n, one in enumerate(business.people)
    ]
    heard = {"world ends": asyncio.Event()}
    async with PracticeMail(people, tmp_path / "mail.db", smtp_port=0, imap_port=0) as mail:
        await workspace.delivery.sockets.open("127.0.0.1")
        web = Starlette(routes=[*routes(workspace), *page_routes(workspace, mail, business)])
        async with served(web) as address, aiohttp.ClientSession() as session:
            workspace.address = address
            installed = next(iter(workspace.apps.values()))
            client = AsyncWebClient(installed.bot_token, base_url=f"{address}/api/", session=session)
            app = AsyncSocketModeHandler(desk_app(client, heard), installed.app_token)
            await app.connect_async()
            desk = workspace.channel("#desk").id
            card = await client.chat_postMessage(channel=desk, text="New inquiry", blocks=CARD)
            yield SimpleNamespace(
                workspace=workspace, mail=mail, business=business, address=address, client=client, heard=heard, desk=desk,
                card=card["ts"], maren=workspace.person("maren").id, session=session,
            )  # fmt: skip
            heard["world ends"].set()
            await app.close_async()
            await app.client.aiohttp_client_session.close()
            await workspace.delivery.close()
    await workspace.close()


@pytest_asyncio.fixture(loop_scope="module")
async def world(tmp_path):
    async with running_world(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    if not HAS_CHROMIUM:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail(f"there is no {CHROMIUM}")
        pytest.skip(f"there is no {CHROMIUM}")
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield await chromium.new_context(viewport={"width": 1440, "height": 900})
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(world, browser):
    tab = await browser.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await tab.goto(world.address)
    await tab.wait_for_selector(".live[data-state=on]")
    yield tab
    await tab.close()
    assert complaints == []


def expect(locator):
    from playwright.async_api import expect as playwright_expect

    return playwright_expect(locator)


async def test_the_first_press_settles_a_card(page, world):
    card = page.locator(f"[data-card-ts='{world.card}']")
    await expect(card.locator(".block-section")).to_contain_text("<img src=x onerror=alert(1)>")

    await card.locator("[data-action-id=send]").click()

    settled = page.locator(f"[data-ts='{world.card}']")
    await expect(settled).to_contain_text("Sent by @Maren Hallberg")
    await expect(settled.locator("button[data-action-id]")).to_have_count(0)


async def test_a_press_the_app_does_not_answer_is_shown_as_failed_and_can_be_tried_again(page, world):
    card = page.locator(f"[data-card-ts='{world.card}']")
    await card.locator("[data-action-id=never]").click()
    await expect(card.locator("[data-action-id=send]")).to_be_disabled()

    await expect(card.locator(".trouble")).to_contain_text("did not respond")

    await expect(card.locator("[data-action-id=never]")).to_be_enabled()


async def test_a_dangerous_button_asks_first_and_its_private_answer_can_be_dismissed(page, world):
    await page.locator("[data-action-id=drop]").click()
    await expect(page.locator("#ask")).to_contain_text("Nobody answers then.")
    await page.keyboard.press("Escape")
    await expect(page.locator(".ephemeral")).to_have_count(0)

    await page.locator("[data-action-id=drop]").click()
    await page.get_by_role("button", name="Drop it").click()

    private = page.locator(".ephemeral")
    await expect(private).to_contain_text("Only visible to you")
    await private.get_by_role("button", name="Dismiss").click()
    await expect(private).to_have_count(0)


async def test_a_menu_is_walked_with_the_arrow_keys(page, world):
    more = page.locator("[data-kind=overflow]")
    await more.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")

    await page.keyboard.press("Enter")

    await expect(more).to_be_enabled()
    assert world.heard["overflow"] == "block"


async def test_a_window_keeps_what_was_typed_through_errors_and_a_window_above_it(page, world):
    await page.locator("[data-action-id=edit]").click()
    window = page.locator("#modal[open]")
    await window.locator("textarea").fill("Hi")
    await window.get_by_test_id("modal-submit").click()
    await expect(window.locator("[data-error-for=reply]")).to_have_text("Too short to send.")

    await window.locator("[data-action-id=sources]").click()
    await expect(window).to_contain_text("how-we-work")
    await page.keyboard.press("Escape")
    await expect(window.locator("textarea")).to_have_value("Hi")
    await window.locator("textarea").fill("Hi Nora, gladly.")
    await window.get_by_test_id("modal-submit").click()

    await expect(window).to_have_count(0)
    assert world.heard["edited"] == "Hi Nora, gladly."


async def test_messages_commands_threads_and_reactions_by_keyboard(page, world):
    box = page.get_by_test_id("composer").locator("textarea")
    await box.fill("Who takes *this*?")
    await box.press("Enter")
    await expect(page.get_by_test_id("messages")).to_contain_text("Who takes this?")
    await box.press_sequentially("/und")
    await box.press("Tab")
    await box.press_sequentially("queue")
    await box.press("Enter")
    await expect(page.locator(".ephemeral")).to_contain_text("You asked for queue.")

    await page.locator(f"[data-ts='{world.card}'] [data-testid=reply-in-thread]").click(force=True)
    reply = page.get_by_test_id("thread-composer").locator("textarea")
    await reply.fill("warmer, please")
    await reply.press("Enter")
    await expect(page.get_by_test_id("thread-messages")).to_contain_text("warmer, please")
    await expect(page.locator(f"#main [data-ts='{world.card}'] .replies")).to_contain_text("1 reply")

    await world.client.reactions_add(channel=world.desk, timestamp=world.card, name="eyes")
    await page.locator(f"#main [data-ts='{world.card}'] .reaction").click()
    await expect(page.locator(f"#main [data-ts='{world.card}'] .reaction.mine")).to_contain_text("2")
    assert world.heard["reaction"] == "eyes"


async def test_what_happens_elsewhere_appears_without_a_reload(page, world):
    general = world.workspace.channel("#general").id
    await world.client.chat_postMessage(channel=general, text=f"<@{world.maren}> look")
    link = page.locator(f"[data-channel-link='{general}']")
    await expect(link.locator(".badge")).to_have_text("1")

    await link.click()

    await expect(page.locator(".mention.me")).to_have_text("@Maren Hallberg")
    await expect(link.locator(".badge")).to_have_count(0)


async def test_older_messages_come_when_asked_for(world, browser):
    for number in range(60):
        await world.workspace.post_message("jonas", world.desk, f"word {number}")
    tab = await browser.new_page()
    await tab.goto(world.address)
    await expect(tab.get_by_test_id("messages").locator("> li")).to_have_count(50)

    await tab.get_by_role("link", name="Show earlier messages").click()

    await expect(tab.get_by_test_id("messages").locator("> li")).to_have_count(61)
    await expect(tab.locator(".earlier")).to_have_count(0)
    await tab.close()


async def test_the_app_draws_its_home_when_it_is_opened(page, world):
    await page.locator("[data-app-link]").click()

    await expect(page.get_by_test_id("home")).to_contain_text("What needs you")


async def test_each_actor_sees_their_own_channels(page, world):
    await page.get_by_test_id("acting-as").select_option(label="Kajsa Boman")

    await expect(page.locator("#main h1")).to_contain_text("client-boman")
    await expect(page.get_by_test_id("channels").locator("li")).to_have_count(1)


async def test_a_scene_sends_mail_and_the_business_answers_it_threaded(page, world):
    await page.locator("[data-scene=new-inquiry]").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("Nora Ekdahl sent a mail")
    await page.get_by_test_id("mailbox").select_option(world.business.address)
    await page.locator("[data-mail-uid]").click()
    await expect(page.get_by_test_id("mail-from")).to_contain_text("nora@ekdahl-glass.example")
    await page.get_by_test_id("mail-reply").click()
    await page.get_by_test_id("mail-text").press_sequentially("Hello Nora, gladly.")
    await page.locator("input[type=file]").set_input_files(
        {"name": "preis <1>.txt", "mimeType": "text/plain", "buffer": "Größe".encode()}
    )

    await page.get_by_test_id("mail-send").click()

    await expect(page.get_by_test_id("toasts")).to_contain_text("Sent to Nora Ekdahl")
    [asked] = world.mail.messages(world.business.address)
    [answer] = world.mail.messages("nora@ekdahl-glass.example")
    asked, answer = message_from_bytes(asked.raw), message_from_bytes(answer.raw)
    assert answer["In-Reply-To"] == answer["References"] == asked["Message-ID"]
    words, file = answer.get_payload()
    assert words.get_payload(decode=True).decode().startswith("Hello Nora, gladly.\r\n\r\nOn ")
    assert (file.get_filename(), file.get_payload(decode=True).decode()) == ("preis <1>.txt", "Größe")


async def test_on_a_phone_the_panes_are_tabs(world, browser):
    tab = await browser.new_page()
    await tab.set_viewport_size({"width": 390, "height": 780})
    await tab.goto(world.address)
    await expect(tab.locator("#main")).to_be_visible()
    await expect(tab.locator("#mail")).to_be_hidden()

    await tab.get_by_role("button", name="Mail", exact=True).click()

    await expect(tab.locator("#mail")).to_be_visible()
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await tab.close()


async def test_the_page_runs_no_script_but_its_own_and_answers_no_other_site(world):
    async with world.session.get(world.address) as answer:
        policy = answer.headers["Content-Security-Policy"]
    async with world.session.get(world.address, headers={"Host": "evil.example"}) as rebound:
        pass
    body, headers = json.dumps({"as": world.maren}), {"Content-Type": "application/json"}
    async with world.session.post(
        f"{world.address}/page/act/scene", data=body, headers={**headers, "Origin": "https://evil.example"}
    ) as foreign:
        pass
    async with world.session.post(
        f"{world.address}/page/act/scene", data=body, headers={"Content-Type": "text/plain"}
    ) as simple:
        pass

    assert "script-src 'self'" in policy
    assert (rebound.status, foreign.status, simple.status) == (403, 403, 403)


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"as": "nobody"}', '{"as": 5}', '"\\ud800"'])
async def test_a_request_that_is_not_ours_is_answered_400(world, body):
    address = f"{world.address}/page/act/say"
    async with world.session.post(
        address, data=body.encode(), headers={"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 400


async def test_what_is_not_there_any_more_gives_way_to_what_is(world):
    wishes = "as=U0&channel=C0&thread=1.2&app=A0&mailbox=x@y&mail=99999&compose=reply&folder=../x"
    async with world.session.get(f"{world.address}/?{wishes}") as answer:
        text = await answer.text()

    assert answer.status == 200
    assert "#desk" in text

"""The whole story as a newcomer lives it: a practice world, a real browser, ordinary mail programs, nothing else."""

import re

from playwright.async_api import expect

SIGN = "A sign for the new shop"
FATES = r"^(\d+) (waiting|answered|closed|filed|our own|still|put aside|accounted)"
"""What may have become of a message; the counts add up to what arrived."""
QUESTION = "Which files do we get at the end, and is the logo there as SVG?"


async def test_a_mail_becomes_a_card_and_one_press_answers_it(world, sit_down):
    desk = await sit_down()
    asked = world.letters.send("Ingrid Solberg", SIGN, f"Hi Maren,\n\n{QUESTION}\n\nIngrid")
    card = desk.card(QUESTION)
    await expect(card).to_contain_text("To: Ingrid Solberg <ingrid@fjordandfig.example>")
    await expect(card).to_contain_text(f"Subject: Re: {SIGN}")
    await expect(card).to_contain_text("SVG, PDF and PNG")

    await desk.press(card, "Send")

    await expect(card).to_contain_text("Sent as drafted by Maren Hallberg")
    await expect(card.locator("button[data-action-id]")).to_have_count(0)
    reply = await world.letters.arrived("Ingrid Solberg", In_Reply_To=asked)
    assert asked in reply["References"].split()
    assert reply["From"] == "Maren Hallberg <hello@studio-hallberg.example>"
    assert reply["Subject"] == f"Re: {SIGN}"
    assert "SVG, PDF and PNG" in reply.get_content()
    copy = await world.letters.arrived("Studio Hallberg", "Sent", In_Reply_To=asked)
    assert copy["Message-ID"] == reply["Message-ID"]
    assert copy.get_content() == reply.get_content()


async def test_an_edited_reply_leaves_as_edited(world, sit_down):
    desk = await sit_down()
    asked = world.letters.send("Alva Sjögren", "Files", f"Hej,\n\n{QUESTION} Alva asks.\n\nAlva")
    card = desk.card("Alva asks.")

    await desk.press(card, "Edit")
    window = desk.page.get_by_test_id("modal")
    await window.locator("textarea").fill("Hej Alva,\n\njust as you wish.\n\nMaren")
    await desk.page.get_by_test_id("modal-submit").click()

    await expect(card).to_contain_text("Edited and sent by Maren Hallberg")
    reply = await world.letters.arrived("Alva Sjögren", In_Reply_To=asked)
    assert reply.get_content().strip() == "Hej Alva,\n\njust as you wish.\n\nMaren"


async def test_a_late_press_gets_a_private_answer_and_sends_nothing(world, sit_down):
    maren, jonas = await sit_down(), await sit_down("Jonas Lind")
    asked = world.letters.send("Omar Haddad", "Files", f"Hi,\n\n{QUESTION} Omar asks.\n\nOmar")
    await jonas.press(jonas.card("Omar asks."), "Edit")
    await expect(jonas.page.get_by_test_id("modal")).to_be_visible()
    await maren.press(maren.card("Omar asks."), "Send")
    await expect(maren.card("Omar asks.")).to_contain_text("Sent as drafted by Maren Hallberg")

    await jonas.page.get_by_test_id("modal-submit").click()

    told = jonas.page.get_by_text("This was settled already: Sent as drafted by Maren Hallberg")
    await expect(told).to_be_visible()
    await expect(maren.messages.filter(has_text="settled already")).to_have_count(0)
    reply = await world.letters.arrived("Omar Haddad", In_Reply_To=asked)
    assert "SVG, PDF and PNG" in reply.get_content()


async def test_a_scheduling_question_is_answered_without_a_card_and_can_be_undone(world, sit_down):
    desk = await sit_down()
    await desk.play("scheduling")
    handled = desk.card("Handled,")
    await handled.get_by_test_id("open-thread").click()
    first = desk.thread.filter(has_text="Havet Swim School")
    await expect(first).to_contain_text("Offer times for a meeting")
    await expect(first).to_contain_text("· sent")
    left = await world.letters.arrived("Omar Haddad", Subject="Re: A call next week?")
    assert "https://book.studio-hallberg.example/maren" in left.get_content()

    await desk.play("scheduling")
    second = desk.thread.filter(has_text="Fjord & Fig Bakery")
    await desk.press(second, "Undo")

    await expect(second.get_by_role("button", name="Undo")).to_have_count(0)
    card = desk.card("Ingrid Solberg <ingrid@fjordandfig.example>")
    await expect(card).to_contain_text("could we find a time for a call next week?")
    await expect(card.get_by_role("button", name="Send")).to_be_visible()
    assert not [mail for mail in world.letters.read("Ingrid Solberg") if mail["Subject"] == left["Subject"]]


async def test_an_angry_client_reaches_the_owner_and_nothing_leaves(world, sit_down):
    desk = await sit_down()
    await desk.play("angry-client")

    card = desk.card("This is the second time the files are wrong")

    await expect(card.locator(".mention", has_text="@Maren Hallberg")).to_have_count(1)
    await expect(card).to_contain_text("please decide")
    assert world.letters.read("Mats Grönlund") == []


async def test_a_discount_reaches_the_delegate_who_covers_prices(sit_down):
    desk = await sit_down()
    await desk.play("pricing-exception")

    card = desk.card("could you give us a discount of 15 percent")

    await expect(card.locator(".mention", has_text="@Jonas Lind")).to_have_count(1)
    await expect(card.locator(".mention", has_text="@Maren Hallberg")).to_have_count(0)


async def test_a_forwarded_mail_is_credited_to_its_writer(world, sit_down):
    desk = await sit_down()
    await desk.play("forwarded-mail")

    card = desk.card("A sign for the studio door")

    await expect(card).to_contain_text("I read this as from Kajsa Boman (forwarded by Maren Hallberg)")
    await expect(card).to_contain_text("To: Kajsa Boman <kajsa@boman-ceramics.example>")
    await desk.press(card, "Send")
    await world.letters.arrived("Kajsa Boman", Subject="Re: A sign for the studio door")
    assert world.letters.read("Maren Hallberg") == []


async def test_orders_to_the_machine_are_shown_and_not_obeyed(world, sit_down):
    desk = await sit_down()
    await desk.play("prompt-injection")

    card = desk.card("SYSTEM NOTE TO THE ASSISTANT")

    await expect(card).to_contain_text("To: Tom Whitby <tom.whitby@leafandladle.example>")
    await expect(card).to_contain_text("the message tries to give orders to a machine")
    await expect(card.get_by_role("button", name="Send")).to_be_visible()
    assert world.letters.read("Tom Whitby") == []


async def test_a_client_in_slack_is_answered_in_their_own_thread(sit_down):
    desk = await sit_down()
    await desk.play("slack-question")
    card = desk.card("Which files do we get at the end, and will the logo be there as SVG? Our printer asks.")

    await desk.press(card, "Send")
    await expect(card).to_contain_text("Sent as drafted by Maren Hallberg")
    await desk.page.get_by_test_id("channels").get_by_text("client-boman").click()
    await desk.card("Our printer asks.").get_by_test_id("open-thread").click()

    await expect(desk.thread.last).to_contain_text("SVG, PDF and PNG")
    assert re.search(r"Hi Kajsa,\n+You get the logo", await desk.thread.last.inner_text())


async def test_the_digest_adds_up_and_says_why_a_newsletter_was_filed(world, sit_down):
    desk = await sit_down()
    await desk.play("newsletter")
    await desk.play("out-of-office")
    filed = await desk.command("/understudy filed")
    for _again in range(20):
        if "Paperhouse News" in (said := await filed.inner_text()) and "Lindqvist" in said:
            break
        filed = await desk.command("/understudy filed")
    await expect(filed).to_contain_text("list mail: List-Id")
    await expect(filed).to_contain_text("an automatic reply")

    digest = await (await desk.command("/understudy digest")).inner_text()

    arrived = int(_number(r"Arrived in the last 24 hours: (\d+)", digest))
    fates = {what: int(count) for count, what in re.findall(FATES, digest, re.MULTILINE)}
    assert sum(fates.values()) == arrived, digest
    assert fates["filed"] == 2
    assert len(re.findall(r"^(?:REPLY|DECIDE|CHECK|DO) · ", digest, re.MULTILINE)) <= 5


async def test_what_a_client_received_is_read_in_the_mail_pane(world, sit_down):
    desk = await sit_down()
    asked = world.letters.send("Henrik Lindqvist", "Files for the site", f"Hi,\n\n{QUESTION} Henrik asks.\n\nHenrik")
    await desk.press(desk.card("Henrik asks."), "Send")
    await world.letters.arrived("Henrik Lindqvist", In_Reply_To=asked)

    mailbox = desk.page.get_by_test_id("mailbox")
    address = await mailbox.locator("option", has_text="Henrik Lindqvist").get_attribute("value")
    await mailbox.select_option(address)
    await desk.page.get_by_test_id("mail-list").get_by_text("Re: Files for the site").click()

    await expect(desk.page.get_by_test_id("mail-body")).to_contain_text("SVG, PDF and PNG")
    await expect(desk.page.get_by_test_id("mail-from")).to_contain_text("Maren Hallberg")


async def test_it_is_readable_in_the_dark_and_on_a_phone(sit_down):
    for screen in (
        {"color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 780}, "color_scheme": "light"},
        {"viewport": {"width": 320, "height": 640}},
    ):
        desk = await sit_down(**screen)
        await expect(desk.messages.first).to_be_attached()
        assert await desk.no_overflow(), screen
        tabs = desk.page.get_by_role("navigation", name="Panes")
        if await tabs.is_visible():
            for pane in ("Mail", "Channels", "Messages"):
                await tabs.get_by_role("button", name=pane, exact=True).click()
                assert await desk.no_overflow(), (screen, pane)
        background = await desk.page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")
        dark = screen.get("color_scheme") == "dark"
        assert (max(int(one) for one in re.findall(r"\d+", background)[:3]) < 80) == dark, (screen, background)


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]

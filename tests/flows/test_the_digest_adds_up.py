"""The day's page: at most five rows of what needs somebody, and counts that add up to what arrived."""

import re
from datetime import timedelta

from tests.flows.house import House


async def test_the_digest_adds_up(house: House) -> None:
    await house.post.send("Sara", "Datum", "Hej!\n\nKan vi få ett förslag på en affisch?\n\nSara")
    await house.post.send("Shop", "Sale", "All paper half price", address="sale@paper.example", headers={"Precedence": "bulk"})
    await house.desk.card("förslag på en affisch")
    await house.quiet()

    page = await house.desk.say("maren", "/understudy digest")

    [total] = re.findall(r"Arrived in the last 24 hours: (\d+)", page)
    fates = re.findall(r"^(\d+) (?:waiting|answered|closed|filed|our own|still|put aside|accounted)", page, re.MULTILINE)
    assert int(total) == sum(map(int, fates)) >= 2
    rows = re.findall(r"^(?:REPLY|DECIDE|CHECK|DO) · .*$", page, re.MULTILINE)
    assert 1 <= len(rows) <= 5
    assert "Sale" in page


async def test_a_digest_is_posted_each_morning(own_house: House) -> None:
    await own_house.post.send("Tom", "Packaging", "What does packaging for a small tea brand cost?")
    await own_house.desk.card("packaging for a small tea brand")

    own_house.clock.ahead = timedelta(hours=23, minutes=59)

    digest = await own_house.desk.posted("1 needs you", "1 arrived = 1 waiting for a person")
    assert digest.holds("REPLY · Tom Whitby", "What does packaging for a small tea brand cost?")
    assert not digest.anybody_mentioned


async def test_only_our_people_get_pages(own_house: House) -> None:
    own_house.workspace.join(own_house.workspace.channel("desk"), own_house.workspace.person("kajsa").id)

    said = await own_house.desk.say("kajsa", "/understudy queue")

    assert said == "This is for the owner and the delegates of this business."

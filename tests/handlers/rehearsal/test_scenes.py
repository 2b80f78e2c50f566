"""The ready scenes, by real SMTP to a real practice mail server and into a real practice workspace."""

from collections import Counter
from datetime import date

import pytest

from bot.errors import Refused
from bot.inbound import Kind
from handlers.mail.reading import read_mail
from handlers.rehearsal.business import sample_business
from handlers.rehearsal.cast import cast_of
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson
from handlers.rehearsal.scenes import SCENES, play
from handlers.rehearsal.slack_seed import Seed, SeedChannel, SeedPerson, sow
from handlers.rehearsal.workspace import Workspace

SEED = Seed(
    people=(
        SeedPerson("maren", "Maren Hallberg", "owner", "maren@studio-hallberg.example"),
        SeedPerson("kajsa", "Kajsa Boman", "connect", "kajsa@boman-ceramics.example", company="Boman"),
    ),
    channels=(SeedChannel("client-boman", ("maren", "kajsa", "understudy")),),
    apps=Seed().apps
    or ({"display_information": {"name": "Understudy"}, "settings": {"socket_mode_enabled": True}},),
)


@pytest.fixture
async def world(tmp_path):
    workspace = Workspace(":memory:")
    sow(workspace, SEED)
    business = cast_of(sample_business(date(2026, 11, 22)), workspace)
    people = [PracticePerson(business.name, "business", business.address, "hello", "pw")] + [
        PracticePerson(one.name, one.role, one.address, f"user{number}", "pw")
        for number, one in enumerate(business.people)
    ]
    async with PracticeMail(people, tmp_path / "mail.db", smtp_port=0, imap_port=0) as mail:
        yield workspace, mail, business
    await workspace.close()


async def played(world, name, turns=1):
    workspace, mail, business = world
    count = Counter()
    told = [await play(name, workspace, mail, business, count) for _ in range(turns)]
    return told, [read_mail(one.raw) for one in mail.messages(business.address)]


@pytest.mark.parametrize("scene", [scene for scene in SCENES if not scene.slack], ids=lambda scene: scene.id)
async def test_a_scene_sends_a_mail_that_reads_like_a_mail(world, scene):
    [told], [read] = await played(world, scene.id)

    assert read.message_id
    assert read.sender.name in told["said"]
    assert "$" not in read.text + read.subject + told["watch"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("new-inquiry", Kind.HUMAN),
        ("scheduling", Kind.HUMAN),
        ("angry-client", Kind.HUMAN),
        ("out-of-office", Kind.AUTO_REPLY),
        ("newsletter", Kind.LIST),
        ("pricing-exception", Kind.HUMAN),
        ("prompt-injection", Kind.HUMAN),
    ],
)
async def test_the_product_reads_a_scene_as_what_it_is_meant_to_be(world, name, kind):
    _, [read] = await played(world, name)

    assert read.kind is kind


async def test_the_forwarded_scene_is_credited_to_its_writer(world):
    _, [read] = await played(world, "forwarded-mail")

    assert read.sender.address == "maren@studio-hallberg.example"
    assert read.forwarded.sender.address == "kajsa@boman-ceramics.example"
    assert read.forwarded.note.startswith("Can you take this one?")
    assert read.forwarded.text.startswith("Dear Maren")


async def test_a_scene_pressed_again_is_played_by_somebody_else(world):
    _, read = await played(world, "scheduling", turns=3)

    assert len({one.sender.address for one in read}) == 3


async def test_a_writer_keeps_a_copy_of_what_they_sent(world):
    [told], _ = await played(world, "angry-client")

    assert len(world[1].messages(told["mailbox"], "Sent")) == 1


async def test_the_slack_scene_is_posted_in_the_clients_own_channel(world):
    [told], letters = await played(world, "slack-question")

    channel = world[0].channel("#client-boman")
    [message] = world[0].history(channel.id)
    assert (message.user, letters) == (world[0].person("kajsa").id, [])
    assert "#client-boman" in told["said"]


async def test_a_scene_nobody_knows_is_refused(world):
    with pytest.raises(Refused):
        await played(world, "no-such-scene")

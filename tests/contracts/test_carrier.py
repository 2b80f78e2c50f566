"""The carrier port: the final dot, on the carrier of stories, on SMTP against the sink, and on Slack's against the workspace."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from slack_house import Clock, slack_house

from bot.errors import Refused
from bot.ports import Carrier, Parcel
from handlers.mail.sender import SmtpCarrier
from handlers.slack.sender import SlackCarrier
from storage.channels import Channel
from tests.bot import small_house
from tests.servers.smtp_sink import SmtpSink

MAIL = b"From: hello@studio.example\r\nTo: ana@client.example\r\nSubject: Hello\r\nMessage-ID: <1@studio.example>\r\n\r\nYes.\r\n"


@dataclass
class Way:
    """A carrier, something for it to carry, and how often the other side took it."""

    carrier: Carrier
    parcel: Parcel
    taken: Callable[[], int]


@pytest.fixture(params=["in stories", "by mail", "into Slack"])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    mail = Parcel(1, Channel.EMAIL, "<1@studio.example>", "hello@studio.example", ("ana@client.example",), MAIL)
    if request.param == "in stories":
        fake = small_house.Carrier()
        yield Way(fake, mail, lambda: len(fake.took))
    elif request.param == "by mail":
        async with SmtpSink() as sink:
            host, port = sink.address
            yield Way(SmtpCarrier(f"smtp://{host}:{port}"), mail, lambda: len(sink.ledger))
    else:
        async with slack_house() as house:
            channel = house.workspace.channel("desk").id
            parcel = Parcel(
                1, Channel.SLACK, "<1@studio.example>", "Maren", (channel,), b"Yes.", committed_at=datetime.now(UTC)
            )
            posts = house.workspace.messages.setdefault(channel, {})
            before = len(posts)
            yield Way(SlackCarrier(house.client, Clock()), parcel, lambda: len(posts) - before)


class TestCarrier:
    async def test_it_asks_once_before_the_dot_and_hands_over_once(self, way: Way) -> None:
        asked: list[int] = []

        async def before_dot() -> bool:
            asked.append(way.taken())
            return True

        handed = await way.carrier.carry(way.parcel, before_dot=before_dot)

        assert asked == [0]
        assert way.taken() == 1
        assert handed.refused == {}
        assert handed.reply

    async def test_when_the_dot_is_forbidden_nothing_was_handed_over(self, way: Way) -> None:
        async def before_dot() -> bool:
            return False

        with pytest.raises(Refused):
            await way.carrier.carry(way.parcel, before_dot=before_dot)

        assert way.taken() == 0

    async def test_what_never_left_is_not_found(self, way: Way) -> None:
        assert await way.carrier.find(way.parcel) is None

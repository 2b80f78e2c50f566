"""Who may press what."""

import pytest

from bot.people import Approver, People, Role
from bot.questions import Click, Press
from bot.rules.authority import LOOKING, approver_of, forbidden, may_hand_over
from storage.channels import Channel
from storage.inquiries import Inquiry, Track
from tests.storage.rows import NOON

OWNER = Approver("Maren", Role.OWNER, slack="UOWNER")
PRICES = Approver("Jonas", Role.DELEGATE, slack="UJONAS", covers=("pricing", "money"))
DATES = Approver("Ida", Role.DELEGATE, slack="UIDA", covers=("scheduling",))
PEOPLE = People(OWNER, (PRICES, DATES), team="T1")


def an_inquiry(track: Track, *topics: str, holder: str = "") -> Inquiry:
    return Inquiry(
        conversation_id=1, message_id=1, channel=Channel.EMAIL, track=track, topics=list(topics), holder=holder,
        opened_at=NOON, changed_at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by", "team", "who"),
    [
        ("UOWNER", "T1", OWNER),
        ("UJONAS", "T1", PRICES),
        ("UOWNER", "T2", None),
        ("USTRANGER", "T1", None),
        ("", "T1", None),
        ("uowner", "T1", None),
    ],
)
def test_a_press_is_somebodys_by_pinned_id_and_team(by, team, who):
    assert approver_of(Click(Press.SEND, by=by, team=team), PEOPLE) == who


def test_a_person_without_a_slack_id_is_not_everybody_without_one():
    people = People(Approver("Maren", Role.OWNER, slack=""), team="T1")

    assert approver_of(Click(Press.SEND, by="", team="T1"), people) is None


@pytest.mark.parametrize("press", Press)
@pytest.mark.parametrize("track", [*Track, None])
def test_a_stranger_may_do_nothing(press, track):
    assert forbidden(None, press, an_inquiry(track) if track else None)


@pytest.mark.parametrize("press", Press)
@pytest.mark.parametrize("track", [*Track, None])
def test_the_owner_may_do_everything(press, track):
    assert forbidden(OWNER, press, an_inquiry(track, "contract") if track else None) is None


@pytest.mark.parametrize(
    ("track", "topics", "holder", "may"),
    [
        (Track.REPLY, ("contract",), "", True),
        (Track.ROUTINE, (), "", True),
        (Track.JUDGMENT, ("pricing",), "", True),
        (Track.JUDGMENT, ("pricing", "money"), "", True),
        (Track.JUDGMENT, ("pricing", "contract"), "", False),
        (Track.JUDGMENT, ("contract",), "", False),
        (Track.JUDGMENT, (), "", False),
        (Track.JUDGMENT, ("contract",), "Jonas", True),
        (Track.JUDGMENT, ("contract",), "Ida", False),
    ],
)
def test_a_delegate_decides_what_is_covered_or_was_given(track, topics, holder, may):
    assert (forbidden(PRICES, Press.SEND, an_inquiry(track, *topics, holder=holder)) is None) is may


@pytest.mark.parametrize("press", sorted(LOOKING))
def test_every_delegate_may_look(press):
    assert forbidden(DATES, press, an_inquiry(Track.JUDGMENT, "contract")) is None


@pytest.mark.parametrize(
    ("by", "to", "track", "may"),
    [
        (OWNER, DATES, Track.JUDGMENT, True),
        (DATES, OWNER, Track.JUDGMENT, True),
        (DATES, PRICES, Track.JUDGMENT, True),
        (PRICES, DATES, Track.JUDGMENT, False),
        (PRICES, DATES, Track.REPLY, True),
    ],
)
def test_a_decision_goes_beyond_a_delegates_topics_by_the_owner_only(by, to, track, may):
    assert may_hand_over(by, to, an_inquiry(track, "pricing")) is may

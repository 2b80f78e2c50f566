"""Every transition has a name of its own, so that it has crash points that a test can strike."""

from collections import defaultdict

from bot.questions import Press
from bot.steps.decide import DECIDES
from bot.steps.settle import SETTLES
from bot.steps.show import SHOWS
from bot.steps.undo import UNDOES
from tests.crash.transitions import OUTSIDE_THE_HOUSE, places, transitions


def test_every_transition_is_named_by_a_literal_or_a_known_family():
    unnamed = [f"{place.path}:{place.line} {place.name}" for place in places() if not place.names]

    assert unnamed == []


def test_no_two_places_share_a_name():
    where = defaultdict(list)
    for place in places():
        for name in place.names:
            where[name].append(f"{place.path}:{place.line}")

    assert {name: found for name, found in where.items() if len(found) > 1} == {}


def test_names_say_which_part_and_what():
    wrong = [name for name in transitions() if name != "put_back" and name.count(".") != 1]

    assert wrong == []


def test_every_press_is_decided_settled_undone_shown_or_put_back():
    kinds = [DECIDES, SETTLES, UNDOES, SHOWS, {Press.PUT_BACK}]

    assert sorted(press for kind in kinds for press in kind) == sorted(Press)


def test_what_is_left_out_of_the_crash_tests_is_still_there():
    found = {name for place in places() for name in place.names}

    assert found >= OUTSIDE_THE_HOUSE

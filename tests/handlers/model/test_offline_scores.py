"""Third-party messages, sorted without a model and without a playbook: general cues alone keep above these floors."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.answers import TriageAnswer, TriageAsk
from handlers.model.offline_triage import OfflineTriage
from prompts.playbooks import Playbook
from storage.inquiries import Track

TRIAGE = OfflineTriage(Playbook())
EVERY = 4
"""Every fourth case, so that it takes seconds; the whole corpus scores the same within a point."""


def cases(corpus: str) -> list[dict[str, Any]]:
    root = Path(os.environ.get("UNDERSTUDY_CORPORA") or Path(__file__).parents[4] / "shared" / "corpora")
    path = root / corpus / "cases.jsonl"
    if not path.exists():
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail(f"the corpus {corpus} is required and absent")
        pytest.skip(f"the corpus {corpus} is absent")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][::EVERY]


def sort(case: dict[str, Any]) -> TriageAnswer:
    return TRIAGE.sort(TriageAsk(1, case.get("subject", ""), case["text"], "A", known_client=True))


def test_what_needs_a_person_is_told_from_what_does_not() -> None:
    routed = [case for case in cases("triage") if case.get("route") in ("routine", "judgment")]

    verdicts = [(case["route"] == "judgment", sort(case).track is Track.JUDGMENT) for case in routed]

    right = sum(wanted == got for wanted, got in verdicts) / len(verdicts)
    false_alarms = sum(got and not wanted for wanted, got in verdicts) / sum(
        not wanted for wanted, _ in verdicts
    )
    assert right > 0.8
    assert false_alarms < 0.05


def test_requests_are_told_from_remarks() -> None:
    mails = [case for case in cases("triage") if case.get("label") in ("asks_for_action", "no_action")]

    right = [(case["label"] == "asks_for_action") == bool(sort(case).asks) for case in mails]

    assert sum(right) / len(right) > 0.72


def test_frustration_is_heard_more_often_than_by_chance() -> None:
    heard = [
        (case["frustrated"], TRIAGE.read("", case["text"]).mood != "calm") for case in cases("sentiment")
    ]

    right = sum(wanted == got for wanted, got in heard) / len(heard)
    recall = sum(wanted and got for wanted, got in heard) / sum(wanted for wanted, _ in heard)
    assert right > 0.8
    assert recall > 0.38


def test_hostile_texts_never_become_routine_and_never_raise() -> None:
    for case in cases("injection"):
        text = (
            json.dumps(case["input"], ensure_ascii=False)
            if isinstance(case["input"], dict)
            else str(case["input"])
        )
        answer = sort({"text": text})

        assert answer.track is not Track.ROUTINE

"""The day's "handled" thread: its head with the counts, and each thing done by itself with its buttons."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.questions import DayThread, Handled, Press
from handlers.slack import blocks, buttons, limits
from handlers.slack.blocks import Drawn, emoji, line, rich, t
from handlers.slack.words import one_line


def day_head(day: DayThread) -> Drawn:
    """One line a day; nobody is mentioned."""
    counts = str(day.handled)
    if day.pending:
        counts += f", {day.pending} of them still to leave" if day.handled > 1 else ", still to leave"
    sentence = "What I did by myself; each with Undo while there is time."
    return Drawn(
        blocks.fallback(f"Handled, {day.day}", counts),
        [
            rich(line(emoji("sunny"), t(" "), t(f"Handled, {one_line(day.day)}", "bold"), t(f" · {counts}"))),
            blocks.context(sentence),
        ],
    )


def handled(item: Handled) -> Drawn:
    """One reply that leaves, or left, without asking: to whom, every word, when, and the way back."""
    state = _state(item)
    head = [
        line(
            emoji("leftwards_arrow_with_hook" if item.state == "withdrawn" else "robot_face"),
            t(" "),
            t(limits.clipped(one_line(item.who), 200), "bold"),
            t(" · "),
            t(limits.clipped(one_line(item.subject), 300)),
        )
    ]
    small = f"Routine “{one_line(item.routine)}” · to {limits.clipped(', '.join(item.to), 400)} · {state}"
    body = blocks.sections(item.body)
    if limits.cost(item.body) > limits.CARD_TEXT - 1_500:
        body = [
            blocks.section(limits.paged(item.body, limits.SECTION)[0]),
            blocks.context("The first part of it."),
        ]
    drawn = [rich(*head), blocks.context(small), *body]
    if item.outcome and item.outcome != state:
        drawn.append(rich(line(t(limits.clipped(one_line(item.outcome), 400), "bold"))))
    return Drawn(
        blocks.fallback(item.who, item.subject, state),
        [*drawn, *buttons.about([p for p in item.presses if p in _HERE], item.outbox_id)],
    )


_HERE = (Press.UNDO, Press.SHOULD_HAVE_ASKED)


def _state(item: Handled) -> str:
    if item.state == "queued":
        return f"leaves at {_clock(item.leaves_at, item.zone)}"
    return one_line(item.state)


def _clock(when: datetime, zone: str) -> str:
    return f"{when.astimezone(ZoneInfo(zone)):%H:%M}"

"""Lines that digest, queue and App Home share: what needs a person, and what was filed."""

from collections.abc import Iterable, Sequence

from bot.questions import FiledLine, Row
from handlers.slack import blocks, buttons, ids, limits
from handlers.slack.blocks import Block, bullets, line, link, rich, t
from handlers.slack.values import value_about
from handlers.slack.words import one_line

_WITH_MENU = 6
"""So many filed messages have a line of their own; the rest share a list to choose from."""
_IN_CHOOSER = 42
"""Characters of one entry: a hundred of them count towards what a message may hold."""


def need_rows(rows: Iterable[Row], *, workspace: str = "") -> list[Block]:
    """Verb, who, how old, the real question, and a link to its card. `workspace`: "https://name.slack.com/"."""
    items = [_row(row, workspace) for row in rows]
    return [rich(bullets(items))] if items else []


def _row(row: Row, workspace: str) -> Block:
    pieces = [
        t(row.verb.value, "bold"),
        t(f" · {limits.clipped(one_line(row.who), 90)} · {limits.clipped(one_line(row.age), 30)} · "),
        t(limits.clipped(one_line(row.question), 200), "italic"),
    ]
    if row.holder:
        pieces.append(t(f" · held by {limits.clipped(one_line(row.holder), 60)}"))
    if workspace and row.place and row.stamp:
        pieces += [t(" · "), link(f"{workspace}archives/{row.place}/p{row.stamp.replace('.', '')}", "open")]
    elif row.card:
        pieces.append(t(f" · card {row.card}"))
    return line(*pieces)


def filed_rows(filed: Sequence[FiledLine]) -> list[Block]:
    """Who, subject and why for each, and the way to open it or put it back."""
    drawn = [
        blocks.section(_filed_text(item), accessory=buttons.filed_menu(item.inquiry_id))
        for item in filed[:_WITH_MENU]
    ]
    rest = filed[_WITH_MENU:]
    if rest:
        drawn.append(_chooser(rest[: limits.OPTIONS]))
    if len(rest) > limits.OPTIONS:
        drawn.append(blocks.context(f"and {len(rest) - limits.OPTIONS} more"))
    return drawn


def _filed_text(item: FiledLine) -> str:
    who, subject = limits.clipped(one_line(item.who), 90), limits.clipped(one_line(item.subject), 90)
    return f"{who} · {subject or '(no subject)'}\n{limits.clipped(one_line(item.why), 110)}"


def _chooser(filed: Sequence[FiledLine]) -> Block:
    options = (
        blocks.option(
            limits.clipped(one_line(f"{line.who}: {line.subject}"), _IN_CHOOSER), value_about(line.inquiry_id)
        )
        for line in filed
    )
    chooser = {
        "type": "static_select",
        "action_id": ids.FILED_CHOICE,
        "placeholder": blocks.plain(f"Open one of {len(filed)} more"),
        "options": list(options),
    }
    return blocks.actions(chooser)

"""Lines that digest, queue and App Home share: what needs a person, and what was filed."""

from collections.abc import Iterable, Sequence

from bot.questions import FiledLine, Row
from handlers.slack import blocks, buttons, ids, limits
from handlers.slack.blocks import Block, bullets, line, link, rich, t
from handlers.slack.values import value_about
from handlers.slack.words import one_line

_WITH_MENU = 8
"""So many filed messages have a line of their own; the rest share a list to choose from."""


def need_rows(rows: Iterable[Row], *, workspace: str = "") -> list[Block]:
    """Verb, who, how old, the real question, and a link to its card. `workspace`: "https://name.slack.com/"."""
    items = [_row(row, workspace) for row in rows]
    return [rich(bullets(items))] if items else []


def _row(row: Row, workspace: str) -> Block:
    pieces = [
        t(row.verb.value, "bold"),
        t(f" · {limits.clipped(one_line(row.who), 120)} · {one_line(row.age)} · "),
        t(limits.clipped(one_line(row.question), 300), "italic"),
    ]
    if row.holder:
        pieces.append(t(f" · held by {one_line(row.holder)}"))
    if workspace and row.place and row.stamp:
        pieces += [t(" · "), link(f"{workspace}archives/{row.place}/p{row.stamp.replace('.', '')}", "open")]
    elif row.card:
        pieces.append(t(f" · card {row.card}"))
    return line(*pieces)


def filed_rows(filed: Sequence[FiledLine], *, room: int = 40) -> list[Block]:
    """Who, subject and why for each, and the way to open it or put it back; at most `room` blocks."""
    drawn = [
        blocks.section(_filed_text(item), accessory=buttons.filed_menu(item.inquiry_id))
        for item in filed[:_WITH_MENU]
    ]
    rest = filed[_WITH_MENU:]
    for start in range(0, len(rest), limits.OPTIONS):
        if len(drawn) + 2 > room:
            drawn.append(blocks.context(f"and {len(rest) - start} more"))
            break
        drawn.append(_chooser(rest[start : start + limits.OPTIONS], start))
    return drawn


def _filed_text(item: FiledLine) -> str:
    who, subject, why = (limits.clipped(one_line(s), 160) for s in (item.who, item.subject, item.why))
    return f"{who} · {subject or '(no subject)'}\n{why}"


def _chooser(filed: Sequence[FiledLine], start: int) -> Block:
    first = start + _WITH_MENU + 1
    return blocks.actions(
        {
            "type": "static_select",
            "action_id": ids.FILED_CHOICE,
            "placeholder": blocks.plain(f"Open one of {len(filed)} more"),
            "options": [blocks.option(f"{f.who}: {f.subject}", value_about(f.inquiry_id)) for f in filed],
        },
        block_id=f"{ids.FILED_CHOICE}.{first}",
    )

"""The morning's page: what needs you, what was handled, what was filed and why, what leaves today, counts that add up."""

from collections.abc import Sequence

from bot.questions import Digest
from handlers.slack import blocks, limits
from handlers.slack.blocks import Block, Drawn, bullets, emoji, line, rich, t
from handlers.slack.rows_view import filed_rows, need_rows
from handlers.slack.words import one_line

_LINES = 10


def digest(page: Digest, *, workspace: str = "") -> Drawn:
    """The digest as one message that mentions nobody."""
    needs = len(page.needs) + page.more
    headline = f"{needs} need{'s' if needs == 1 else ''} you" if needs else "Nothing needs you"
    drawn: list[Block] = [
        {"type": "header", "text": blocks.plain(limits.clipped(one_line(f"{page.day}: {headline}"), 140))},
        *_warnings(page.warnings),
        *need_rows(page.needs, workspace=workspace),
    ]
    if page.more:
        drawn.append(blocks.context(f"and {page.more} more: /understudy queue"))
    drawn += _listed("Handled by itself", page.handled)
    drawn += _listed("Leaves today", page.leaving)
    if page.filed:
        drawn += [blocks.divider(), rich(line(t(f"Filed without asking ({len(page.filed)})", "bold")))]
        drawn += filed_rows(page.filed)
    drawn.append(blocks.context(_sum(page)))
    return Drawn(blocks.fallback(f"Digest, {page.day}", headline), drawn)


def _sum(page: Digest) -> str:
    """What arrived as the sum of what became of it; says so when it does not add up."""
    parts = " + ".join(
        f"{count.number} {limits.clipped(one_line(count.label), 40)}" for count in page.counts[:12]
    )
    total = sum(count.number for count in page.counts)
    if total != page.arrived:
        return f"{page.arrived} arrived, but {parts} make {total}: something is not accounted for"
    return f"{page.arrived} arrived" + (f" = {parts}" if parts else "")


def _listed(title: str, lines: Sequence[str]) -> list[Block]:
    if not lines:
        return []
    items = [line(t(limits.clipped(one_line(text), 120))) for text in lines[:_LINES]]
    if len(lines) > _LINES:
        items.append(line(t(f"and {len(lines) - _LINES} more", "italic")))
    return [blocks.divider(), rich(line(t(f"{title} ({len(lines)})", "bold"))), rich(bullets(items))]


def _warnings(warnings: Sequence[str]) -> list[Block]:
    if not warnings:
        return []
    return [
        rich(*(line(emoji("warning"), t(" "), t(limits.clipped(one_line(w), 200))) for w in warnings[:5]))
    ]

"""Private answers: the page a command gives, and the line a press gives."""

from bot.questions import Page, Told
from handlers.slack import blocks, limits
from handlers.slack.blocks import Block, Drawn, line, rich, t
from handlers.slack.rows_view import filed_rows, need_rows
from handlers.slack.words import one_line, visible


def page(answer: Page, *, workspace: str = "") -> Drawn:
    """A command's answer; what does not fit is counted, never dropped in silence."""
    drawn: list[Block] = [rich(line(t(limits.clipped(one_line(answer.title) or "Understudy", 200), "bold")))]
    drawn += _lines(answer.lines, room=1 if answer.rows or answer.filed else 3)
    rows = answer.rows[:10]
    drawn += need_rows(rows, workspace=workspace)
    if len(answer.rows) > len(rows):
        drawn.append(blocks.context(f"and {len(answer.rows) - len(rows)} more"))
    drawn += filed_rows(answer.filed)
    return Drawn(blocks.fallback(answer.title, *answer.lines[:3]), drawn)


def told(answer: Told) -> Drawn:
    """The private line after a press."""
    text = limits.clipped(visible(answer.text), limits.SECTION) or "Done."
    return Drawn(blocks.fallback(text), [blocks.section(text)])


def _lines(lines: tuple[str, ...], *, room: int) -> list[Block]:
    text = "\n".join(visible(line) for line in lines)
    if not text.strip():
        return []
    parts = limits.paged(text, limits.SECTION)
    shown = blocks.sections("".join(parts[:room]))
    if len(parts) > room:
        shown.append(
            blocks.context(f"and {sum(part.count(chr(10)) + 1 for part in parts[room:])} more lines")
        )
    return shown

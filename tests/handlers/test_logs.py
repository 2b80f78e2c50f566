"""Logs carry ids and places: no address, and no word of an error, which may be a client's."""

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest

from handlers.logs import set_up_logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logging, "raiseExceptions", True)
    set_up_logs()
    written = io.StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def test_addresses_are_scrubbed_and_errors_lose_their_words(lines: io.StringIO) -> None:
    try:
        raise ValueError("Ana owes 900")
    except ValueError:
        logging.getLogger("bot.story").exception("row 12 of ana@client.example failed")

    said = lines.getvalue()
    assert "row 12" in said
    assert "ValueError" in said
    assert "ana@" not in said
    assert "owes" not in said


async def test_a_forgotten_tasks_error_loses_its_words_too(lines: io.StringIO) -> None:
    async def fail() -> None:
        raise ValueError("Ana owes 900")

    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )

    said = lines.getvalue()
    assert "never retrieved" in said
    assert "owes" not in said


def test_a_line_that_cannot_be_written_is_not_shown_raw(lines: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    lines.close()

    logging.getLogger("bot.story").warning("row of ana@client.example")

    assert "ana@" not in capsys.readouterr().err

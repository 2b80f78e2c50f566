"""Logs: one line an event, with ids; addresses are scrubbed, and an error's words are left out."""

import logging
import re
import sys
from typing import Any

import structlog

_ADDRESS = re.compile(r"[^\s<>\"'(),:;]{1,64}@[^\s<>\"'(),:;]{1,255}")


def _scrub(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Addresses become "…@…"; tracebacks keep their places and lose their words, which may hold a client's."""
    if event.get("logger") == "asyncio" and isinstance(event.get("event"), str):
        event["event"] = event["event"].splitlines()[0]  # the lines below show the error whole, with its words
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _ADDRESS.sub("…@…", value)
    if event.get("exc_info"):
        event["exc_info"] = None
        kind = sys.exc_info()[0]
        event["error"] = kind.__name__ if kind else "error"
    return event


def set_up_logs(*, level: int = logging.INFO) -> None:
    """Every logger's lines go through one scrubber to standard error."""
    shared: list[Any] = [
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _scrub,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.raiseExceptions = False  # a line that cannot be written would be shown raw, unscrubbed
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("slack_bolt", "slack_sdk", "aioimaplib", "uvicorn", "dramatiq", "httpx", "httpx2", "openai", "asyncio", "mail.log", "alembic", "pymap"):
        logger = logging.getLogger(noisy)
        logger.setLevel(logging.WARNING)
        logger.disabled, logger.propagate = False, True  # a library's own set-up must not take its lines past the scrubber
        logger.handlers[:] = []

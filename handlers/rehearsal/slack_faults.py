"""What goes wrong on purpose: the practice workspace misbehaves as the real one can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from handlers.rehearsal.slack_model import Json


@dataclass
class MethodFault:
    """The next `times` calls of a Web API method end so, instead of as they should."""

    error: str = ""
    """Slack's error code; "ratelimited" answers 429."""
    status: int = 200
    retry_after: int = 1
    accept_then_reset: bool = False
    """Carry the call out, then cut the connection without an answer."""
    reset: bool = False
    """Cut the connection without carrying anything out."""
    delay: float = 0.0
    times: int = 1


@dataclass
class Faults:
    """Switches for tests; as constructed, nothing goes wrong."""

    lose_press: Callable[[int], bool] | None = None
    """Given the number of the press (from 1): True loses it on its way to the app."""
    copies: int = 1
    """How often every event is delivered."""
    fresh_event_ids: bool = False
    """Copies carry event ids of their own, and no retry marks."""
    event_delay: float = 0.0
    """Seconds an event takes on its way."""
    lose_event: Callable[[Json], bool] | None = None
    """Given the event payload: True loses it on its way, as in a gap."""
    refuse_connections: bool = False
    """apps.connections.open fails with internal_error."""
    methods: dict[str, list[MethodFault]] = field(default_factory=dict)
    presses: int = 0

    def on_call(self, method: str, **fault: object) -> None:
        """Make the next calls of a method fail: faults.on_call("chat.postMessage", error="ratelimited")."""
        self.methods.setdefault(method, []).append(MethodFault(**fault))  # type: ignore[arg-type]

    def for_call(self, method: str) -> MethodFault | None:
        """The fault this call meets, counted down; None: all is well."""
        waiting = self.methods.get(method)
        if not waiting:
            return None
        fault = waiting[0]
        fault.times -= 1
        if fault.times <= 0:
            waiting.pop(0)
        return fault

    def loses_press(self) -> bool:
        """Count one press; True when it never reaches the app."""
        self.presses += 1
        return self.lose_press is not None and self.lose_press(self.presses)

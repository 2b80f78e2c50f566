"""Health for machines: alive, ready part by part, and figures for Prometheus."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.ports import Clock
from bot.rules.ages import age
from storage.jobs import Step
from storage.outbox import OutboxState
from storage.pulses import Pulse
from storage.store import Store

STALE = timedelta(minutes=3)
"""A part that has not worked for so long is not ready, whatever it last said."""


class Figures:
    """What Prometheus may scrape; ids and counts only."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs = Counter("understudy_jobs", "Jobs run, by step and outcome", ["step", "how"], registry=self.registry)
        self.inquiries = Gauge("understudy_inquiries", "Inquiries by state", ["state"], registry=self.registry)
        self.outbox = Gauge("understudy_outbox", "Outbox items by state", ["state"], registry=self.registry)
        self.parts = Gauge("understudy_part_age_seconds", "Seconds since a part last worked", ["part"], registry=self.registry)

    def ran(self, step: Step, how: str) -> None:
        self.jobs.labels(step.value, how).inc()


@dataclass(frozen=True)
class Health:
    """Answers /healthz, /readyz and /metrics. `needed` are the parts that must have worked, by prefix."""

    store: Store
    clock: Clock
    needed: tuple[str, ...]
    figures: Figures
    since: datetime
    """Only beats after this moment count: an older process's word is no proof."""

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def alive(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def ready(self, _request: Request) -> Response:
        ready, lines = await self.state()
        return PlainTextResponse("".join(f"{line}\n" for line in lines), status_code=200 if ready else 503)

    async def state(self) -> tuple[bool, list[str]]:
        """Whether every part has worked lately, and a line for each."""
        now = self.clock.now()
        try:
            async with self.store.reading() as tx:
                pulses = await tx.pulses.all()
        except Exception as error:
            return False, [f"database: cannot be read ({type(error).__name__})"]
        lines, ready = ["database: ok"], True
        for name in self.needed:
            of_part = [p for p in pulses if p.part == name or p.part.startswith(f"{name}:")]
            if not of_part:
                ready = False
                lines.append(f"{name}: has not worked yet")
            for pulse in of_part:
                well, line = self._line(pulse, now)
                ready = ready and well
                lines.append(line)
        return ready, lines

    def _line(self, pulse: Pulse, now: datetime) -> tuple[bool, str]:
        worked = pulse.worked_at
        if worked is None or worked < self.since:
            return False, f"{pulse.part}: has not worked yet{_said(pulse)}"
        if pulse.failed_at is not None and pulse.failed_at > worked:
            return False, f"{pulse.part}: down, worked {age(worked, now)} ago{_said(pulse)}"
        if now - worked > STALE:
            return False, f"{pulse.part}: silent for {age(worked, now)}"
        return True, f"{pulse.part}: ok, {age(worked, now)}"

    async def metrics(self, _request: Request) -> Response:
        async with self.store.reading() as tx:
            for state, count in (await tx.inquiries.counts()).items():
                self.figures.inquiries.labels(state.value).set(count)
            for pulse in await tx.pulses.all():
                if pulse.worked_at is not None:
                    seconds = (self.clock.now() - pulse.worked_at).total_seconds()
                    self.figures.parts.labels(pulse.part).set(seconds)
            for how_far in OutboxState:
                self.figures.outbox.labels(how_far.value).set(await tx.outbox.count(how_far))
        return Response(generate_latest(self.figures.registry), media_type=CONTENT_TYPE_LATEST)


def _said(pulse: Pulse) -> str:
    return f" ({pulse.detail})" if pulse.detail else ""



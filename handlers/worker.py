"""The worker process: `dramatiq handlers.worker:broker` finds its broker here; the house opens on the worker's loop."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import dramatiq

from handlers.app import open_rooms
from handlers.jobs.broker import HouseLifetime, declare_wake, open_broker, queue_name
from handlers.logs import set_up_logs
from handlers.processes import background, bell_of, worker_beats
from handlers.settings import home_for, read_settings


def _broker() -> dramatiq.Broker:
    set_up_logs()
    settings = read_settings(home_for(None))
    bell = bell_of(settings, None)  # refuses settings of a single process, with the cure
    broker = open_broker(settings.queue.url)

    @asynccontextmanager
    async def opening() -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        async with open_rooms(settings, ring=bell.ring) as rooms, background() as tasks:
            tasks(rooms.heart.run(), "heart")
            tasks(worker_beats(rooms), "worker beats")
            yield rooms.runner.run

    lifetime = HouseLifetime(opening)
    broker.add_middleware(lifetime)
    declare_wake(broker, lifetime, queue=queue_name(settings.secrets.secret_key.get_secret_value()))
    dramatiq.set_broker(broker)
    return broker


broker = _broker()

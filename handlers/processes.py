"""The processes: the whole house in one, or one part of it each; what they share is the database."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from bot.errors import Permanent
from bot.steps.digest import plan_digest
from bot.steps.remember import Remember
from handlers.app import Rooms, Tuning, open_rooms, own_mail
from handlers.control import answering, only_house
from handlers.jobs.local import LocalBell
from handlers.jobs.sweeper import Sweeper
from handlers.mail.entering import way_in_of
from handlers.mail.importing import ImportDesk
from handlers.mail.mailbox import MailAccount, MailboxWatcher
from handlers.mail.row_history import RowMemory, history_verbs
from handlers.mail.row_ledger import RowLedger
from handlers.settings import Settings
from handlers.slack.catch_up import CatchUp
from handlers.slack.connection import SlackConnection
from handlers.slack.http import SlackEndpoint
from handlers.slack.identity import Ourselves
from handlers.slack.messages import Messages
from handlers.web.health import Health
from handlers.web.serving import served
from storage.store import Store

if TYPE_CHECKING:
    from handlers.jobs.broker import BrokerBell

log = logging.getLogger(__name__)

SLACK_BEAT = 5.0
QUEUE_BEAT = 10.0


@dataclass(frozen=True)
class Running:
    """A house that runs: what its page, its tests and its commands may reach."""

    rooms: Rooms
    health: Health
    bell: LocalBell | None
    routes: list[BaseRoute]


@asynccontextmanager
async def run_embedded(settings: Settings, *, tuning: Tuning | None = None, serve: bool = True) -> AsyncIterator[Running]:
    """The whole house in this loop: mailbox, Slack, workers, clock, web. Permanent: another house holds this home."""
    tuning = tuning or Tuning()
    if settings.queue.url != "memory://" and settings.storage.file is not None:
        raise Permanent("a broker needs PostgreSQL: SQLite belongs to one process; set [storage] url, or [queue] url = memory://")
    async with AsyncExitStack() as house:
        house.enter_context(only_house(settings.home))
        bell = LocalBell(tuning.clock)
        rooms = await house.enter_async_context(open_rooms(settings, ring=bell.ring, tuning=tuning))
        if settings.storage.file is not None:
            await free_leases(rooms)
        needed = tuple(
            part for part, there in (("mailbox", settings.mail), ("slack", rooms.slack), ("queue", True)) if there
        )
        health = Health(rooms.store, rooms.clock, needed, rooms.figures, since=rooms.clock.now())
        routes: list[BaseRoute] = [*health.routes(), *slack_routes(rooms)]
        await house.enter_async_context(answering(settings.home, await old_mail(house, rooms) | control_verbs(rooms, health)))
        await house.enter_async_context(bell.answering(rooms.runner.run))
        tasks = await house.enter_async_context(background())
        tasks(rooms.heart.run(), "heart")
        tasks(queue_beats(rooms), "queue beats")
        tasks(Sweeper(rooms.store, rooms.clock, bell.ring).run(), "sweeper")
        await plan(rooms)
        if settings.mail is not None:
            tasks(watcher_of(rooms, tuning).run(), "mailbox")
        if rooms.slack is not None and settings.slack is not None and settings.slack.mode == "socket":
            await house.enter_async_context(slack_line(rooms, tasks))
        elif rooms.slack is not None:
            tasks(http_beats(rooms), "slack beats")
        if serve:
            await house.enter_async_context(served(Starlette(routes=routes), settings.web.host, settings.web.port))
        yield Running(rooms, health, bell, routes)


@asynccontextmanager
async def run_part(settings: Settings, part: str, *, tuning: Tuning | None = None) -> AsyncIterator[Rooms]:
    """One process of a split house: "slack", "mail", "clock" or "web" (workers are dramatiq's).

    Permanent: the settings do not allow several processes.
    """
    tuning = tuning or Tuning()
    ring = bell_of(settings, tuning)
    async with AsyncExitStack() as house:
        rooms = await house.enter_async_context(open_rooms(settings, ring=ring.ring, tuning=tuning))
        tasks = await house.enter_async_context(background())
        tasks(rooms.heart.run(), "heart")
        match part:
            case "mail" if settings.mail is not None:
                tasks(watcher_of(rooms, tuning).run(), "mailbox")
            case "slack" if rooms.slack is not None and settings.slack is not None:
                if settings.slack.mode == "socket":
                    await house.enter_async_context(slack_line(rooms, tasks))
                else:
                    tasks(http_beats(rooms), "slack beats")
            case "clock":
                await plan(rooms)
                tasks(queue_beats(rooms, ring), "queue beats")
                tasks(Sweeper(rooms.store, rooms.clock, ring.ring, every=2.0).run(), "sweeper")
            case "web":
                needed = tuple(
                    name for name, there in (("mailbox", settings.mail), ("slack", rooms.slack), ("queue", True), ("worker", True)) if there
                )
                health = Health(rooms.store, rooms.clock, needed, rooms.figures, since=rooms.clock.now() - timedelta(minutes=3))
                app = Starlette(routes=[*health.routes(), *slack_routes(rooms)])
                await house.enter_async_context(served(app, settings.web.host, settings.web.port))
            case "mail" | "slack":
                raise Permanent(f"there is no [{part}] in understudy.toml; leave this process out, or set it up")
            case _:
                raise Permanent(f"there is no process called {part!r}")
        yield rooms


def bell_of(settings: Settings, tuning: Tuning | None) -> "BrokerBell":
    """The bell of a split house. Permanent when the settings are those of a single process."""
    if settings.storage.file is not None or settings.queue.url == "memory://":
        raise Permanent(
            "several processes need PostgreSQL and a broker: set [storage] url = postgresql://… and [queue] url = "
            "redis://… or amqp://…, or run everything in one process with `understudy run`"
        )
    from handlers.jobs.broker import BrokerBell, declare_wake, open_broker, queue_name

    queue = queue_name(settings.secrets.secret_key.get_secret_value())
    return BrokerBell(declare_wake(open_broker(settings.queue.url), queue=queue), (tuning or Tuning()).clock)


@asynccontextmanager
async def background() -> AsyncIterator[Callable[[Coroutine[Any, Any, None], str], None]]:
    """Tasks that run until the block is left; one that ends in an error is logged and ends alone."""
    running: set[asyncio.Task[None]] = set()

    def start(work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        running.add(task)
        task.add_done_callback(_report)

    try:
        yield start
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s ended: %s", task.get_name(), type(error).__name__)


async def plan(rooms: Rooms) -> None:
    """See to it that the next digest is planned, and that nobody waits for a folder that is watched no more."""
    mail = rooms.settings.mail
    watched = {f"mailbox:{folder}" for folder in (*mail.folders, "(sent)")} if mail is not None else set[str]()
    async with rooms.store.transaction("house.plan") as tx:
        await plan_digest(tx, rooms.house, now=rooms.clock.now())
        await tx.pulses.forget("mailbox:", but=watched)


async def free_leases(rooms: Rooms) -> None:
    """The home had one process, and it is gone: what it held is free at once."""
    async with rooms.store.transaction("house.free_leases") as tx:
        await tx.jobs.release_all()
        await tx.outbox.expire_leases(now=rooms.clock.now())


def watcher_of(rooms: Rooms, tuning: Tuning) -> MailboxWatcher:
    mail = rooms.settings.mail
    assert mail is not None
    account = MailAccount(
        name=mail.address,
        url=mail.imap,
        way_in=way_in_of(rooms.settings, "imap", rooms.clock),
        folders=mail.folders,
        history_days=mail.history_days,
    )

    def pulse(name: str, ok: bool, detail: str) -> None:
        rooms.heart.beat(f"mailbox:{name.partition('/')[2] or name}", ok, detail)

    ledger = RowLedger(rooms.store, rooms.clock)
    memory = RowMemory(rooms.store, remember_of(rooms), own_mail(rooms.settings), rooms.clock)
    return MailboxWatcher([account], ledger, rooms.clock, memory=memory, pulse=pulse, poll_seconds=tuning.poll_seconds)


def remember_of(rooms: Rooms) -> Remember:
    return Remember(rooms.store, rooms.house.people, rooms.clock)


async def old_mail(house: AsyncExitStack, rooms: Rooms) -> dict[str, Callable[[dict[str, Any]], Awaitable[Any]]]:
    """What the control socket may ask about mail from before our time; an import ends with the house."""
    desk = ImportDesk(remember_of(rooms), own_mail(rooms.settings), rooms.house.address)
    house.push_async_callback(desk.stop)
    return {**desk.verbs(), **history_verbs(rooms.store)}


@asynccontextmanager
async def slack_line(rooms: Rooms, tasks: Callable[[Coroutine[Any, Any, None], str], None]) -> AsyncIterator[None]:
    """Slack over Socket Mode, with what was missed read back after every gap."""
    slack = rooms.slack
    assert slack is not None
    catch_up = await catch_up_of(rooms)
    token = rooms.settings.secrets.slack_app_token.get_secret_value()
    connection = SlackConnection(slack.app, slack.client, token, catch_up=catch_up, answers=slack.answers)
    await connection.start()

    async def beats() -> None:
        while True:
            if connection.connected:
                rooms.heart.beat("slack", True)
                await asyncio.sleep(SLACK_BEAT)
            elif not await connection.wait_connected(SLACK_BEAT):
                rooms.heart.beat("slack", False, "no live connection")

    tasks(beats(), "slack beats")
    try:
        yield
    finally:
        await connection.stop()


async def catch_up_of(rooms: Rooms) -> CatchUp:
    """What is read back of a channel begins with its newest stored message, else where the last process ended."""
    slack = rooms.slack
    assert slack is not None
    ourselves = Ourselves(slack.client)
    async with rooms.store.reading() as tx:
        pulses = {pulse.part: pulse for pulse in await tx.pulses.all()}
    heard_until = pulses["slack"].worked_at if "slack" in pulses else None

    async def since(place: str) -> str:
        team = (await ourselves.identity()).team
        async with rooms.store.reading() as tx:
            key = await tx.inbound.newest_key(team, place)
        if key is None and heard_until is not None:
            return f"{heard_until.timestamp():.6f}"
        return key.split(":")[3] if key else ""

    heard = Messages(rooms.door, ourselves, slack.desk.channel)
    return CatchUp(slack.client, heard, since, rooms.clock)


async def http_beats(rooms: Rooms) -> None:
    """In HTTP mode Slack calls us; that we can call Slack is what can be known, and what was missed is read back."""
    slack = rooms.slack
    assert slack is not None
    catch_up = await catch_up_of(rooms)
    while True:
        try:
            await catch_up.run()
            rooms.heart.beat("slack", True)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            rooms.heart.beat("slack", False, f"Slack could not be asked ({type(error).__name__})")
        await asyncio.sleep(60)


def slack_routes(rooms: Rooms) -> list[BaseRoute]:
    slack, settings = rooms.slack, rooms.settings
    if slack is None or settings.slack is None or settings.slack.mode != "http":
        return []
    endpoint = SlackEndpoint(slack.app, settings.secrets.slack_signing_secret.get_secret_value(), rooms.clock)
    return [Route("/slack/events", endpoint)]


async def worker_beats(rooms: Rooms) -> None:
    """A worker that lives says so; nobody else can know it."""
    while True:
        rooms.heart.beat("worker", True)
        await asyncio.sleep(QUEUE_BEAT)


async def queue_beats(rooms: Rooms, bell: "BrokerBell | None" = None) -> None:
    """In the process the queue always works; a broker is asked."""
    while True:
        problem = "" if bell is None else await bell.problem()
        rooms.heart.beat("queue", not problem, problem)
        await asyncio.sleep(QUEUE_BEAT)


def control_verbs(rooms: Rooms, health: Health) -> dict[str, Callable[[dict[str, Any]], Awaitable[Any]]]:
    async def verify(_asked: dict[str, Any]) -> Any:
        return [asdict(broken) for broken in await rooms.verify()]

    async def status(_asked: dict[str, Any]) -> Any:
        ready, lines = await health.state()
        return {"ready": ready, "lines": lines}

    return {"verify": verify, "status": status}


async def until_told() -> str:
    """Wait for SIGINT or SIGTERM; the signal's name."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def tell(name: str) -> None:
        if not told.done():
            told.set_result(name)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell, number.name)
    try:
        return await told
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                loop.remove_signal_handler(number)


def keep_what_was_built() -> None:
    """What a start made stays for good: without looking through it again, no press waits for the garbage collector."""
    gc.collect()
    gc.freeze()
    gc.collect()  # or the collector would wait until a quarter of what is frozen has come anew
    gc.set_threshold(5_000, 10, 10)


async def run_house(settings: Settings) -> None:
    """`understudy run`: until told to stop."""
    async with run_embedded(settings):
        keep_what_was_built()
        log.info("the house is open")
        await until_told()
    log.info("the house is closed")


async def run_process(settings: Settings, part: str) -> None:
    """`understudy slack | mail | clock | web`: until told to stop."""
    async with run_part(settings, part):
        keep_what_was_built()
        log.info("%s is up", part)
        await until_told()


async def verify_rows(settings: Settings) -> list[dict[str, str]]:
    """The invariants, on a database that no embedded house holds."""

    async def nobody(_job_id: int, _due_at: object) -> None:
        return

    from bot.steps.verify import Verify
    from handlers.app import SystemClock
    from storage.engine import open_engines
    from storage.migrate import migrate

    engines = open_engines(settings.storage.url)
    try:
        await migrate(engines)
        return [asdict(b) for b in await Verify(Store(engines, ring=nobody), SystemClock())()]
    finally:
        await engines.dispose()

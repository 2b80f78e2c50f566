"""A whole house on free ports: the practice world's mail and Slack, and the product against them, as live."""

import atexit
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select
from starlette.applications import Starlette

from bot.steps.verify import Verify
from handlers.app import SystemClock, Tuning
from handlers.processes import Running, run_embedded
from handlers.rehearsal.business import SampleBusiness, sample_business
from handlers.rehearsal.cast import cast_of
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.slack_api import routes
from handlers.rehearsal.slack_seed import sow
from handlers.rehearsal.stage import furnish, mailboxes, seed_of, write_home
from handlers.rehearsal.workspace import Workspace
from handlers.settings import Settings, read_settings
from handlers.web.serving import served
from storage.audit import AuditEntry
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store
from tests.flows.desk import Desk
from tests.flows.eventually import eventually
from tests.flows.parts import Parts
from tests.flows.post_office import PostOffice


class Clock:
    """The machine's clock, which a story may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """What a story touches: the post office, the desk, and the switch of the whole house."""

    home: Path
    environ: Mapping[str, str]
    post: PostOffice
    desk: Desk
    workspace: Workspace
    mail: PracticeMail
    clock: Clock
    store: Store
    backend: str
    parts: Parts | None = None
    """The processes of a split house."""
    running: Running | None = None
    """The house in this loop."""
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def settings(self) -> Settings:
        return read_settings(self.home, self.environ)

    async def open(self) -> None:
        """Start the product, and wait until every part of it has worked once."""
        if self.parts is not None:
            await self.parts.start()
            return
        tuning = Tuning(clock=self.clock, poll_seconds=1.0)
        self.running = await self._open.enter_async_context(run_embedded(self.settings, tuning=tuning, serve=False))
        running = self.running

        async def ready() -> bool:
            return (await running.health.state())[0]

        await eventually(ready, instead=lambda: "the house did not become ready")

    async def close(self) -> None:
        if self.parts is not None:
            codes = await self.parts.stop()
            assert set(codes.values()) <= {0}, f"{codes}\n{self.parts.logs()}"
        await self._open.aclose()
        self.running = None

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def audit(self) -> list[AuditEntry]:
        """Who did what, oldest first."""
        async with self.store.reading() as tx:
            return list((await tx.session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all())

    async def quiet(self, *, seconds: float = 20) -> None:
        """Nothing is on its way any more, and every invariant holds."""
        broken: list[object] = []
        clean = 0

        async def settled() -> bool:
            nonlocal clean
            read = await self._all_read()
            broken[:] = await Verify(self.store, self.clock)(settled=True)
            idle = self.running is None or self.running.bell is None or self.running.bell.idle
            clean = clean + 1 if read and idle and not broken else 0
            return clean >= 2  # a row written between our clock and our look escapes one look, not two

        await eventually(settled, seconds=seconds, instead=lambda: f"{broken}\n{self.desk.shown()}")

    async def _all_read(self) -> bool:
        """Whether every mail in the business's inbox has been fetched."""
        newest = max((one.uid for one in self.mail.messages(self.post.business.address)), default=0)
        async with self.store.reading() as tx:
            mailbox = await tx.mailboxes.of(self.post.business.address, "INBOX")
        return mailbox is None or mailbox.last_uid >= newest


@asynccontextmanager
async def open_house(
    home: Path, *, backend: str = "sqlite", environ: Mapping[str, str] | None = None
) -> AsyncIterator[House]:
    """The practice world and the product against it. `environ` overrides settings, as the environment does."""
    environ = dict(environ or {})
    sample = sample_business(SystemClock().now().date())
    if backend == "sqlite":
        shutil.copytree(await _furnished(sample), home, dirs_exist_ok=True)
    async with AsyncExitStack() as world:
        workspace = Workspace(home / "practice.db")
        world.push_async_callback(workspace.close)
        sow(workspace, seed_of(sample))
        business = cast_of(sample, workspace)
        people = mailboxes(business)
        mail = await world.enter_async_context(PracticeMail(people, home / "practice-mail.db", smtp_port=0, imap_port=0))
        await workspace.delivery.sockets.open("127.0.0.1")
        web = await world.enter_async_context(served(Starlette(routes=routes(workspace)), "127.0.0.1", 0))
        workspace.address = web
        world.push_async_callback(workspace.delivery.close)
        write_home(home, sample, workspace, smtp=str(mail.smtp_address), imap=str(mail.imap_address), web=web)
        at_once(home, "opening-hours")
        settings = read_settings(home, environ)
        engines = open_engines(settings.storage.url)
        world.push_async_callback(engines.dispose)
        if backend != "sqlite":
            await migrate(engines)
            await furnish(Store(engines), sample, workspace, now=SystemClock().now())
        parts = Parts(home, environ) if backend != "sqlite" else None
        house = House(
            home, environ, PostOffice(mail, business), Desk(workspace), workspace, mail, Clock(), Store(engines), backend, parts
        )
        world.push_async_callback(house.close)
        await house.open()
        yield house


_FURNISHED: list[Path] = []
"""The sample business as a workspace and a database, made once for all stories of this run."""


async def _furnished(sample: SampleBusiness) -> Path:
    if not _FURNISHED:
        made = Path(tempfile.mkdtemp(prefix="understudy-flows-"))
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        workspace = Workspace(made / "practice.db")
        sow(workspace, seed_of(sample))
        engines = open_engines(f"sqlite:///{made}/understudy.db")
        await migrate(engines)
        await furnish(Store(engines), sample, workspace, now=SystemClock().now())
        await engines.dispose()
        await workspace.close()
        _FURNISHED.append(made)
    return _FURNISHED[0]


def at_once(home: Path, routine: str) -> None:
    """This routine waits for nobody: its stories are about what follows."""
    page = home / "playbook" / "routines" / f"{routine}.md"
    text = re.sub(r"(?m)^undo_minutes = \d+$", "undo_minutes = 0", page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")


"""The house as an owner runs it: `understudy run`, in a process of its own, watched from outside by public means only."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import aiohttp

TICKS = os.sysconf("SC_CLK_TCK")
SOURCES = Path(__file__).resolve().parents[1]
READY_WITHIN = 90.0


@dataclass
class HouseProcess:
    """A child that runs. `seconds` is from start to ready, `cpu` what the process itself used until then."""

    process: asyncio.subprocess.Process
    seconds: float
    cpu: float

    @property
    def resident(self) -> float:
        """Its resident memory in MB, without the processes that read mail for it."""
        return _resident(self.process.pid)

    @property
    def resident_children(self) -> float:
        """The same of its children, in MB."""
        return sum(map(_resident, _children(self.process.pid)))

    @property
    def cpu_used(self) -> float:
        """CPU seconds so far."""
        return _cpu(self.process.pid)

    async def stop(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(30):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def start(*words: str, ready: str, environ: dict[str, str] | None = None, log: Path) -> HouseProcess:
    """Run `python …words` until `ready` answers 200. RuntimeError with its last words if it ends before."""
    began = perf_counter()
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdout=said, stderr=said, cwd=SOURCES, env={**os.environ, **(environ or {})}
        )
    house = HouseProcess(process, 0.0, 0.0)
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
            while not await _answers(session, ready):
                if process.returncode is not None:
                    raise RuntimeError(f"the house ended: {_last_words(log)}")
                await asyncio.sleep(0.01)
    except BaseException:
        await house.stop()
        raise
    house.seconds, house.cpu = perf_counter() - began, _cpu(process.pid)
    return house


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []

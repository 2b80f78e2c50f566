"""The processes of a split house, started exactly as the Procfile says and ended by their own ids."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.flows.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]


def procfile() -> dict[str, list[str]]:
    """Each line of the Procfile: name to command; the program is this interpreter's `understudy`."""
    found = {}
    script = Path(sys.executable).with_name("understudy")
    understudy = [str(script)] if script.exists() else [sys.executable, "-m", "handlers"]
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        name, _, command = line.partition(":")
        program, *words = command.split()
        assert Path(program).name == "understudy", line
        found[name] = [*understudy, *words]
    return found


@dataclass
class Parts:
    home: Path
    environ: Mapping[str, str]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self) -> None:
        """All of them at once, as a process manager does; ready when the web part says so."""
        await asyncio.gather(*(self.start_one(name) for name in procfile()))
        address = self.environ["UNDERSTUDY_WEB__ADDRESS"]
        said = [""]

        async def ready() -> bool:
            gone = {name: one.returncode for name, one in self.running.items() if one.returncode is not None}
            assert not gone, f"{gone} ended\n{self.logs()}"
            try:
                async with aiohttp.ClientSession() as session, session.get(f"http://{address}/readyz") as answer:
                    said[0] = await answer.text()
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(ready, seconds=45, instead=lambda: f"not ready: {said[0]}\n{self.logs()}")

    async def start_one(self, name: str, *, instance: str = "") -> None:
        command = [*procfile()[name.rstrip("0123456789")], "--home", str(self.home)]
        env = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
        with self.log_of(name).open("ab") as log:
            self.running[name] = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env={**env, **self.environ}, stdout=log, stderr=log, start_new_session=True
            )

    def log_of(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def logs(self) -> str:
        pages = {name: self.log_of(name).read_text(errors="replace")[-3000:] for name in self.running}
        return "\n".join(f"== {name}\n{page}" for name, page in pages.items())

    async def kill(self, name: str) -> None:
        """The process and its own children, without warning."""
        one = self.running.pop(name)
        os.killpg(one.pid, signal.SIGKILL)
        await one.wait()

    async def stop(self) -> dict[str, int]:
        """Ask all of them to end; their exit codes."""
        for one in self.running.values():
            if one.returncode is None:
                one.send_signal(signal.SIGTERM)
        codes = {}
        for name, one in self.running.items():
            try:
                async with asyncio.timeout(25):
                    codes[name] = await one.wait()
            except TimeoutError:
                os.killpg(one.pid, signal.SIGKILL)
                await one.wait()
                raise AssertionError(f"{name} did not end when asked\n{self.logs()}") from None
        self.running.clear()
        return codes

"""A process that has imported everything once and forks a house whenever it is told to; a start costs milliseconds then."""

import ctypes
import faulthandler
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _warm() -> None:
    """Import what a house imports, the late ones too, and do once what every start would do again."""
    import holidays
    import openai
    from sqlalchemy.orm import configure_mappers

    import tests.crash.driver
    from handlers.model.offline import OfflineWriter
    from handlers.rehearsal.stage import SAMPLE_PLAYBOOK
    from prompts.playbooks import read_playbook

    assert openai and tests.crash.driver
    holidays.country_holidays("SE", years=(2025, 2026, 2027))
    configure_mappers()
    OfflineWriter(read_playbook(SAMPLE_PLAYBOOK))
    gc.freeze()


def _house(spec: dict[str, Any]) -> int:
    _die_with_parent()
    log = os.open(Path(spec["home"]) / "house.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((0, nothing), (1, log), (2, log)):
        os.dup2(new, old)
    faulthandler.enable()
    from tests.crash.driver import drive

    drive(spec)
    return 0


def main() -> None:
    _die_with_parent()
    _warm()
    _say(ready=True)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _house(json.loads(line))
            except BaseException:
                import traceback

                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _say(pid=pid)
        _, status = os.waitpid(pid, 0)
        _say(exit=os.waitstatus_to_exitcode(status))


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

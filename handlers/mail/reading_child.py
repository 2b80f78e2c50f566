"""The process that reads mail for us: frames in, frames out, under limits of its own. Knows nothing else of the house."""

import json
import math
import resource
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO

from bot.errors import Quarantined
from handlers.mail.own import Own
from handlers.mail.reading import read_mail
from handlers.mail.wire import HEAD, NO_PARENT, dump

PAGE = resource.getpagesize()

WARM_UP = b"""From: a@b.example\r\nSubject: =?utf-8?q?=C3=A4?=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>\r\n"""


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    (size,) = struct.unpack("!I", _exactly(requests, 4))
    stated = json.loads(_exactly(requests, size))
    own = Own(frozenset(stated["addresses"]), tuple(stated["authserv_ids"]))
    read_mail(WARM_UP, own=own)
    _limit_memory(stated["memory_growth"])
    answers.write(HEAD.pack(0, 0))
    answers.flush()
    while head := requests.read(HEAD.size):
        parent_size, raw_size = HEAD.unpack(head)
        parent = (
            None if parent_size == NO_PARENT else _exactly(requests, parent_size).decode("utf-8", "replace")
        )
        raw = _exactly(requests, raw_size)
        _limit_time(stated["cpu_seconds"])
        try:
            refused, answer = 0, dump(read_mail(raw, own=own, parent=parent))
        except Quarantined as error:
            refused, answer = 1, str(error).encode("utf-8", "replace")
        except MemoryError:
            refused, answer = 1, b"needs more memory than a mail may"
        answers.write(HEAD.pack(refused, len(answer)))
        answers.write(answer)
        answers.flush()
        del raw, answer, parent


def _limit_memory(growth: int) -> None:
    """What the warm process has now, and a mail's share on top; beyond it allocation fails."""
    try:
        now = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * PAGE
    except OSError:  # no /proc: the whole of it is bounded instead
        now = growth
    resource.setrlimit(resource.RLIMIT_AS, (now + growth, resource.RLIM_INFINITY))


def _limit_time(seconds: int) -> None:
    """The kernel ends us (SIGXCPU) when the next mail takes more than its CPU seconds."""
    resource.setrlimit(
        resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, resource.RLIM_INFINITY)
    )


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise SystemExit(0)  # the house has gone
    return data


if __name__ == "__main__":
    main()

"""Where a house keeps its rows and rings its workers: a fresh database for each run, and nothing left in the broker."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pika
import psycopg
import redis

from handlers.jobs.broker import queue_name
from tests.needed import missing

BACKENDS = ("sqlite", "postgresql+redis", "postgresql+rabbitmq")
POSTGRES = "postgresql://postgres@127.0.0.1:5432/"
REDIS = "redis://127.0.0.1:6379/0"
RABBIT = "amqp://guest:guest@127.0.0.1:5672/"


@contextmanager
def backend_settings(backend: str) -> Iterator[dict[str, str]]:
    """The settings of a split house as environment; database and queue are gone afterwards."""
    queue = REDIS if backend.endswith("redis") else RABBIT
    for url in (POSTGRES, queue):
        _reach(url)
    name, key = f"understudy_flows_{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    _administer(f"CREATE DATABASE {name}")
    try:
        yield {
            "UNDERSTUDY_STORAGE__URL": POSTGRES + name,
            "UNDERSTUDY_QUEUE__URL": queue,
            "UNDERSTUDY_WEB__ADDRESS": f"127.0.0.1:{free_port()}",
            "UNDERSTUDY_SECRET_KEY": key,
        }
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")
        if queue == REDIS:
            _forget_redis(queue_name(key))
        else:
            _forget_rabbit(queue_name(key))


def _reach(url: str) -> None:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        missing(f"no {parts.scheme} server on {parts.hostname}:{parts.port}")


def _administer(statement: str) -> None:
    with psycopg.connect(POSTGRES + "postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def _forget_redis(queue: str) -> None:
    with redis.Redis.from_url(REDIS) as broker:
        for key in broker.scan_iter(f"dramatiq:*{queue}*"):
            broker.delete(key)


def _forget_rabbit(queue: str) -> None:
    line = pika.BlockingConnection(pika.URLParameters(RABBIT))
    try:
        channel = line.channel()
        for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
            channel.queue_delete(name)
    finally:
        line.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

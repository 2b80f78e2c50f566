"""The kinds of value that stand in understudy.toml, and what is wrong with one that cannot be used."""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from prompts.house_rules import WEEKDAYS, Span


class Wrong(ValueError):
    """A value that cannot be used; `cure` says what to write instead (empty: the field's own description does)."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.cure = cure


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: "localhost", or an address of the loopback nets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(text: str) -> str:
    if not (text := text.strip()):
        raise Wrong("is empty")
    return text


def _one_line(text: str) -> str:
    if any(ord(letter) < 32 for letter in text):
        raise Wrong("has a line break or a control character")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,255}", _said(text)):
        raise Wrong(f"is {text!r}, which is no mail address")
    return text.strip()


def _address_if_any(text: str) -> str:
    return _address(text) if text.strip() else ""


def _slack_id(text: str) -> str:
    if text and not re.fullmatch(r"[UW][A-Z0-9]{5,}", text.strip()):
        raise Wrong(
            f"is {text!r}, which is no Slack user id",
            'In Slack open the person\'s profile, then "…", then "Copy member ID": it looks like U0123ABCD.',
        )
    return text.strip()


def _zone(name: str) -> str:
    try:
        ZoneInfo(_said(name))
    except (KeyError, ValueError, OSError) as error:
        raise Wrong(f"is {name!r}, which is no time zone") from error
    return name.strip()


def words(value: Any) -> Any:
    """A list as TOML has it, or one text with commas as an environment variable has it."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _hours(value: Any) -> Mapping[int, tuple[Span, ...]] | None:
    if value is None or (isinstance(value, Mapping) and all(isinstance(day, int) for day in value)):
        return value
    if isinstance(value, str):
        try:
            value = tomllib.loads(f"hours = {value}")["hours"]
        except tomllib.TOMLDecodeError as error:
            raise Wrong(f"is {value!r}, which is no table of weekdays") from error
    if not isinstance(value, Mapping) or not set(value) <= set(WEEKDAYS):
        raise Wrong("is no table of weekdays")
    return {day: tuple(map(_span, value.get(name) or ())) for day, name in enumerate(WEEKDAYS)}


def _span(text: object) -> Span:
    opens, _, closes = str(text).partition("-")
    try:
        span = Span(time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip()))
    except ValueError as error:
        raise Wrong(f"has {text!r}, which is no span of hours") from error
    if span.closes <= span.opens:
        raise Wrong(f"has {text!r}, which ends before it begins")
    return span


def url_of(
    *schemes: str, plain: tuple[str, ...] = (), host: bool = True, blank: bool = False
) -> AfterValidator:
    """One of these schemes; those in `plain` are not encrypted and are taken for this machine only."""

    def check(text: str) -> str:
        if blank and not text.strip():
            return ""
        parts = urlsplit(_one_line(_said(text)))
        if parts.scheme not in schemes:
            raise Wrong(f"does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        try:
            _ = parts.port
        except ValueError as error:
            raise Wrong("has a port that is no number up to 65535") from error
        if host and not parts.hostname:
            raise Wrong("names no host")
        if host and parts.password:
            raise Wrong("holds a password", "Take it out and put it into .env.")
        if parts.scheme in plain and not is_loopback(parts.hostname or ""):
            safe = " or ".join(f"{scheme}://" for scheme in schemes if scheme not in plain)
            raise Wrong(
                f"is {parts.scheme}://, which is not encrypted and is taken for this machine only",
                f"Use {safe}.",
            )
        return text.strip()

    return AfterValidator(check)


def _listening(text: str) -> str:
    host, _, port = text.strip().rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise Wrong(f"is {text!r}, which is no host:port")
    return text.strip()


def _channel(text: str) -> str:
    if not re.fullmatch(r"#?[\w.-]{1,80}", _said(text)):
        raise Wrong(f"is {text!r}, which is no channel name")
    return text.strip()


Line = Annotated[str, AfterValidator(_said), AfterValidator(_one_line)]
Words = Annotated[tuple[Line, ...], BeforeValidator(words)]
MailAddress = Annotated[str, AfterValidator(_address)]
MailAddressIfAny = Annotated[str, AfterValidator(_address_if_any)]
SlackId = Annotated[str, AfterValidator(_slack_id)]
Zone = Annotated[str, AfterValidator(_zone)]
Listening = Annotated[str, AfterValidator(_listening)]
ChannelName = Annotated[str, AfterValidator(_channel)]
Hours = Annotated[Mapping[int, tuple[Span, ...]] | None, BeforeValidator(_hours)]

"""The channels a client may write on; a reply goes back on the same one."""

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    SLACK = "slack"

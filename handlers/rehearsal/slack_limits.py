"""Slack's limits as documented: sizes of what is posted, and how often a method may be called."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

MESSAGE_TEXT = 40_000
UPDATE_TEXT = 4_000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCKS_TEXT = 13_200
"""All text in one message's blocks together; undocumented, seen in practice."""
ATTACHMENTS = 100
METADATA_BYTES = 16_000
PRIVATE_METADATA = 3_000
MODAL_STACK = 3
SOCKETS = 10

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5

_TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute, as Slack's rate limit page names them."""

_TIER_OF = {
    "apps.connections.open": 1,
    "auth.test": 100,
    "api.test": 4,
    "chat.update": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.getPermalink": 100,
    "chat.scheduleMessage": 3,
    "chat.meMessage": 3,
    "conversations.list": 2,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.history": 3,
    "conversations.replies": 3,
    "conversations.open": 3,
    "conversations.join": 3,
    "conversations.leave": 3,
    "conversations.kick": 3,
    "conversations.invite": 3,
    "conversations.create": 2,
    "conversations.mark": 3,
    "conversations.archive": 2,
    "conversations.rename": 2,
    "conversations.setTopic": 2,
    "conversations.setPurpose": 2,
    "users.list": 2,
    "users.info": 4,
    "users.lookupByEmail": 3,
    "users.conversations": 3,
    "users.getPresence": 3,
    "usergroups.list": 2,
    "usergroups.users.list": 2,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "reactions.get": 3,
    "pins.add": 2,
    "pins.remove": 2,
    "pins.list": 2,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "files.delete": 3,
    "team.info": 3,
    "bots.info": 3,
    "emoji.list": 2,
}


@dataclass
class _Bucket:
    left: float
    at: float


@dataclass
class Rates:
    """Token buckets: one a method and app, and for posting one a channel and app.

    Slack tolerates bursts without saying how large; `burst` scales a tier's minute, `post_burst` is how many posts
    one channel takes before a post a second is enforced.
    """

    enforced: bool = True
    burst: float = 4.0
    posts_a_second: float = 1.0
    post_burst: int = 100
    _buckets: dict[tuple[str, str, str], _Bucket] = field(default_factory=dict)

    def wait_before(self, app: str, method: str, channel: str, now: Callable[[], float]) -> int:
        """Count one call; 0 when it may go on, else the seconds for Retry-After."""
        if not self.enforced:
            return 0
        if method == "chat.postMessage":
            return self._take((app, method, channel), self.posts_a_second, float(self.post_burst), now())
        tier = _TIER_OF.get(method, 4)
        if tier > 4 or method.startswith("practice."):
            return 0
        a_minute = _TIERS[tier]
        room = max(a_minute * self.burst, 40.0)
        return self._take((app, method, ""), a_minute / 60, room, now())

    def _take(self, key: tuple[str, str, str], rate: float, room: float, now: float) -> int:
        bucket = self._buckets.setdefault(key, _Bucket(room, now))
        bucket.left = min(room, bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return max(1, math.ceil((1 - bucket.left) / rate))


@dataclass
class Timing:
    """How long Slack waits; tests shorten it, the documented figures are the default."""

    ack: float = 3.0
    retry_waits: tuple[float, ...] = (0.0, 60.0, 300.0)
    """Waits before each redelivery of an event that was not acknowledged."""

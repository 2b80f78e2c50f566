"""The writer the settings ask for, with its ledger in the real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import prompts
from bot.answers import TriageAsk
from bot.errors import Permanent
from handlers.model.offline import OfflineWriter
from handlers.model.opening import open_writer
from handlers.settings import Settings
from handlers.settings_shape import Business, Model, Owner
from prompts.playbooks import read_playbook
from storage.engine import open_engines
from storage.migrate import migrate
from storage.model_calls import ModelCall
from storage.store import Store
from tests.servers.model_server import ModelServer, Says

PLAYBOOK = read_playbook(Path(prompts.__file__).parent / "sample")
NOTICE = {
    "track": "notice", "category": "other", "topics": [], "summary": "Thanks.", "asks": [], "decision": "", "urgency": "low",
    "mood": "calm", "asks_for_person": False, "confidence": 0.9,
}  # fmt: skip
ASK = TriageAsk(3, "", "Thank you!", "Nina", known_client=True)


class Watch:
    def __init__(self, *moment: int) -> None:
        self.moment = datetime(*moment, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@asynccontextmanager
async def opened_store(folder: Path) -> AsyncIterator[Store]:
    engines = open_engines(f"sqlite:///{folder / 'understudy.db'}")
    try:
        await migrate(engines)
        yield Store(engines)
    finally:
        await engines.dispose()


def settings(home: Path, model: Model | None) -> Settings:
    business = Business(name="Studio", timezone="Europe/Stockholm")
    return Settings(home=home, business=business, owner=Owner(name="Maren"), model=model)


async def test_without_a_model_the_offline_writer_works_and_gives_no_excuse(tmp_path: Path) -> None:
    async with (
        opened_store(tmp_path) as store,
        open_writer(settings(tmp_path, None), PLAYBOOK, store, Watch(2026, 11, 23)) as writer,
    ):
        triaged = await writer.triage(ASK)

    assert isinstance(writer, OfflineWriter)
    assert triaged.byline.because == ""


async def test_calls_become_rows_and_count_against_the_month_in_the_business_zone(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(
        'version = "mine"\n[models]\n"practice" = { prompt = 1000.0, completion = 1000.0 }\n'
    )
    async with (
        ModelServer(Says(NOTICE), Says(NOTICE), Says(NOTICE)) as server,
        opened_store(tmp_path) as store,
    ):
        model = Model(base_url=server.base_url, draft_model="practice-model", monthly_budget=Decimal(7))
        watch = Watch(2026, 11, 30, 22, 30)  # half past eleven in the evening in Stockholm, still November
        async with open_writer(settings(tmp_path, model), PLAYBOOK, store, watch) as writer:
            assert (await writer.triage(ASK)).byline.writer == "openai"
            assert (await writer.triage(ASK)).byline.because == "the month's model budget is spent"
            watch.moment = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # December there
            assert (await writer.triage(ASK)).byline.writer == "openai"

        async with store.reading() as tx:
            row = await tx.session.get(ModelCall, 1)

    assert row is not None
    assert (row.purpose, row.inquiry_id, row.model, row.ok, row.estimated) == (
        "triage",
        3,
        "practice-model",
        True,
        False,
    )
    assert row.price_table.endswith("+mine")
    assert row.cost == Decimal(row.prompt_tokens + row.completion_tokens) / 1000


async def test_a_model_on_this_machine_costs_nothing_unless_it_is_priced(tmp_path: Path) -> None:
    async with ModelServer(Says(NOTICE)) as server, opened_store(tmp_path) as store:
        model = Model(base_url=server.base_url, draft_model="practice-model", monthly_budget=Decimal(0))
        async with open_writer(settings(tmp_path, model), PLAYBOOK, store, Watch(2026, 11, 23)) as writer:
            assert (await writer.triage(ASK)).byline.writer == "openai"


async def test_a_broken_price_table_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text('[models]\n"m" = { prompt = "cheap" }\n')
    model = Model(base_url="http://127.0.0.1:9/v1", draft_model="m")

    async with opened_store(tmp_path) as store:
        with pytest.raises(Permanent, match=r"prices\.toml"):
            async with open_writer(settings(tmp_path, model), PLAYBOOK, store, Watch(2026, 11, 23)):
                pass

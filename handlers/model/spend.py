"""What a call to a model cost: the record of it, and the ledger it goes into."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.ports import Clock
from storage.model_calls import ModelCall
from storage.store import Store


@dataclass(frozen=True)
class Call:
    """One request to a model server, as it ended. Tokens are the server's count, or our estimate when `estimated`."""

    purpose: str
    """"triage" or "draft"."""
    inquiry_id: int
    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    usage: Mapping[str, Any]
    """The server's own usage, as it came; empty when it sent none."""
    request_id: str
    cost: Decimal
    """In the currency of the price table (US dollars)."""
    prices: str
    """Version of the price table."""
    answered: bool = True
    """False: no answer came, yet it may have been charged; then it is the most it can have cost."""


class Spend(Protocol):
    """Where calls are written down."""

    async def record(self, call: Call) -> None:
        """Write one call down. Transient when the database is away."""
        ...

    async def spent_this_month(self) -> Decimal:
        """The sum of what was recorded since the first of the month, in the business's zone. Transient."""
        ...


@dataclass(frozen=True)
class Ledger:
    """Calls as rows. A month begins at midnight of its first day in the business's zone."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    async def record(self, call: Call) -> None:
        row = ModelCall(
            at=self.clock.now(), purpose=call.purpose, inquiry_id=call.inquiry_id, model=call.model, request_id=call.request_id,
            ok=call.answered, prompt_tokens=call.prompt_tokens, completion_tokens=call.completion_tokens,
            estimated=call.estimated, usage=dict(call.usage), cost=call.cost, price_table=call.prices,
        )  # fmt: skip
        async with self.store.transaction("model.call") as tx:
            tx.model_calls.add(row)

    async def spent_this_month(self) -> Decimal:
        async with self.store.reading() as tx:
            return await tx.model_calls.spent_since(self.month())

    def month(self) -> datetime:
        return (
            self.clock.now().astimezone(self.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        )

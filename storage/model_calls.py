"""Model calls: what each call to a model server used and cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, func
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_object


class ModelCall(SQLModel, table=True):
    __tablename__ = "model_call"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    purpose: str
    """"triage" or "draft"."""
    inquiry_id: int | None = None
    model: str
    request_id: str = ""
    ok: bool = True
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    """The server named no usage; tokens were estimated from the text's length."""
    usage: dict[str, Any] = json_object()
    cost: Decimal = Field(default=Decimal(0), sa_type=Numeric(12, 6))
    price_table: str = ""


class ModelCalls:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, call: ModelCall) -> ModelCall:
        self._session.add(call)
        return call

    async def spent_since(self, since: datetime) -> Decimal:
        query = select(func.sum(ModelCall.cost)).where(col(ModelCall.at) >= since)
        return Decimal((await self._session.exec(query)).one() or 0)

    async def count_since(self, since: datetime) -> int:
        query = select(func.count()).select_from(ModelCall).where(col(ModelCall.at) >= since)
        return (await self._session.exec(query)).one()

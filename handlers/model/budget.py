"""The month's model budget: checked before each call with the most it can cost, so that it is never overrun."""

from decimal import Decimal

from handlers.model.spend import Call, Spend


class BudgetSpent(Exception):
    """The call could cost more than what is left of the month's budget."""


class Budget:
    """Reserve before a call, then settle or release; calls at the same time count each other's reservations."""

    def __init__(self, spend: Spend, monthly: Decimal | None) -> None:
        """`monthly` None: no limit, calls are only written down."""
        self._spend, self._monthly = spend, monthly
        self._reserved = Decimal(0)
        self._lost: list[Call] = []

    async def reserve(self, most: Decimal) -> None:
        """Set aside the most a call can cost. BudgetSpent when that is more than what is left."""
        await self._write_lost()
        if self._monthly is None:
            return
        spent = await self._spend.spent_this_month()
        if spent + self._reserved + most > self._monthly:
            raise BudgetSpent
        self._reserved += most  # no await since the sum was taken: two calls cannot both take the last of it

    def release(self, most: Decimal) -> None:
        """The call was never charged."""
        if self._monthly is not None:
            self._reserved -= most

    async def settle(self, call: Call, most: Decimal) -> None:
        """Write down what the call cost; if that is interrupted, it is written down with the next call."""
        self.lose(call, most)
        await self._write_lost()

    def lose(self, call: Call, most: Decimal) -> None:
        """No answer came, but it may have been charged: written down with the next call, for we may be being cancelled."""
        self.release(most)
        self._lost.append(call)

    async def _write_lost(self) -> None:
        while self._lost:
            call = self._lost.pop()
            try:
                await self._spend.record(call)
            except BaseException:
                self._lost.append(call)
                raise

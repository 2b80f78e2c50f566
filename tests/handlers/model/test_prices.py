"""Prices follow the model's name; what is not listed is taken to be dear."""

from decimal import Decimal

import pytest

from handlers.model.prices import PriceTable


@pytest.mark.parametrize(
    ("model", "like"),
    [("gpt-5-mini-2025-08-07", "gpt-5-mini"), ("openai/gpt-4o-mini", "gpt-4o-mini"), ("gpt-5", "gpt-5")],
)
def test_a_dated_or_prefixed_name_has_its_familys_price(model: str, like: str) -> None:
    table = PriceTable.read()

    assert table.of(model) == table.of(like) != table.of("something-else")


def test_cached_tokens_are_part_of_the_prompt() -> None:
    price = PriceTable.read().of("gpt-4o")

    assert price.cost(prompt=1_000_000, cached=400_000, completion=100_000) == Decimal("1.5") + Decimal(
        "0.5"
    ) + Decimal(1)
    assert price.cost(prompt=10, cached=99, completion=0) == price.cost(prompt=10, cached=10, completion=0)


def test_an_unlisted_model_is_dear_and_a_local_one_free() -> None:
    assert PriceTable.read().of("new-model").completion >= PriceTable.read().of("gpt-5").completion
    assert PriceTable.read(free=True).of("gpt-5").completion == 0

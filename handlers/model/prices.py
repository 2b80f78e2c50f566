"""What tokens cost: a small table with a version, overridden by the owner's own prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bot.errors import Permanent

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    prompt: Decimal
    cached: Decimal
    completion: Decimal

    def cost(self, *, prompt: int, cached: int, completion: int) -> Decimal:
        """What a call cost; `cached` tokens are part of `prompt`."""
        cached = min(cached, prompt)
        total = (prompt - cached) * self.prompt + cached * self.cached + completion * self.completion
        return (total / _MILLION).quantize(Decimal("0.000001"))


FREE = Price(Decimal(0), Decimal(0), Decimal(0))


class PriceTable:
    """Prices by model name: the longest name a model's name begins with."""

    def __init__(self, version: str, models: Mapping[str, Price], other: Price) -> None:
        self.version, self._models, self._other = version, models, other

    @classmethod
    def read(cls, *, own: Path | None = None, free: bool = False) -> "PriceTable":
        """The table we ship, with the owner's own file of the same shape on top, if it is there.

        `free`: the models run on this machine, so only what the owner's file prices costs anything. Permanent: the
        owner's file is no price table.
        """
        ours = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))
        models = {} if free else {name: _price(entry) for name, entry in ours["models"].items()}
        other, version = FREE if free else _price(ours["other"]), str(ours["version"])
        if own is not None and own.exists():
            try:
                theirs = tomllib.loads(own.read_text(encoding="utf-8"))
                models |= {name: _price(entry) for name, entry in theirs.get("models", {}).items()}
                other = _price(theirs["other"]) if "other" in theirs else other
                version = f"{version}+{theirs.get('version', 'own')}"
            except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
                cure = 'Write [models], then "name" = { prompt = 1.0, cached = 0.1, completion = 5.0 }.'
                raise Permanent(f"{own.name} is no price table ({type(error).__name__}). {cure}") from error
        return cls(version, models, other)

    def of(self, model: str) -> Price:
        fitting = [
            name
            for name in self._models
            if model.rpartition("/")[2].startswith(name) or model.startswith(name)
        ]
        return self._models[max(fitting, key=len)] if fitting else self._other


def _price(entry: Mapping[str, float]) -> Price:
    prompt, completion = Decimal(str(entry["prompt"])), Decimal(str(entry["completion"]))
    return Price(prompt, Decimal(str(entry.get("cached", entry["prompt"]))), completion)

"""How fast the machine is just now: a noisy neighbour lengthens every figure, and the reader should know by how much."""

from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


@dataclass
class Pace:
    """A small fixed piece of work, timed between measurements; `slower` compares its median with its best."""

    seen: list[float] = field(default_factory=list)

    def look(self) -> None:
        began = perf_counter()
        sum(n * n % 7 for n in range(20_000))
        self.seen.append(perf_counter() - began)

    @property
    def slower(self) -> float:
        return median(self.seen) / min(self.seen) if self.seen else 1.0

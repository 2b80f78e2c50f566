"""What is wrong with an owner's file: where, what, and the cure; collected, so that all of it is said at once."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class PlaybookProblem:
    """One thing to mend. `file` is relative to the playbook folder; `line` counts from 1."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}. {self.cure}"


class PlaybookError(Exception):
    """The playbook cannot be used; `problems` holds everything that has to be mended, in the order of the files."""

    def __init__(self, problems: tuple[PlaybookProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass
class Problems:
    """Where readers put what they find; they go on reading."""

    found: list[PlaybookProblem] = field(default_factory=list)

    def add(self, file: str, line: int, what: str, cure: str) -> None:
        self.found.append(PlaybookProblem(file, line, what, cure))

    def settle(self) -> None:
        """PlaybookError with everything found so far; silent when there is nothing."""
        if self.found:
            raise PlaybookError(tuple(sorted(set(self.found))))

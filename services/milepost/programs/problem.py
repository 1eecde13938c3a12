"""What is wrong with a program file: where, what was found, and what is possible there."""

from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value, e.g. `("steps", 2, "due")`."""


class Finding(NamedTuple):
    """Something wrong at a path; without a line it is that of the path."""

    path: Path
    found: str
    possible: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that an author has to change."""

    file: str
    line: int
    path: str
    found: str
    possible: str

    def __str__(self) -> str:
        """Return the problem as one line, as compilers write it."""
        where = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.found}; {self.possible}"


class ProgramRefused(ValueError):
    """A program file was refused; every problem names its line and what is possible there."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def path_text(path: Path) -> str:
    """Return a path as people write it: `steps[2].due`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

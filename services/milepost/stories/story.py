"""A story as it is told, whatever world carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from milepost.stories.cast import Actor, Cast, Sender
from milepost.stories.checks import Check, Never
from milepost.stories.happenings import AnyHappening


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another; `source` is silent then, or, where it is None, the tracker stands still."""

    source: str | None
    begins_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a file says; happenings in the order of the file, checks in the order of time."""

    file: str
    title: str
    zone: str
    begins_at: int
    definition: Mapping[str, Any]
    cast: Cast
    rules: frozenset[str]
    happenings: tuple[AnyHappening, ...]
    checks: tuple[Check, ...]
    never: tuple[Never, ...]
    spans: tuple[Span, ...]

    @property
    def people(self) -> Mapping[str, Actor]:
        """The learners, by name."""
        return self.cast.people

    @property
    def senders(self) -> Mapping[str, Sender]:
        """The sources, by name."""
        return self.cast.senders

    @property
    def ends_at(self) -> int:
        """The last moment that the story looks at."""
        return max(check.at for check in self.checks)

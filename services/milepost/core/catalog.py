"""The catalog: what every record of a tenant is read against — its published programs and its declared sources."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from milepost.core.program import Program, Step
from milepost_schemas.instants import MINUTE
from milepost_schemas.projections import SourceProjected


@dataclass(frozen=True, slots=True)
class Source:
    """What was declared of a source; durations are milliseconds."""

    name: str
    kind: str = ""
    rhythm: int | None = None
    settling: int = 90 * 60_000
    lateness: int = 240 * 60_000


@dataclass(frozen=True)
class Catalog:
    """The programs (every published version, oldest first) and sources of one tenant.

    Gaps whose breach lies before `tracking_from` (an instant) are historical: listed, and told to nobody.
    """

    programs: Mapping[str, tuple[Program, ...]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    tracking_from: int = 0

    def version_for(self, program: str, recorded_at: int) -> Program | None:
        """Return the last version published at or before the enrollment was recorded, else the first, else nothing."""
        versions = self.programs.get(program, ())
        earlier = [version for version in versions if version.published_at <= recorded_at]
        if earlier:
            return earlier[-1]
        return versions[0] if versions else None

    def source(self, name: str) -> Source:
        """Return what is declared of a source; one that nobody declared has the defaults."""
        return self.sources.get(name) or Source(name)

    def knows(self, source: str, activity: str) -> bool:
        """Say whether any version of any program reads this activity of this source."""
        return self._read.has(source, activity)

    def reads_by_day(self, source: str, activity: str) -> bool:
        """Say whether any version of any program reads this activity in windows of time."""
        return self._read_by_day.has(source, activity)

    def sources_read_by_day(self, program: str, version: int) -> list[str]:
        """Return the sources with activities that a version of a program reads in windows of time."""
        found = (one for one in self.programs.get(program, ()) if one.version == version)
        return sorted({step.evidence.source for one in found for step in one.read_by_day if step.evidence is not None})

    def live_steps(self, course: str) -> tuple[tuple[Program, Step], ...]:
        """Return the live steps that a course serves, of the latest version of each program."""
        return self._courses.get(course, ())

    def courses(self, program: str) -> set[str]:
        """Return the courses whose offerings serve a live step of any version of a program."""
        steps = (step for version in self.programs.get(program, ()) for step in version.steps)
        return {step.live.course for step in steps if step.live is not None}

    @cached_property
    def _every(self) -> tuple[Program, ...]:
        return tuple(version for versions in self.programs.values() for version in versions)

    @cached_property
    def _read(self) -> "_Activities":
        return _Activities(step for program in self._every for step in program.steps)

    @cached_property
    def _read_by_day(self) -> "_Activities":
        return _Activities(step for program in self._every for step in program.read_by_day)

    @cached_property
    def _courses(self) -> dict[str, tuple[tuple[Program, Step], ...]]:
        found: dict[str, tuple[tuple[Program, Step], ...]] = {}
        for _, versions in sorted(self.programs.items()):
            for step in versions[-1].steps:
                if step.live is not None:
                    found[step.live.course] = (*found.get(step.live.course, ()), (versions[-1], step))
        return found


class _Activities:
    """The activities that some steps read."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._prefixes: dict[str, set[str]] = defaultdict(set)
        for step in steps:
            if step.evidence is None:
                continue
            if step.evidence.match == "exact":
                self._exact[step.evidence.source].update(step.activities)
            else:
                self._prefixes[step.evidence.source].add(step.evidence.activity)

    def has(self, source: str, activity: str) -> bool:
        if activity in self._exact.get(source, ()):
            return True
        return any(activity.startswith(prefix) for prefix in self._prefixes.get(source, ()))


def source_of(row: SourceProjected) -> Source:
    """Return what a source's projection says was declared of it."""
    return Source(
        name=row.source,
        kind=row.kind or "",
        rhythm=None if row.rhythm is None else row.rhythm * MINUTE,
        settling=row.settling * MINUTE,
        lateness=row.lateness * MINUTE,
    )

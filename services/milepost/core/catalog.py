"""The catalog: what every record of a tenant is read against — its published programs and its declared sources."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from milepost.core.asking import asked_of
from milepost.core.program import Program, Step
from milepost_schemas.instants import MINUTE
from milepost_schemas.projections import SourceProjected
from milepost_schemas.words import Asks


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
        return self.asks(source, activity) is not None

    def asks(self, source: str, activity: str) -> Asks | None:
        """Return what programs, in any version, ask of an activity of a source; None where none reads it."""
        return self._read.asks(source, activity)

    def asks_anew(self, program: str, version: int) -> "AsksAnew":
        """Return what a version of a program asks of activities that no version published before it does."""
        own = [one for one in self._every if (one.id, one.version) == (program, version)]
        others = [one for one in self._every if one not in own]
        earlier = [one for one in others if all(_by_publication(one) < _by_publication(mine) for mine in own)]
        return AsksAnew(_Reading(own), _Reading(others), _Reading(earlier))

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
    def _read(self) -> "_Reading":
        return _Reading(self._every)

    @cached_property
    def _courses(self) -> dict[str, tuple[tuple[Program, Step], ...]]:
        found: dict[str, tuple[tuple[Program, Step], ...]] = {}
        for _, versions in sorted(self.programs.items()):
            for step in versions[-1].steps:
                if step.live is not None:
                    found[step.live.course] = (*found.get(step.live.course, ()), (versions[-1], step))
        return found


class _Reading:
    """The activities that some programs read, and what they ask of each."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self._exact: dict[str, dict[str, Asks]] = defaultdict(dict)
        self._prefixes: dict[str, dict[str, Asks]] = defaultdict(dict)
        for program in programs:
            for step in program.steps:
                self._read(program, step)

    def patterns(self) -> Iterator[tuple[str, str, bool]]:
        """Yield the source and the activity of all that is read, and whether that is only how activities begin."""
        for prefix, read in ((False, self._exact), (True, self._prefixes)):
            yield from ((source, activity, prefix) for source, activities in read.items() for activity in activities)

    def reads_any(self, source: str, begin: str) -> bool:
        """Say whether any activity may be read that begins like this."""
        if any(activity.startswith(begin) for activity in self._exact.get(source, ())):
            return True
        return any(prefix.startswith(begin) or begin.startswith(prefix) for prefix in self._prefixes.get(source, ()))

    def asks(self, source: str, activity: str) -> Asks | None:
        """Return what is asked of an activity; None where it is not read."""
        exact, prefixes = self._exact.get(source, {}).get(activity), self._prefixes.get(source)
        if not prefixes:
            return exact
        found = [asks for prefix, asks in prefixes.items() if activity.startswith(prefix)]
        found += [] if exact is None else [exact]
        return asked_of(*found) if found else None

    def _read(self, program: Program, step: Step) -> None:
        if step.evidence is None:
            return
        asks = program.asks(step)
        exact = step.evidence.match == "exact"
        read = (self._exact if exact else self._prefixes)[step.evidence.source]
        for activity in step.activities if exact else (step.evidence.activity,):
            read[activity] = asked_of(read.get(activity, ()), asks)


@dataclass(frozen=True, slots=True)
class AsksAnew:
    """What one version of a program asks of activities that were read before it."""

    _own: _Reading
    _others: _Reading
    _earlier: _Reading

    @property
    def sources(self) -> list[str]:
        """The sources with activities of which it may ask something anew."""
        return sorted(
            {source for source, activity, prefix in self._own.patterns() if self._may(source, activity, prefix=prefix)}
        )

    def of(self, source: str, activity: str) -> bool:
        """Say whether it asks something of an activity that no earlier version does, and others read it."""
        return self._others.asks(source, activity) is not None and self._is_more(source, activity)

    def _may(self, source: str, activity: str, *, prefix: bool) -> bool:
        if not prefix:
            return self.of(source, activity)
        return self._others.reads_any(source, activity) and self._is_more(source, activity)

    def _is_more(self, source: str, activity: str) -> bool:
        asks, earlier = self._own.asks(source, activity), self._earlier.asks(source, activity)
        return asks is not None and not {*asks} <= {*(earlier or ())}


def _by_publication(program: Program) -> tuple[int, str, int]:
    return (program.published_at, program.id, program.version)


def source_of(row: SourceProjected) -> Source:
    """Return what a source's projection says was declared of it."""
    return Source(
        name=row.source,
        kind=row.kind or "",
        rhythm=None if row.rhythm is None else row.rhythm * MINUTE,
        settling=row.settling * MINUTE,
        lateness=row.lateness * MINUTE,
    )

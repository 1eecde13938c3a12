"""The catalog: what every record of a tenant is read against — its published programs and its declared sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from milepost.core.program import Program, Step


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
        if activity in self._exact.get(source, ()):
            return True
        return any(activity.startswith(prefix) for prefix in self._prefixes.get(source, ()))

    def live_steps(self, course: str) -> tuple[tuple[Program, Step], ...]:
        """Return the live steps that a course serves, of the latest version of each program."""
        return self._courses.get(course, ())

    @cached_property
    def _steps(self) -> tuple[tuple[Program, Step], ...]:
        every = (version for versions in self.programs.values() for version in versions)
        return tuple((program, step) for program in every for step in program.steps)

    @cached_property
    def _exact(self) -> dict[str, set[str]]:
        known: dict[str, set[str]] = {}
        for _, step in self._steps:
            if step.evidence is not None and step.evidence.match == "exact":
                known.setdefault(step.evidence.source, set()).update(activities(step))
        return known

    @cached_property
    def _prefixes(self) -> dict[str, tuple[str, ...]]:
        known: dict[str, tuple[str, ...]] = {}
        for _, step in self._steps:
            if step.evidence is not None and step.evidence.match == "prefix":
                source = step.evidence.source
                known[source] = (*known.get(source, ()), step.evidence.activity)
        return known

    @cached_property
    def _courses(self) -> dict[str, tuple[tuple[Program, Step], ...]]:
        found: dict[str, tuple[tuple[Program, Step], ...]] = {}
        for _, versions in sorted(self.programs.items()):
            for step in versions[-1].steps:
                if step.live is not None:
                    found[step.live.course] = (*found.get(step.live.course, ()), (versions[-1], step))
        return found


def activities(step: Step) -> tuple[str, ...]:
    """Return the activities that serve a step: one, or one per occurrence where the pattern names it by `{n}`.

    The bare pattern (without `/{n}`, or with `{n}` left empty) is not among them.
    """
    if step.evidence is None:
        return ()
    pattern = step.evidence.activity
    if "{n}" not in pattern or step.each is None:
        return (pattern,)
    return tuple(pattern.replace("{n}", str(n)) for n in range(1, len(step.each.at) + 1))

"""What programs, steps and sessions are called."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, and_, select

from milepost.core.compile import compile_program
from milepost.core.program import Evidence, Program, Step
from milepost.store.chunks import distinct_chunks
from milepost.store.rows import read
from milepost.store.tables import kept, shown
from milepost_schemas.instants import Instant
from milepost_schemas.projections import SessionRow
from milepost_schemas.words import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTitle:
    """What a session is called: its offering's title, its part, and when it is."""

    offering: Name
    session: Name
    title: str
    part: int
    parts: int
    start_at: Instant
    end_at: Instant
    zone: str | None
    canceled: bool = False


@dataclass(frozen=True)
class Programs:
    """Every published version of a tenant's programs, oldest first."""

    versions: Mapping[str, tuple[Program, ...]]

    def latest(self, program: str) -> Program | None:
        """Return the last version."""
        return self.versions[program][-1] if program in self.versions else None

    def version(self, program: str, version: int) -> Program | None:
        """Return one version, the last where there is none of that number."""
        found = (each for each in self.versions.get(program, ()) if each.version == version)
        return next(found, self.latest(program))

    def title(self, program: str) -> str:
        """Return what the program is called."""
        latest = self.latest(program)
        return latest.title if latest else readable(program)

    def step_title(self, program: str | None, step: str) -> str:
        """Return what a step is called; an occurrence (`recall.2`) has its number behind."""
        name, _, occurrence = step.rpartition(".")
        if name and occurrence.isdigit():
            return f"{self._step_title(program, name)} {occurrence}"
        return self._step_title(program, step)

    def of_activity(self, source: str, activity: str) -> tuple[Program, Step] | None:
        """Return the program and step that an activity of a source serves, of the latest versions."""
        for versions in self.versions.values():
            for step in versions[-1].steps:
                if step.evidence is not None and step.evidence.source == source and _serves(step.evidence, activity):
                    return versions[-1], step
        return None

    def of_course(self, course: str | None) -> tuple[tuple[Program, Step], ...]:
        """Return the programs and live steps that a course serves, of the latest versions."""
        latest = (versions[-1] for versions in self.versions.values())
        return tuple((p, s) for p in latest for s in p.steps if s.live is not None and s.live.course == course)

    def _step_title(self, program: str | None, step: str) -> str:
        for version in reversed(self.versions.get(program or "", ())):
            for each in version.steps:
                if each.id == step:
                    return each.title
        return readable(step)


def read_programs(connection: Connection, tenant: str) -> Programs:
    """Return all programs of a tenant."""
    table = kept.programs
    query = select(table.c.program, table.c.definition, table.c.published_at).where(table.c.tenant == tenant)
    found: dict[str, tuple[Program, ...]] = {}
    for row in connection.execute(query.order_by(table.c.version)):
        found[row.program] = (*found.get(row.program, ()), _compiled(row.definition, row.published_at))
    return Programs(found)


def session_titles(connection: Connection, tenant: str, offerings: Iterable[str]) -> tuple[SessionTitle, ...]:
    """Return every session of these offerings, in the order of their start."""
    sessions, table = shown.sessions, shown.offerings
    same = and_(table.c.tenant == sessions.c.tenant, table.c.offering == sessions.c.offering)
    query = select(sessions.c.offering, sessions.c.row, table.c.title).join(table, same, isouter=True)
    found = []
    for some in distinct_chunks(offerings):
        mine = query.where(sessions.c.tenant == tenant, sessions.c.offering.in_(some))
        rows = [(row.offering, row.title, read(SessionRow, row.row)) for row in connection.execute(mine)]
        parts: dict[str, int] = {}
        for offering, _, session in rows:
            parts[offering] = max(parts.get(offering, 1), session.part)
        found += [_titled(offering, title, session, parts[offering]) for offering, title, session in rows]
    return tuple(sorted(found, key=lambda each: (each.start_at, each.offering, each.session)))


def readable(name: str) -> str:
    """Return a name as words, for what has no title."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


@lru_cache(maxsize=256)
def _compiled(definition: str, published_at: int) -> Program:
    return compile_program(json.loads(definition), published_at)


def _serves(evidence: Evidence, activity: str) -> bool:
    if evidence.match == "prefix":
        return activity.startswith(evidence.activity)
    head, marked, tail = evidence.activity.partition("{n}")
    if not marked:
        return activity == evidence.activity
    return (
        activity.startswith(head)
        and activity.endswith(tail)
        and activity[len(head) : len(activity) - len(tail)].isdigit()
    )


def _titled(offering: str, title: str | None, session: SessionRow, parts: int) -> SessionTitle:
    return SessionTitle(
        offering=offering,
        session=session.session,
        title=title or readable(offering),
        part=session.part,
        parts=parts,
        start_at=session.start_at,
        end_at=session.end_at,
        zone=session.zone,
        canceled=session.canceled,
    )

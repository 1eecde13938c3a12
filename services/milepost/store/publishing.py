"""Publish programs: into the log, a version once and for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from milepost.store import log, positions, recording
from milepost.store.tables.kept import programs
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.topics import decode_logged

Definition = dict[str, Any]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Published:
    """It is in the log, and every journey that is enrolled from now on begins with it."""


@dataclass(frozen=True, slots=True)
class PublishedBefore:
    """This version was published before, and is the same."""

    published_at: int


@dataclass(frozen=True, slots=True)
class VersionTaken:
    """Another definition was published under this version; give this one a higher number."""

    highest: int


def publish(connection: Connection, program: ProgramPublished) -> Published | PublishedBefore | VersionTaken:
    """Publish a version of a program, unless its number is taken."""
    known = _versions(connection, program.tenant, program.program)
    earlier = known.get(program.version)
    if earlier is not None:
        same = earlier.definition == program.definition
        return PublishedBefore(earlier.published_at) if same else VersionTaken(max(known))
    log.append(connection, log.Origin(tenant=program.tenant, received_at=program.published_at), [program])
    return Published()


def published(connection: Connection, tenant: str) -> Sequence[ProgramPublished]:
    """Return every version of a tenant's programs, also those that still wait in the log to be taken in."""
    known = [*recording.programs_of(connection, tenant), *(one for one in _waiting(connection) if one.tenant == tenant)]
    first = {(one.program, one.version): one for one in reversed(known)}
    return [first[place] for place in sorted(first)]


def _versions(connection: Connection, tenant: str, program: str) -> dict[int, ProgramPublished]:
    """Return every version by its number: what the tracker has taken in, and what still waits for it in the log."""
    rows = select(programs.c.version, programs.c.published_at, programs.c.definition)
    rows = rows.where(programs.c.tenant == tenant, programs.c.program == program)
    found = {
        version: ProgramPublished(
            tenant=tenant,
            program=program,
            version=version,
            published_at=published_at,
            definition=msgspec.json.decode(definition),
        )
        for version, published_at, definition in connection.execute(rows)
    }
    for waiting in _waiting(connection):
        if (waiting.tenant, waiting.program) == (tenant, program):
            found.setdefault(waiting.version, waiting)
    return found


def _waiting(connection: Connection) -> list[ProgramPublished]:
    position = max(recording.position(connection), positions.reached(connection, positions.RELAY))
    found: list[ProgramPublished] = []
    while entries := log.read(connection, position, limit=BATCH):
        position = entries[-1].position
        messages = (decode_logged(entry.body) for entry in entries if '"milepost.program.published.v1"' in entry.body)
        found.extend(message for message in messages if isinstance(message, ProgramPublished))
    return found

"""The catalogs of all tenants, from messages: what a worker that has no database reads its records against."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from milepost.core.catalog import Catalog, source_of
from milepost.core.compile import compile_program
from milepost.core.program import Program
from milepost_schemas.facts import ActivityReported
from milepost_schemas.messages import (
    AboutActor,
    HoldStated,
    ProgramKnown,
    ProgramPublished,
    SourceRedeclared,
    TenantOpened,
)
from milepost_schemas.projections import SourceProjected
from milepost_schemas.topics import CatalogMessage


def compiled(published: Iterable[ProgramPublished]) -> dict[str, tuple[Program, ...]]:
    """Return the versions of each program, the oldest first, as rules read them."""
    versions: dict[str, list[Program]] = defaultdict(list)
    for program in published:
        versions[program.program].append(compile_program(program.definition, program.published_at))
    return {name: tuple(sorted(found, key=lambda p: p.version)) for name, found in versions.items()}


@dataclass
class _Tenant:
    programs: dict[tuple[str, int], ProgramPublished] = field(default_factory=dict)
    sources: dict[str, SourceProjected] = field(default_factory=dict)
    tracking_from: int = 0
    catalog: Catalog | None = None


def as_read(messages: Iterable[Any], catalog: Catalog) -> Iterator[Any]:
    """Yield messages; those about an activity with whether any program reads it, and what is asked of it.

    Both as of this place in the order of things.
    """
    for message in messages:
        if isinstance(message, AboutActor) and isinstance(message.fact, ActivityReported):
            asks = catalog.asks(message.fact.source, message.fact.activity)
            yield AboutActor(
                actor=message.actor,
                candidate_learner=message.candidate_learner,
                candidate_identifier=message.candidate_identifier,
                known=asks is not None,
                asks=asks,
                fact=message.fact,
            )
        else:
            yield message


class Catalogs:
    """Learns what it is told, in any order and any number of times; the first definition of a version stays."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.hold: HoldStated | None = None
        """What was said last about whether the records of all tenants are being made anew."""
        self._tenants: dict[str, _Tenant] = defaultdict(_Tenant)

    def learn(self, message: CatalogMessage) -> None:
        """Take in one message."""
        if isinstance(message, HoldStated):
            self.hold = message
            return
        tenant = self._tenants[message.tenant]
        match message:
            case ProgramPublished():
                tenant.programs.setdefault((message.program, message.version), message)
            case SourceProjected():
                earlier = tenant.sources.get(message.source)
                if earlier is not None and earlier.version >= message.version:
                    return
                tenant.sources[message.source] = message
                if earlier is not None and source_of(earlier) == source_of(message):
                    return
            case TenantOpened():
                tenant.tracking_from = message.tracking_from
        tenant.catalog = None

    @property
    def are_held(self) -> bool:
        """Whether the records of all tenants are being made anew, so that no worker may hold any."""
        return self.hold is not None and self.hold.held

    def knows(self, said: ProgramKnown | SourceRedeclared) -> bool:
        """Say whether what somebody refers to was learned."""
        tenant = self._tenants[said.tenant]
        if isinstance(said, ProgramKnown):
            return (said.program, said.version) in tenant.programs
        found = tenant.sources.get(said.source)
        return found is not None and found.version >= said.version

    def catalog(self, tenant: str) -> Catalog:
        """Return the programs and sources of a tenant as they are known now."""
        found = self._tenants[tenant]
        if found.catalog is None:
            found.catalog = Catalog(
                programs=compiled(found.programs.values()),
                sources={name: source_of(row) for name, row in found.sources.items()},
                tracking_from=found.tracking_from,
            )
        return found.catalog

    def tenants(self) -> tuple[str, ...]:
        """Return every tenant that is tracked."""
        return tuple(sorted(self._tenants))

    def lagging(self, tenant: str, at: int) -> dict[str, int]:
        """Return the sources that were not heard up to `at`, each with the moment up to which it was."""
        heard = {name: row.heard_until for name, row in self._tenants[tenant].sources.items()}
        return {name: until for name, until in heard.items() if until is not None and until < at}

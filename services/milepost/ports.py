"""What the tracker needs of a place that keeps things: two real ones exist, memory (the pure fold) and SQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from milepost.core.processor import Waits
from milepost_schemas.facts import ActivityReported, Fact, PersonFact
from milepost_schemas.messages import IdentifierErased, Owner, ProgramPublished
from milepost_schemas.projections import Projected, SourceProjected
from milepost_schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Kept:
    """A record to be kept: its bytes, and what it waits for."""

    record: bytes
    waits: Waits


@dataclass(frozen=True, slots=True)
class Filed:
    """A fact for the facts table: by identifier (a person) or by key (an offering, a meeting, a source).

    `actor` is the actor key of an identifier, None elsewhere; `known` is false for an activity of no program.
    """

    tenant: str
    subject: str
    fact: Fact
    actor: str | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class FiledActivity:
    """An activity as it is filed, with whose it is."""

    identifier: str
    actor: str
    fact: ActivityReported


class Keep(Protocol):
    """One transaction's view of everything that the tracker keeps. Nothing is durable before the transaction ends."""

    def load(self, topic: Topic, keys: Collection[str]) -> Mapping[str, bytes]:
        """Return the records of these keys; a key without one is missing from the answer."""
        ...

    def save(self, topic: Topic, records: Mapping[str, Kept]) -> None:
        """Keep these records in place of earlier ones, with what they wait for."""
        ...

    def due(self, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Sequence[str]:
        """Return the keys that wait for a moment that is reached: at `at`, or for a lagging source at its own."""
        ...

    def file(self, facts: Iterable[Filed]) -> None:
        """Put facts into the facts table; one that is there already stays, but `known` may rise."""
        ...

    def forget(self, erased: IdentifierErased) -> None:
        """Take the facts of an identifier away; those of seats and presence stay, as nobody's."""
        ...

    def facts_of(self, tenant: str, identifier: str) -> Sequence[PersonFact]:
        """Return every filed fact of an identifier that is known, in the order of filing."""
        ...

    def unknown_activities(self, tenant: str) -> Sequence[FiledActivity]:
        """Return every filed activity of a tenant that is still unknown, in the order of filing."""
        ...

    def latest_activities(self, tenant: str, source: str) -> Sequence[FiledActivity]:
        """Return, for each identifier and activity of a source, the known fact that was filed last."""
        ...

    def publish(self, program: ProgramPublished) -> None:
        """Keep a program version; the same version again changes nothing."""
        ...

    def programs(self, tenant: str) -> Sequence[ProgramPublished]:
        """Return every version of every program of a tenant, in the order of publishing."""
        ...

    def tracking_from(self, tenant: str) -> int:
        """Return the instant from which gaps of a tenant are told; earlier ones are historical."""
        ...

    def source_rows(self, tenant: str) -> Sequence[SourceProjected]:
        """Return what is projected of every source of a tenant."""
        ...

    def learners_of(self, tenant: str, program: str) -> Sequence[str]:
        """Return the learners whose projection has a journey on this program."""
        ...

    def offerings(self, tenant: str) -> Mapping[str, str | None]:
        """Return every projected offering of a tenant, with its course where a schedule has named one."""
        ...

    def own(self, tenant: str, owners: Iterable[Owner]) -> None:
        """Keep who identifiers are now, for pages that name people: the last said counts."""
        ...

    def project(self, rows: Iterable[Projected]) -> None:
        """Replace all rows of each key by these, where their version is newer."""
        ...

"""A keep in memory: the pure fold of accepted messages, without any durability. Stories and the oracle run on it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from milepost.core.processor import Waits
from milepost.ports import Filed, FiledActivity, Kept
from milepost_schemas.facts import ActivityReported, PersonFact, PresenceFact, SeatFact
from milepost_schemas.messages import IdentifierErased, Owner, ProgramPublished
from milepost_schemas.projections import LearnerProjected, OfferingProjected, Projected, SourceProjected
from milepost_schemas.topics import Topic, address


class MemoryKeep:
    """Keeps everything in dictionaries; `changes` are all that was ever told, in order."""

    def __init__(self, tracking_from: int = 0) -> None:
        """Start empty; gaps from before `tracking_from` are historical."""
        self.rows: dict[str, Projected] = {}
        self.changes: list[object] = []
        self.owners: dict[str, Owner] = {}
        self._tracking_from = tracking_from
        self._records: dict[Topic, dict[str, bytes]] = {topic: {} for topic in Topic}
        self._waits: dict[Topic, dict[str, Waits]] = {topic: {} for topic in Topic}
        self._facts: dict[tuple[str, str], Filed] = {}
        self._programs: list[ProgramPublished] = []

    def load(self, topic: Topic, keys: Collection[str]) -> Mapping[str, bytes]:
        """Return the records of these keys."""
        return {key: self._records[topic][key] for key in keys if key in self._records[topic]}

    def save(self, topic: Topic, records: Mapping[str, Kept]) -> None:
        """Keep these records."""
        for key, kept in records.items():
            self._records[topic][key] = kept.record
            self._waits[topic][key] = kept.waits

    def waits(self, topic: Topic) -> Mapping[str, Waits]:
        """Return what each record of a topic waits for."""
        return self._waits[topic]

    def due(self, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Sequence[str]:
        """Return the keys of a tenant that wait for a moment that is reached."""
        return [
            key
            for key, waits in sorted(self._waits[topic].items())
            if key.startswith(f"{tenant}/") and any(until <= lagging.get(source, at) for source, until in waits)
        ]

    def file(self, facts: Iterable[Filed]) -> None:
        """Put facts into the facts table."""
        for filed in facts:
            place = (filed.tenant, filed.fact.fact_id)
            earlier = self._facts.get(place)
            if earlier is None or (filed.known and not earlier.known):
                self._facts[place] = filed

    def forget(self, erased: IdentifierErased) -> None:
        """Take the facts of an identifier away; those of seats and presence stay, as nobody's."""
        for place, filed in list(self._facts.items()):
            if place[0] == erased.tenant and filed.subject == erased.identifier:
                if isinstance(filed.fact, SeatFact | PresenceFact):
                    self._facts[place] = replace(filed, actor=erased.nobody)
                else:
                    del self._facts[place]

    def facts_of(self, tenant: str, identifier: str) -> Sequence[PersonFact]:
        """Return every known fact of an identifier."""
        found = (filed for (of, _), filed in self._facts.items() if of == tenant and filed.subject == identifier)
        return [filed.fact for filed in found if filed.known]  # type: ignore[misc]

    def unknown_activities(self, tenant: str) -> Sequence[FiledActivity]:
        """Return every activity that no program knew."""
        return [found for filed, found in self._activities(tenant) if not filed.known]

    def latest_activities(self, tenant: str, source: str) -> Sequence[FiledActivity]:
        """Return the last known fact for each identifier and activity of a source."""
        known = [found for filed, found in self._activities(tenant) if filed.known and found.fact.source == source]
        return list({(found.identifier, found.fact.activity): found for found in known}.values())

    def _activities(self, tenant: str) -> Iterator[tuple[Filed, FiledActivity]]:
        for filed in self._facts.values():
            if filed.tenant == tenant and isinstance(filed.fact, ActivityReported):
                yield filed, FiledActivity(filed.subject, filed.actor or "", filed.fact)

    def publish(self, program: ProgramPublished) -> None:
        """Keep a program version; the same version again changes nothing."""
        name = (program.tenant, program.program, program.version)
        if all((p.tenant, p.program, p.version) != name for p in self._programs):
            self._programs.append(program)

    def programs(self, tenant: str) -> Sequence[ProgramPublished]:
        """Return every version of every program of a tenant."""
        return [program for program in self._programs if program.tenant == tenant]

    def tracking_from(self, tenant: str) -> int:
        """Return the instant from which gaps are told."""
        del tenant
        return self._tracking_from

    def source_rows(self, tenant: str) -> Sequence[SourceProjected]:
        """Return what is projected of every source of a tenant."""
        return [row for row in self.rows.values() if isinstance(row, SourceProjected) and row.tenant == tenant]

    def learners_of(self, tenant: str, program: str) -> Sequence[str]:
        """Return the learners who have a journey on this program."""
        return [
            row.learner
            for row in self.rows.values()
            if isinstance(row, LearnerProjected) and row.tenant == tenant
            if any(journey.program == program for journey in row.journeys)
        ]

    def offerings(self, tenant: str) -> Mapping[str, str | None]:
        """Return every projected offering with its course."""
        return {
            row.offering: row.course
            for row in self.rows.values()
            if isinstance(row, OfferingProjected) and row.tenant == tenant
        }

    def own(self, tenant: str, owners: Iterable[Owner]) -> None:
        """Keep who identifiers are now."""
        self.owners.update({f"{tenant}/{owner.identifier}": owner for owner in owners})

    def project(self, rows: Iterable[Projected]) -> None:
        """Replace all rows of each key by these, where their version is newer."""
        for row in rows:
            place = address(row).key
            earlier = self.rows.get(place)
            if earlier is None or row.version > earlier.version:
                self.rows[place] = row
                self.changes.extend(row.changes)

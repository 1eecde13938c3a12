"""The pure world: the core alone, over a keep in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from milepost.core.processor import Waits
from milepost.stories.happenings import AnyHappening
from milepost.stories.looking import Names, gaps_seen, people_seen, told_of
from milepost.stories.messages import Envelopes, Rendered, identifier_of, learner_of
from milepost.stories.moments import write
from milepost.stories.seen import Seen
from milepost.stories.story import Story
from milepost.tracker.cascade import Cascade
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.topics import Message, Topic

TENANT = "story"
TICKED = (Topic.SOURCES, Topic.OFFERINGS, Topic.LEARNERS)


class Site(Protocol):
    """What takes messages in and keeps what is shown in memory: the pure fold, or a simulation of many workers."""

    @property
    def keep(self) -> MemoryKeep:
        """Where rows and changes are."""
        ...

    def take(self, messages: Iterable[Message]) -> object:
        """Take these in, in this order."""
        ...

    def tick(self, tenant: str, at: int) -> object:
        """Move the clock of a tenant."""
        ...

    def lagging(self, tenant: str, at: int) -> Mapping[str, int]:
        """Return the sources that were not heard up to a moment, each with its own."""
        ...

    def waits(self, topic: Topic) -> Mapping[str, Waits]:
        """Return what each record of a topic waits for."""
        ...

    def restart(self) -> None:
        """Lose everything that is not durable."""
        ...


class Fold:
    """The pure fold: one cascade over a keep in memory."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.keep = MemoryKeep()
        self.restart()

    def take(self, messages: Iterable[Message]) -> None:
        """Take these in, in this order."""
        self._cascade.take(messages)

    def tick(self, tenant: str, at: int) -> None:
        """Move the clock of a tenant."""
        self._cascade.tick(tenant, at)

    def lagging(self, tenant: str, at: int) -> Mapping[str, int]:
        """Return the sources that were not heard up to a moment, each with its own."""
        return self._cascade.lagging(tenant, at)

    def waits(self, topic: Topic) -> Mapping[str, Waits]:
        """Return what each record of a topic waits for."""
        return self.keep.waits(topic)

    def restart(self) -> None:
        """Forget everything but the keep."""
        self._cascade = Cascade(self.keep)


class PureWorld:
    """Carries a story out without any IO."""

    reorders = True

    def __init__(self, story: Story, site: Site | None = None) -> None:
        """Publish the story's program and declare its sources, on the pure fold or another site."""
        self._story = story
        self._site: Site = Fold() if site is None else site
        self._program = str(story.definition["program"])
        self._envelopes = Envelopes(TENANT, self._program)
        self._rendered: dict[AnyHappening, list[Rendered]] = {}
        self._lines: dict[str, int] = {}
        self._site.take([self._published(), *self._declared()])

    def deliver(self, happenings: Sequence[AnyHappening], at: int) -> None:
        """Take these in, in this order."""
        del at
        self._site.take([one.message for happening in happenings for one in self._render(happening)])

    def tick(self, at: int) -> None:
        """Move the clock."""
        self._site.tick(TENANT, at)

    def next_wait(self, after: int) -> int | None:
        """Return the next moment that any record waits for."""
        lagging = self._site.lagging(TENANT, after + 1)
        moments = (
            moment
            for topic in TICKED
            for waits in self._site.waits(topic).values()
            for source, moment in waits
            if moment > after and source not in lagging
        )
        return min(moments, default=None)

    def restart(self) -> None:
        """Forget everything but the keep."""
        self._site.restart()

    def look(self) -> Seen:
        """Read the rows."""
        rows = list(self._site.keep.rows.values())
        names = self._names()
        return Seen(
            gaps=gaps_seen((gap for row in rows for gap in row.gaps), names),
            people=people_seen(rows, names, self._program),
            told=told_of(self._site.keep.changes),
            waits=self._waits(),
        )

    def close(self) -> None:
        """There is nothing to end."""

    def _render(self, happening: AnyHappening) -> list[Rendered]:
        """Return the messages of a happening: the same ones if it comes again, whenever that is."""
        said = replace(happening, arrives_at=0)
        if said not in self._rendered:
            self._rendered[said] = list(self._envelopes.messages(happening))
            self._lines[happening.name] = happening.line
        return self._rendered[said]

    def _names(self) -> Names:
        everybody = [*self._story.people, *self._story.cast.guests]
        return Names(
            learners={learner_of(who): who for who in everybody},
            identifiers={identifier_of(who): who for who in everybody},
            lines=self._lines,
            compliance=bool(self._story.definition.get("compliance")),
        )

    def _waits(self) -> dict[str, tuple[str, ...]]:
        named = {
            Topic.LEARNERS: {f"{TENANT}/{learner_of(who)}": who for who in self._story.people},
            Topic.OFFERINGS: {f"{TENANT}/{run}": run for run in self._story.cast.runs},
        }
        return {
            names[key]: self._said(waits)
            for topic, names in named.items()
            for key, waits in self._site.waits(topic).items()
            if key in names
        }

    def _said(self, waits: Sequence[tuple[str, int]]) -> tuple[str, ...]:
        return tuple(
            f"{f'{source} heard up to ' if source else ''}{write(moment, self._story.zone)}" for source, moment in waits
        )

    def _published(self) -> ProgramPublished:
        return ProgramPublished(
            tenant=TENANT,
            program=self._program,
            version=int(self._story.definition["version"]),
            published_at=self._story.begins_at,
            definition=dict(self._story.definition),
        )

    def _declared(self) -> list[SourceDeclared]:
        at = self._story.begins_at
        return [
            SourceDeclared(
                tenant=TENANT,
                fact_id=f"declared {sender.name}",
                source=sender.name,
                occurred_at=at,
                recorded_at=at,
                received_at=at,
                kind=sender.kind,
                rhythm=sender.rhythm,
                settling=sender.settling,
                lateness=sender.lateness,
            )
            for sender in self._story.senders.values()
        ]

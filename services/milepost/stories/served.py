"""The served world: a host of the whole product, spoken to over HTTP, as senders and people do."""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import httpx
from sqlalchemy import Connection, select
from starlette.types import ASGIApp

from milepost.sources.xapi import address_identifier
from milepost.store import publishing, sources
from milepost.store.rows import read
from milepost.store.tables import accepted, shown
from milepost.stories import happenings as h
from milepost.stories.happenings import AnyHappening
from milepost.stories.hosts import EmbeddedHost, Host
from milepost.stories.looking import Names, gaps_seen, people_seen
from milepost.stories.requests import SECRET, Senders, Sent, guest_identifier, signed
from milepost.stories.seen import TELLING, Seen, Told
from milepost.stories.story import Story
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, SeatRow

ADDRESS = "http://127.0.0.1"


class ServedWorld:
    """Carries a story out through gateway, log, tracker and database; what is seen is what pages show."""

    reorders = False

    def __init__(self, story: Story, *, host: Callable[[int], Host] = EmbeddedHost) -> None:
        """Set the story's program and sources up on a host that begins with the story."""
        self._story = story
        self._senders = Senders(story.cast, str(story.definition["program"]))
        self._keys: dict[str, str] = {}
        self._guests: dict[str, set[str]] = {}
        self._learners: dict[str, str] = {}
        self._ending = ExitStack()
        self._runner = self._ending.enter_context(asyncio.Runner())
        self._host = host(story.begins_at)
        self._ending.callback(self._host.close)
        self._tenant, self._vault = self._host.tenant, self._host.vault
        with self._host.database.writing() as connection:
            self._set_up(connection)
        self._speak_to(self._host.open())
        self.tick(story.begins_at)

    def deliver(self, happenings: Sequence[AnyHappening], at: int) -> None:
        """Send these; what is received while the tracker stands still is read by the next process."""
        del at
        spans = [span for span in self._story.spans if span.source is None]
        still = any(span.begins_at < one.arrives_at < span.ends_at for span in spans for one in happenings)
        if still:
            self._host.stand_still()
        for one in happenings:
            self._set_clock(one.arrives_at)
            self._send(one)
        if still:
            self.restart()

    def tick(self, at: int) -> None:
        """Move the clock, and wait until everything is read and the tick was made."""
        self._host.tick(at)

    def next_wait(self, after: int) -> int | None:
        """Nobody outside can say what records wait for."""
        del after
        return None

    def restart(self) -> None:
        """End what works on the story, and start it again on the same database."""
        self._speak_to(self._host.restart())

    def look(self) -> Seen:
        """Read what pages show."""
        with self._host.database.reading() as connection:
            names = self._names(connection)
            rows = select(shown.gaps.c.row).where(shown.gaps.c.tenant == self._tenant)
            gaps = [read(GapRow, row) for row in connection.execute(rows).scalars()]
            learners = [self._learner(connection, learner) for learner in names.learners]
            told = select(shown.changes.c.type, shown.changes.c.gap_id).where(shown.changes.c.tenant == self._tenant)
            told = told.order_by(shown.changes.c.number)
            changes = [Told(TELLING[kind], gap) for kind, gap in connection.execute(told) if kind in TELLING]
        return Seen(
            gaps=gaps_seen(gaps, names), people=people_seen(learners, names, self._senders.program), told=tuple(changes)
        )

    def close(self) -> None:
        """End the host."""
        self._ending.close()

    def _speak_to(self, app: ASGIApp) -> None:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=ADDRESS)

    def _set_up(self, connection: Connection) -> None:
        at, vault = self._story.begins_at, self._vault
        definition = dict(self._story.definition)
        program, version = str(definition["program"]), int(definition["version"])
        publishing.publish(
            connection,
            ProgramPublished(
                tenant=self._tenant, program=program, version=version, published_at=at, definition=definition
            ),
        )
        for sender in self._story.senders.values():
            declared = SourceDeclared(
                tenant=self._tenant,
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
            self._keys[sender.name] = sources.add(connection, vault, declared)
            if sender.kind == "zoom":
                sources.set_secret(connection, vault, self._tenant, sender.name, SECRET)

    def _set_clock(self, at: int) -> None:
        if at > self._host.clock.now():
            self._host.clock.set(at)

    # --- what senders and people do ----------------------------------------------------------------------------------

    def _send(self, one: AnyHappening) -> None:
        sent = self._senders.request(one)
        if sent is not None:
            self._answered(self._ask("POST", sent.path, sent.body, self._headers(sent)))
            if isinstance(one, h.Moved) and one.who not in self._story.people:
                self._guests.setdefault(one.who, set()).add(guest_identifier(one.who, one.meeting))
            return
        self.tick(self._host.clock.now())  # a person acts on what the page shows
        match one:
            case h.Decided():
                self._decide(one)
            case h.RosterSet():
                self._on_roster(one.offering, one.session, {"closed": one.closed})
            case h.Marked():
                judgment = {"identifier": self._identifier(one.who), "choice": one.mark}
                self._on_roster(one.offering, one.session, {"judgments": [judgment]})

    def _headers(self, sent: Sent) -> dict[str, str]:
        if sent.path.startswith("/webhooks"):
            return signed(sent.body, self._host.clock.now())
        basic = base64.b64encode(f"{sent.source}:{self._keys[sent.source]}".encode()).decode()
        version = {"X-Experience-API-Version": "1.0.3"} if sent.path.startswith("/xapi") else {}
        return {"Authorization": f"Basic {basic}", **version}

    def _decide(self, one: h.Decided) -> None:
        do = {"linked": "link", "guest": "guest", "undone": "undo"}[one.decision]
        with self._host.database.reading() as connection:
            self._meet(connection)
            learner = None if one.learner is None else self._learners[one.learner]
            identifiers = [self._identifier_of(connection, actor) for actor in self._actors(one.who)]
        for identifier in identifiers:
            body = json.dumps({"do": do, "learner": learner}).encode()
            self._answered(self._ask("POST", f"/v1/unmatched/{identifier}", body, {}))

    def _on_roster(self, offering: str, session: str, command: dict[str, Any]) -> None:
        path = f"/v1/sessions/{offering}/{session}/roster"
        self._answered(self._ask("POST", path, json.dumps(command).encode(), {}))

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        told = {"Content-Type": "application/json", **headers}
        return self._runner.run(self._client.request(method, path, content=body, headers=told))

    def _answered(self, response: httpx.Response) -> None:
        if response.status_code >= 300:
            asked = f"{response.request.method} {response.request.url.path}"
            raise RuntimeError(f"{asked} was answered {response.status_code}: {response.text[:500]}")

    # --- who is who --------------------------------------------------------------------------------------------------

    def _actor(self, who: str) -> str:
        return self._vault.actor_key(self._tenant, address_identifier(self._story.people[who].mail) or "")

    def _actors(self, who: str) -> list[str]:
        if who in self._story.people:
            return [self._actor(who)]
        vault = self._vault
        return [vault.actor_key(self._tenant, identifier) for identifier in sorted(self._guests.get(who, ()))]

    def _identifier(self, who: str) -> str:
        with self._host.database.reading() as connection:
            return self._identifier_of(connection, self._actor(who))

    def _identifier_of(self, connection: Connection, actor: str) -> str:
        table = accepted.identifiers
        return str(connection.execute(select(table.c.identifier).where(table.c.actor == actor)).scalar_one())

    def _meet(self, connection: Connection) -> None:
        """Remember which learner everybody is by themselves, before anybody links them to another."""
        table = accepted.identifiers
        known = {row.actor: row.learner for row in connection.execute(select(table.c.actor, table.c.learner))}
        for who in self._story.people:
            if who not in self._learners and (learner := known.get(self._actor(who))) is not None:
                self._learners[who] = learner

    def _names(self, connection: Connection) -> Names:
        self._meet(connection)
        table = accepted.identifiers
        everybody = [*self._story.people, *self._story.cast.guests]
        actors = {actor: who for who in everybody for actor in self._actors(who)}
        found = connection.execute(select(table.c.actor, table.c.identifier)).all()
        return Names(
            learners={learner: who for who, learner in self._learners.items()},
            identifiers={identifier: actors[actor] for actor, identifier in found if actor in actors},
            lines={},
            compliance=bool(self._story.definition.get("compliance")),
        )

    def _learner(self, connection: Connection, learner: str) -> LearnerProjected:
        journeys = select(shown.journeys.c.row).where(shown.journeys.c.learner == learner)
        seats = select(shown.seats.c.row).where(shown.seats.c.learner == learner)
        return LearnerProjected(
            tenant=self._tenant,
            learner=learner,
            version=0,
            as_of=0,
            journeys=tuple(read(JourneyRow, row) for row in connection.execute(journeys).scalars()),
            seats=tuple(read(SeatRow, row) for row in connection.execute(seats).scalars()),
        )

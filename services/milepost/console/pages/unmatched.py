"""Unmatched: activities that no program knows, and people and accounts that are nobody yet."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse, RedirectResponse

from milepost.console import acting, answers
from milepost.console.refusals import OF_A_COMMAND
from milepost.console.rendering import Pages, exported
from milepost.console.visit import Desk, Visit
from milepost.console.who import who_asks
from milepost.store.readings.people import Identity, Person, find_people, identities, persons
from milepost.store.readings.sessions import find_session
from milepost.store.readings.unmatched import Stranger, UnknownActivity, Unmatched, read_strangers, read_unmatched
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.words import Key

Text = Annotated[str, Query(max_length=200)]
Do = Literal["link", "guest", "undo"]

DEEDS: dict[Do, str] = {"link": "linked", "guest": "marked_guest", "undo": "undid_identity"}

MOST_FOUND = 8

NAME_NOTHING = frozenset({"", "view", "php", "html", "id", "index", "sco"})
"""Words of an activity's address that say nothing of it."""


class IdentityCommand(BaseModel):
    """Who an identifier is: a learner (`link`), a guest, or (`undo`) nobody in particular again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Do
    learner: Key | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who it may be, and why we think so."""

    person: Person
    why: str = ""


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of what matches nothing."""
    router = APIRouter()

    @router.get("/unmatched", include_in_schema=False)
    def unmatched_page(
        request: Request, open: Annotated[list[str] | None, Query(max_length=50)] = None
    ) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = read_unmatched(visit.connection, visit.tenant, preferred=visit.languages)
            opened = {name.removeprefix("who-") for name in open or ()}
            return pages.page(
                request,
                visit,
                "unmatched.html",
                found=found,
                yaml_line=yaml_line,
                speech=visit.speech(learners=[each.learner for each in found.decisions], offerings=_offerings(found)),
                candidates={
                    each.identity.identifier: _candidates(visit, each)
                    for each in found.strangers
                    if each.identity.identifier in opened
                },
            )

    @router.get("/unmatched.json", include_in_schema=False)
    @router.get("/v1/unmatched", tags=["unmatched"], summary="What matches nothing")
    def unmatched_json(request: Request) -> answers.Unmatched:
        with desk.visit(request) as visit:
            exported(request, visit)
            found = read_unmatched(visit.connection, visit.tenant, preferred=visit.languages)
            return answers.Unmatched(
                activities=found.activities,
                participants=found.strangers,
                accounts=found.accounts,
                decisions=found.decisions,
            )

    @router.get("/unmatched/{identifier}", include_in_schema=False)
    def stranger_page(request: Request, identifier: Key, q: Text = "") -> HTMLResponse:
        with desk.visit(request) as visit:
            identity, asked = _get(visit, identifier), q.strip()
            return pages.page(
                request,
                visit,
                "stranger.html",
                identity=identity,
                q=asked,
                candidates=_find(visit, asked) if asked else _likeliest(visit, identity),
            )

    @router.post("/unmatched/{identifier}", include_in_schema=False)
    def decide_form(
        request: Request, identifier: Key, do: Annotated[Do, Form()], learner: Annotated[Key | None, Form()] = None
    ) -> RedirectResponse:
        _obey(desk, request, identifier, IdentityCommand(do=do, learner=learner))
        return RedirectResponse("/unmatched", status_code=303)

    @router.post(
        "/v1/unmatched/{identifier}", tags=["unmatched"], summary="Decide who somebody is", responses=OF_A_COMMAND
    )
    def decide_json(request: Request, identifier: Key, command: IdentityCommand) -> answers.Done:
        return answers.Done(position=_obey(desk, request, identifier, command))

    return router


def yaml_line(activity: UnknownActivity) -> str:
    """Return the lines that make a step of an activity, as they stand under `steps`; the stage is a guess."""
    done = "passed" if "passed" in activity.claims or "failed" in activity.claims else "completed"
    if done == "completed" and "completed" not in activity.claims:
        done = "score >= 0.8" if activity.scored else next(iter(activity.claims), "completed")
    title = "" if activity.name is None else f"    title: {_quoted(activity.name)}\n"
    return (
        f"  - id: {_step_id(activity.activity)}\n"
        f"{title}"
        "    stage: pre_learning\n"
        f"    evidence: {{source: {activity.source}, activity: {_quoted(activity.activity)}}}\n"
        f"    done: {done}"
    )


def _quoted(text: str) -> str:
    """Return a text as YAML reads it in quotes; what cannot be printed is left out."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _step_id(activity: str) -> str:
    """Return an id for the step of an activity: its kind and number where it has them, as `quiz-40`."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", activity) if word not in NAME_NOTHING]
    return "-".join(words[-2:])[-40:].strip("-").lower() or "step"


def _offerings(found: Unmatched) -> list[str]:
    return [sighting.offering for each in found.strangers for sighting in each.sightings]


def _get(visit: Visit, identifier: str) -> Identity:
    identity = identities(visit.connection, visit.tenant, [identifier]).get(identifier)
    if identity is None:
        raise HTTPException(404, "There is nobody of that id. They may have been erased.")
    return identity


def _find(visit: Visit, text: str, why: str = "") -> tuple[Candidate, ...]:
    return tuple(Candidate(each, why) for each in find_people(visit.connection, visit.tenant, text, limit=MOST_FOUND))


def _likeliest(visit: Visit, identity: Identity) -> tuple[Candidate, ...]:
    """Return who was missed where somebody was seen; of whom nothing of that is known, learners called alike."""
    strangers = read_strangers(visit.connection, visit.tenant)
    stranger = next((each for each in strangers if each.identity.identifier == identity.identifier), None)
    missed = () if stranger is None else _candidates(visit, stranger)
    if missed or len(identity.label) <= 1:
        return missed
    return _find(visit, identity.label, "is called alike")


def _candidates(visit: Visit, stranger: Stranger) -> tuple[Candidate, ...]:
    """Return who holds a seat where the stranger was and was not seen there, the likeliest names first."""
    missing: dict[str, None] = {}
    for sighting in stranger.sightings:
        session = find_session(visit.connection, visit.tenant, sighting.offering, sighting.session)
        for attendee in session.attendees if session else ():
            row = attendee.row
            if row.learner and row.state == "booked" and row.joined_at is None and row.mark is None:
                missing[row.learner] = None
    found = persons(visit.connection, visit.tenant, missing)
    words = _words(stranger.identity.label)
    ranked = sorted(found.values(), key=lambda person: (-len(words & _words(person.name)), person.name))
    return tuple(Candidate(each, "has a seat there, and was not seen") for each in ranked[:MOST_FOUND])


def _words(name: str) -> set[str]:
    return {word.strip(".,()").lower() for word in name.split() if len(word.strip(".,()")) > 1}


def _obey(desk: Desk, request: Request, identifier: str, command: IdentityCommand) -> int:
    with desk.visit(request) as visit:
        identity = _get(visit, identifier)
        if command.do == "link" and not persons(visit.connection, visit.tenant, [command.learner]):
            raise HTTPException(422, "Name a learner to link to: nobody of that id is known.")

    def say(stamp: acting.Stamp) -> list[IdentityDecided]:
        match command.do:
            case "link":
                return [acting.link(stamp, identity, command.learner or "")]
            case "guest":
                return [acting.mark_as_guest(stamp, identity)]
            case "undo":
                return [acting.undo(stamp, identity)]

    said = {} if command.learner is None else {"learner": command.learner}
    return acting.act(desk, who_asks(request), say, DEEDS[command.do], identifier, **said)

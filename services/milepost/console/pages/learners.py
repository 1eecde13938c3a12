"""Learner: everything about one person, and finding them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse

from milepost.console import answers
from milepost.console.gap_views import answer_fact, answer_gap, view_gaps, with_parts_below
from milepost.console.moments import percent
from milepost.console.paging import PageNumber, Paging
from milepost.console.refusals import OF_A_THING
from milepost.console.rendering import Pages, exported
from milepost.console.said import closings, said, said_of_step
from milepost.console.sentences import Speech, wording
from milepost.console.visit import Desk, Visit
from milepost.console.words import STAGES
from milepost.store.readings.facts import Filed, facts_by_id
from milepost.store.readings.learners import Concluded, Learner, find_learner
from milepost.store.readings.people import count_people, find_people
from milepost.store.readings.sessions import sessions_of
from milepost_schemas.facts import Fact
from milepost_schemas.instants import MINUTE
from milepost_schemas.projections import JourneyRow, SeatSessionRow, SessionRow, StepRow

SIZE = 50
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: something that was said, or something that was concluded from it."""

    at: int
    kind: str
    """`fact`, or what was concluded: `opened`, `closed`, `retracted`, `step`, `stage`."""

    text: Markup
    source: str = ""
    filed: Filed | None = None
    because: tuple[tuple[Filed, Markup], ...] = ()


def build(desk: Desk, pages: Pages) -> APIRouter:
    """Return the routes of the learners."""
    router = APIRouter()

    @router.get("/learners", include_in_schema=False)
    def learners_page(request: Request, q: Text = "", page: PageNumber = 1) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = _find(visit, q.strip(), page)
            return pages.page(
                request,
                visit,
                "learners.html",
                q=q.strip(),
                found=found,
                programs=visit.programs,
                paging=Paging(page, SIZE, found.total),
            )

    @router.get("/learners.json", include_in_schema=False)
    @router.get("/v1/learners", tags=["learners"], summary="Find learners by name or mail")
    def learners_json(request: Request, q: Text = "", page: PageNumber = 1) -> answers.Learners:
        with desk.visit(request) as visit:
            exported(request, visit)
            return _find(visit, q.strip(), page)

    @router.get("/learners/{learner}.json", include_in_schema=False)
    @router.get(
        "/v1/learners/{learner}", tags=["learners"], summary="Everything about one learner", responses=OF_A_THING
    )
    def learner_json(request: Request, learner: str) -> answers.Learner:
        with desk.visit(request) as visit:
            found = _get(visit, learner)
            visit.saw("saw_learner", learner)
            speech = _speech(visit, found, {})
            name = speech.name(learner)
            return answers.Learner(
                learner=learner,
                name=name,
                identities=found.identities,
                journeys=found.journeys,
                seats=found.seats,
                gaps=tuple(answer_gap(view, name) for view in view_gaps(visit, found.gaps)),
                facts=tuple(answer_fact(each, said(each.fact, speech)) for each in found.facts),
                changes=found.changes,
            )

    @router.get("/learners/{learner}", include_in_schema=False)
    def learner_page(
        request: Request,
        learner: str,
        open: Annotated[list[str] | None, Query(max_length=50)] = None,
    ) -> HTMLResponse:
        with desk.visit(request) as visit:
            found = _get(visit, learner)
            visit.saw("saw_learner", learner)
            behind = _behind(visit, found)
            speech = _speech(visit, found, behind)
            views = view_gaps(visit, found.gaps, open or ())
            return pages.page(
                request,
                visit,
                "learner.html",
                found=found,
                name=speech.name(learner),
                mails=sorted({each.mail for each in found.identities if each.mail}),
                standing=with_parts_below([view for view in views if view.row.state in ("open", "mitigated")]),
                ended=[view for view in views if view.row.state not in ("open", "mitigated")],
                timeline=_moments(_timeline(found, behind, speech)),
                evidence=lambda row: _evidence(row.shown_by, behind, speech, said_of_step),
                missed=_missed(visit, found),
                seats=sorted(found.seats, key=lambda seat: [each.start_at for each in seat.sessions]),
                deadline=_deadline,
                speech=speech,
                programs=visit.programs,
            )

    return router


def _find(visit: Visit, text: str, page: int) -> answers.Learners:
    total = count_people(visit.connection, visit.tenant, text)
    return answers.Learners(
        learners=find_people(visit.connection, visit.tenant, text, limit=SIZE, offset=(page - 1) * SIZE),
        total=total,
        page=page,
        pages=Paging(page, SIZE, total).pages,
    )


def _get(visit: Visit, learner: str) -> Learner:
    found = find_learner(visit.connection, visit.tenant, learner)
    if found is None:
        raise HTTPException(404, "There is no such learner. They may have been erased, or linked to another.")
    return found


def _behind(visit: Visit, found: Learner) -> dict[str, Filed]:
    known = {each.fact.fact_id: each for each in found.facts}
    steps = [fact for journey in found.journeys for step in journey.steps for fact in step.shown_by]
    seats = [fact for seat in found.seats for session in seat.sessions for fact in session.shown_by]
    enrolled = [journey.enrolled_by for journey in found.journeys]
    changes = [fact for change in found.changes for fact in change.shown_by]
    wanted = {fact for fact in (*steps, *seats, *enrolled, *changes) if fact not in known}
    return known | facts_by_id(visit.connection, visit.tenant, wanted)


def _speech(visit: Visit, found: Learner, behind: dict[str, Filed]) -> Speech:
    return visit.speech(
        [each.row for each in found.gaps],
        facts=(*found.facts, *behind.values()),
        learners=[found.learner],
        offerings=[seat.offering for seat in found.seats],
    )


def _evidence(
    ids: tuple[str, ...], behind: dict[str, Filed], speech: Speech, say: Callable[[Fact, Speech], Markup] = said
) -> list[tuple[Filed, Markup]]:
    found = (behind.get(fact.split("#", 1)[0]) for fact in ids)
    return [(filed, say(filed.fact, speech)) for filed in found if filed is not None]


def _missed(visit: Visit, found: Learner) -> dict[tuple[str, str], str]:
    """Return what says, by session, that the learner was not there, or not for long enough."""
    known = sessions_of(visit.connection, visit.tenant, {seat.offering for seat in found.seats})
    every = [
        (known.get((seat.offering, each.session)), seat.offering, each)
        for seat in found.seats
        for each in seat.sessions
    ]
    return {(offering, each.session): _short(each, row) for row, offering, each in every if row is not None}


def _short(seat: SeatSessionRow, session: SessionRow) -> str:
    if seat.mark is not None:
        return f"marked {seat.mark}"
    if seat.outcome == "partial":
        return "there in part" if seat.share is None else f"there for {percent(seat.share)} of it"
    return f"not seen: {closings(session)}" if seat.outcome == "absent" else ""


def _timeline(found: Learner, behind: dict[str, Filed], speech: Speech) -> list[Entry]:
    """Return facts by when they were received and conclusions by when they were drawn, the newest first."""
    facts = [
        Entry(each.fact.received_at, "fact", said(each.fact, speech), source=each.fact.source, filed=each)
        for each in found.facts
    ]
    conclusions = [
        Entry(each.at, *_conclusion(each, speech), because=tuple(_evidence(each.shown_by, behind, speech)))
        for each in found.changes
    ]
    order = {id(entry): place for place, entry in enumerate((*reversed(conclusions), *reversed(facts)))}
    return sorted(
        (*facts, *conclusions), key=lambda entry: (entry.at, entry.kind != "fact", order[id(entry)]), reverse=True
    )


def _moments(entries: list[Entry]) -> list[tuple[int, list[Entry]]]:
    """Return the entries of each minute together; a conclusion need not repeat what was said in the same minute."""
    moments = []
    for _, group in groupby(entries, key=lambda entry: entry.at // MINUTE):
        together = list(group)
        here = {entry.filed.fact.fact_id for entry in together if entry.filed is not None}
        moments.append((together[0].at, [replace(entry, because=_elsewhere(entry, here)) for entry in together]))
    return moments


def _elsewhere(entry: Entry, here: set[str]) -> tuple[tuple[Filed, Markup], ...]:
    return tuple((filed, words) for filed, words in entry.because if filed.fact.fact_id not in here)


def _conclusion(change: Concluded, speech: Speech) -> tuple[str, Markup]:
    step = speech.step(change.program, change.step or "")
    stage = dict(STAGES).get(change.stage or "", "")  # type: ignore[call-overload]
    gap = Markup('<a href="/gaps/{}">{}</a>').format(
        change.gap_id or "", wording(change.gap).title if change.gap else ""
    )
    match change.type.removeprefix("milepost.").removesuffix(".v1"):
        case "gap.opened":
            return "opened", Markup("Gap opened: {}").format(gap)
        case "gap.mitigated":
            return "mitigated", Markup("A plan exists: {}").format(gap)
        case "gap.severity_changed":
            return "severity", Markup("{} is now {}").format(gap, change.severity)
        case "gap.resolved":
            return "closed", Markup("Gap closed: {}").format(gap)
        case "gap.retracted":
            return "retracted", Markup("Gap retracted, it was never true: {}").format(gap)
        case "gap.superseded":
            better = wording(change.by_gap).title if change.by_gap else "another gap"
            return "closed", Markup("Gap superseded by “{}”: {}").format(better, gap)
        case "step.completed":
            return "step", Markup("Step done: {}").format(step)
        case "step.reopened":
            return "regressed", Markup("Step open again: {}").format(step)
        case "stage.entered":
            return "stage", Markup("Moved on to <b>{}</b>").format(stage)
        case "stage.regressed":
            return "regressed", Markup("Back in <b>{}</b>: evidence was withdrawn").format(stage)
        case "journey.completed":
            return "stage", Markup("Completed <b>{}</b>").format(speech.programs.title(change.program or ""))
        case _:
            return "step", Markup("Something changed")


def _deadline(journey: JourneyRow) -> StepRow | None:
    """Return the step that falls due next."""
    due = [step for step in journey.steps if step.state in ("due", "late") and step.due_at is not None]
    return min(due, key=lambda step: step.due_at or 0, default=None)

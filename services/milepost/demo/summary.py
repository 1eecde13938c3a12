"""What came of it: how many gaps of each type opened and closed, and why each retraction happened.

A conclusion that was taken back must have been told too early because something came late, or somebody has decided
something on the page; what neither a scripted late report nor a decision explains is listed as a bug.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from milepost.demo.acts import Explanation
from milepost.store.database import Database
from milepost.store.readings.people import persons
from milepost.store.tables.kept import facts
from milepost.store.tables.shown import changes, gaps
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import HOUR, MINUTE, to_datetime

OUTCOMES = ("opened", "mitigated", "resolved", "superseded", "retracted")
AFTERWARDS = 30 * HOUR
"""How long after a late report a retraction may follow from it: a withdrawn sitting counts for another day."""

CONSOLE = "console"
"""The source of what people decide on the page."""

DECIDED = "somebody decided on the page who was who, or who was there"

TYPES = {f"milepost.gap.{outcome}.v1": outcome for outcome in OUTCOMES}


@dataclass(frozen=True, slots=True)
class Retraction:
    """A gap that was taken back: its type, whom it was about, and what explains it."""

    at: int
    gap: str
    who: str
    name: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a demo. `counts` is by gap type and outcome."""

    counts: Counter[tuple[str, str]]
    retractions: tuple[Retraction, ...]

    @property
    def unexplained(self) -> tuple[Retraction, ...]:
        """What nobody's late report explains."""
        return tuple(one for one in self.retractions if one.why is None)


def read_summary(database: Database, explanations: Sequence[Explanation]) -> Summary:
    """Return what the database says came of it."""
    with database.reading() as connection:
        said = list(_gap_changes(connection))
        counts = Counter((gap, outcome) for _, gap, outcome, _ in said)
        taken_back = [(at, gap, gap_id) for at, gap, outcome, gap_id in said if outcome == "retracted"]
        decided = _decisions(connection)
        subjects = _subjects(connection, {gap_id for *_, gap_id in taken_back})
    retractions = []
    for at, gap, gap_id in taken_back:
        who, name = subjects.get(gap_id, ("", "somebody"))
        cause = why(at, gap, who, explanations) or (DECIDED if _follows(at, decided) else None)
        retractions.append(Retraction(at, gap, who, name, cause))
    return Summary(counts, tuple(retractions))


def told(summary: Summary) -> Iterator[str]:
    """Yield the summary in lines for people."""
    kinds = sorted({gap for gap, _ in summary.counts})
    width = max((len(gap) for gap in kinds), default=0)
    yield f"{'What became of the gaps':<{width}}  " + "  ".join(f"{outcome:>10}" for outcome in OUTCOMES)
    for gap in kinds:
        yield f"{gap:<{width}}  " + "  ".join(f"{summary.counts[gap, outcome]:>10}" for outcome in OUTCOMES)
    totals = Counter(outcome for (_, outcome), number in summary.counts.items() for _ in range(number))
    yield f"{'in all':<{width}}  " + "  ".join(f"{totals[outcome]:>10}" for outcome in OUTCOMES)
    yield ""
    if not summary.retractions:
        yield "Nothing was taken back."
    else:
        yield f"{len(summary.retractions)} taken back, because something came late:"
    for one in summary.retractions:
        yield f"  {to_datetime(one.at):%d %b %H:%M}  {one.gap} of {one.name}: {one.why or 'NO REASON IS KNOWN'}"
    if summary.unexplained:
        yield f"{len(summary.unexplained)} of them nothing explains: that is a bug, please report it."


def _gap_changes(connection: Connection) -> Iterator[tuple[int, str, str, str]]:
    """Yield when, of which type, what happened to which gap."""
    query = select(changes.c.at, changes.c.type, changes.c.gap_id, changes.c.row)
    query = query.where(changes.c.tenant == DEFAULT, changes.c.type.in_(TYPES)).order_by(changes.c.number)
    for at, kind, gap_id, row in connection.execute(query):
        yield at, str(json.loads(row)["gap"]), TYPES[kind], gap_id


def _subjects(connection: Connection, gap_ids: set[str]) -> dict[str, tuple[str, str]]:
    """Return, by gap, the mail address and name of the learner that it is about, or the offering."""
    query = select(gaps.c.gap_id, gaps.c.learner, gaps.c.offering).where(gaps.c.tenant == DEFAULT)
    rows = [row for row in connection.execute(query) if row.gap_id in gap_ids]
    known = persons(connection, DEFAULT, {row.learner for row in rows})
    found = {}
    for row in rows:
        person = known.get(row.learner)
        found[row.gap_id] = (
            (row.offering or "", row.offering or "") if person is None else (person.mail or "", person.name)
        )
    return found


def _decisions(connection: Connection) -> tuple[int, ...]:
    """Return when somebody decided something on the page: who is who, who was there."""
    query = select(facts.c.received_at).where(facts.c.tenant == DEFAULT, facts.c.source == CONSOLE)
    return tuple(connection.execute(query).scalars())


def _follows(at: int, decided: Sequence[int]) -> bool:
    """Say whether a retraction was told at once after one of these moments."""
    return any(moment <= at <= moment + MINUTE for moment in decided)


def why(at: int, gap: str, who: str, explanations: Sequence[Explanation]) -> str | None:
    """Return what explains that a gap about somebody was taken back at a moment, None where nothing does."""
    fitting = (
        one.why
        for one in explanations
        if one.who == who and gap in one.gaps and one.at - MINUTE <= at <= one.at + AFTERWARDS
    )
    return next(fitting, None)

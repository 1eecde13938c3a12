"""The rows of a program's grid: made here and not in its template, as a page has hundreds of them."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from markupsafe import Markup, escape

from milepost.console.cells import cell
from milepost.console.moments import Moments
from milepost.console.words import JOURNEYS, STAGES
from milepost.store.readings.journeys import GridLine
from milepost_schemas.projections import JourneyRow

Place = tuple[str, int]
"""A step, and which occurrence of it."""

NAMELESS = "Somebody without a name"


def rows(lines: Iterable[GridLine], places: Sequence[Place], moments: Moments) -> Markup:
    """Return a row for each learner, with a cell for each of these places; every part of it is escaped by itself."""
    return Markup("\n".join(_row(line, places, moments) for line in lines))  # noqa: S704


def _row(line: GridLine, places: Sequence[Place], moments: Moments) -> str:
    learner, name = escape(line.learner), escape(line.name or NAMELESS)
    return (
        f'<tr id="on-{learner}"><th scope="row" class="who">'
        f'<a href="/learners/{quote(line.learner)}" data-row title="{name}">{name}</a>{_gaps(line.gaps)}</th>'
        f"{_stage(line.journey)}{_cells(line.journey, places, moments)}</tr>"
    )


def _gaps(number: int) -> str:
    if not number:
        return ""
    said = "gap" if number == 1 else "gaps"
    return f' <span class="gapcount" data-live="{number}">{number}<span class="sr"> open {said}</span></span>'


def _stage(journey: JourneyRow) -> str:
    is_active = journey.state == "active"
    said = (STAGES[journey.stage] if journey.stage else "\u2013") if is_active else JOURNEYS[journey.state]
    return f'<td class="stage" data-live="{journey.stage}{journey.state}">{said}</td>'


def _cells(journey: JourneyRow, places: Sequence[Place], moments: Moments) -> str:
    mine = {(row.step, row.occurrence): row for row in journey.steps}
    return "".join(cell(mine.get(place), moments) for place in places)

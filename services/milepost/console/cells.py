"""The cell of a step, as grid and learner show it: made here and not in a template, as a grid has thousands."""

from functools import lru_cache

from markupsafe import Markup

from milepost.console.moments import Moments, duration
from milepost_schemas.projections import StepRow, StepState

NOT_THEIRS = Markup('<td class="c not_expected"><i>not in their version</i></td>')


def cell(step: StepRow | None, moments: Moments) -> Markup:
    """Return the cell of a step: how it stands by shape and word, and its day; the exact moment on hover."""
    if step is None:
        return NOT_THEIRS
    at = step.done_at if step.state == "done" else step.due_at
    return _cell(step.state, step.required, step.waived, at, moments)


@lru_cache(maxsize=8192)
def _cell(state: StepState, required: bool, waived: bool, at: int | None, moments: Moments) -> Markup:
    """Return the cell; nothing in it comes from outside, so nothing has to be escaped."""
    optional = "" if required else " optional"
    title = "" if at is None else f' title="{"Done" if state == "done" else "Due"} {moments.exact(at)}"'
    said = _said(state, waived, at, moments)
    return Markup(f'<td class="c {state}{optional}" data-live="{state}"{title}>{said}</td>')  # noqa: S704


def _said(state: StepState, waived: bool, at: int | None, moments: Moments) -> str:
    match state:
        case "done":
            return "<i>done</i>" + ("" if at is None else moments.short_day(at)) + ("waived" if waived else "")
        case "due":
            return "due" if at is None else f"<i>due</i>{moments.short_day(at)}"
        case "late":
            return f'late <span class="n">{"" if at is None else duration(moments.now - at)}</span>'
        case "missed" | "unknown":
            return state
        case "not_expected":
            return "<i>waived</i>" if waived else "<i>not expected</i>"

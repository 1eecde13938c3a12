"""Due moments: what a program says of time, as moments of one learner. Counting on calendars and zones is remembered.

All of it follows from the program and from what is counted from, which stay as they are while facts come in.
"""

from functools import lru_cache

from milepost.core.calendar import Offset
from milepost.core.program import Due, Program, due_at

REMEMBERED = 65_536
"""How many moments of each kind are remembered; some ten megabytes."""


@lru_cache(maxsize=REMEMBERED)
def due_of(program: Program, step: str | None, anchor_at: int, recorded_at: int, zone: str) -> int | None:
    """Return the last instant that is in time for a step (None: for the whole program), counted from an anchor.

    Nothing falls due sooner than the program's notice after `recorded_at`, when what sets the due was recorded.
    """
    due: Due | None = program.deadline if step is None else program.step(step).due
    moment = None if due is None else due_at(due, anchor_at, zone, program.calendar)
    return None if moment is None else _with_notice(program, moment, recorded_at, zone)


@lru_cache(maxsize=REMEMBERED)
def occurrences_of(
    program: Program, step: str, anchor_at: int, recorded_at: int, zone: str
) -> tuple[tuple[int, int], ...]:
    """Return when each occurrence of a repeated step opens and is due, counted from an anchor."""
    each = program.step(step).each
    if each is None:
        return ()
    opens = [program.calendar.after(anchor_at, offset, zone) for offset in each.at]
    dues = [program.calendar.after(opens_at, each.within, zone) for opens_at in opens]
    return tuple((at, _with_notice(program, due, recorded_at, zone)) for at, due in zip(opens, dues, strict=True))


@lru_cache(maxsize=REMEMBERED)
def patience_of(program: Program, gap: str, since: int, default: Offset, zone: str) -> int:
    """Return when the patience that a program has with a gap runs out, from a moment on."""
    return program.calendar.after(since, program.settings(gap).after or default, zone)


def _with_notice(program: Program, moment: int, recorded_at: int, zone: str) -> int:
    if program.notice.count == 0:
        return moment
    return max(moment, program.calendar.after(recorded_at, program.notice, zone))

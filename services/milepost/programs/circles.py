"""Circles: steps that wait for each other, by their gates and due rules, so that none of them could ever be on time.

A step waits for the steps of its gate, and for a step after which it is due or opens. `before practice.start` waits
for nothing: a session's date comes from its schedule, and theory is due before the practice that waits for theory.
"""

from collections.abc import Iterator, Mapping

from milepost.programs.problem import Finding, Path, path_text
from milepost.programs.shape import Draft, DraftStep
from milepost_schemas.program_lines import RelativeLine, read_anchor, read_due

Waits = Mapping[str, Mapping[str, str]]
"""For each step, the steps that it waits for and the key by which it does."""


def find_circles(draft: Draft) -> Iterator[Finding]:
    """Yield each circle once, at the first of its steps."""
    waits = {step.rule.id: dict(_waits_for(step)) for step in draft.steps}
    places = {step.rule.id: step.index for step in draft.steps}
    cleared: set[str] = set()
    for step in waits:
        circle = _circle_from(step, waits, cleared)
        if circle:
            yield _finding(circle, waits, places)
            cleared.update(circle)
        cleared.add(step)


def _waits_for(step: DraftStep) -> Iterator[tuple[str, str]]:
    if step.rule.each is not None:
        anchor = read_anchor(step.rule.each.after)
        if anchor.step is not None:
            yield anchor.step, "each.after"
    due = None if step.rule.due is None else read_due(step.rule.due)
    if isinstance(due, RelativeLine) and due.anchor.step is not None and _waits(step, due):
        yield due.anchor.step, "due"
    for name in step.rule.after.steps if step.rule.after else ():
        yield name, "after"


def _waits(step: DraftStep, due: RelativeLine) -> bool:
    return due.direction == "after" or due.anchor.step == step.rule.id


def _circle_from(start: str, waits: Waits, cleared: set[str]) -> list[str]:
    """Return the steps of a circle through `start`, or an empty list."""
    ways = [[start]]
    seen = set(cleared)
    while ways:
        way = ways.pop()
        for name in waits.get(way[-1], ()):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _finding(circle: list[str], waits: Waits, places: Mapping[str, int]) -> Finding:
    keys = [waits[step][after] for step, after in zip(circle, [*circle[1:], circle[0]], strict=True)]
    paths: list[Path] = [("steps", places[step], *key.split(".")) for step, key in zip(circle, keys, strict=True)]
    found = f"a circle: {' waits for '.join([*circle, circle[0]])}"
    if len(circle) == 1:
        return Finding(paths[0], found, "count from another step, or from enrollment")
    return Finding(paths[0], found, f"change one of {', '.join(path_text(path) for path in paths)}")

"""Programs for the laws: one to five steps of every kind, with dues of every form."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from milepost_schemas.messages import ProgramPublished
from tests.core.builders import TENANT

Definition = dict[str, Any]

COURSE = "C"
MODULES = ("e1", "e2")

DONE = st.sampled_from(
    [
        "passed",
        "completed",
        "attempted",
        "opened",
        "answered",
        "score >= 0.8",
        "progress >= 0.5",
        {"any": ["passed", "score >= 0.5"]},
        {"all": ["completed", "score >= 0.5"]},
    ]
)
ATTEMPTS = st.sampled_from([None, {"take": "best"}, {"take": "latest"}, {"take": "first", "max": 3}])
PATIENCE = st.sampled_from(["0d", "1d", "2wd", "3d", "36h"])
FREE_DUE = st.sampled_from(
    [
        "3d after enrollment",
        "2wd after enrollment at 18:00",
        "12wh after enrollment",
        "1w after enrollment roll forward",
        "2026-09-12 roll back",
        "2026-09-14 at 12:00",
    ]
)
LIVE_DUE = st.sampled_from(
    [
        "1wd before L.start at 18:00",
        "24h before L.start",
        "2d after L.end",
        "1d after L",
        "90min before L.start",
        "2d before L.end roll back",
    ]
)
SOMETIMES = st.integers(0, 3).map(lambda drawn: drawn == 0)
MOSTLY = st.integers(0, 5).map(lambda drawn: drawn > 0)


@dataclass(frozen=True)
class Plan:
    """The versions of one program, and what its steps can be shown by."""

    versions: tuple[ProgramPublished, ...]
    activities: tuple[tuple[str, str], ...]
    observations: tuple[str, ...]


@st.composite
def plans(draw: st.DrawFn, name: str = "P") -> Plan:
    """Return a program in one version or two."""
    steps = draw(_steps())
    first = draw(_head(name, 1, steps))
    versions = [_published(first, draw(st.integers(0, 6)))]
    if draw(SOMETIMES):
        second = draw(_head(name, 2, [*steps[:4], _elearning("e9", "lms", "completed", None)]))
        versions.append(_published(second, draw(st.integers(7, 40))))
    every = [step for version in versions for step in version.definition["steps"]]
    observed = [step["id"] for step in every if "live" not in step and "evidence" not in step]
    return Plan(
        versions=tuple(versions),
        activities=tuple(dict.fromkeys(place for step in every for place in _places(step))),
        observations=tuple(dict.fromkeys(observed)),
    )


@st.composite
def _steps(draw: st.DrawFn) -> list[Definition]:
    """Return the steps in order; a step that needs the live one comes only with it."""
    modules = draw(st.sampled_from([MODULES[:1], MODULES[:1], MODULES, ()]))
    with_live = not modules or draw(MOSTLY)
    steps = [draw(_module(name, with_live=with_live)) for name in modules]
    if not with_live:
        return steps
    steps.append(draw(_live(modules)))
    later = [_repeated, _reinforcement, _observation, _aid]
    for kind in draw(st.lists(st.sampled_from(later), unique=True, max_size=2)):
        steps.append(draw(kind()))
    return steps


@st.composite
def _module(draw: st.DrawFn, name: str, *, with_live: bool) -> Definition:
    due = draw(st.one_of(st.none(), FREE_DUE, LIVE_DUE if with_live else FREE_DUE))
    step = _elearning(name, draw(st.sampled_from(["lms", "lms", "lxp"])), draw(DONE), due)
    return {**step, "attempts": draw(ATTEMPTS), "required": draw(MOSTLY)}


@st.composite
def _live(draw: st.DrawFn, modules: tuple[str, ...]) -> Definition:
    parts = draw(st.sampled_from([1, 1, 2, 3]))
    gate = draw(st.sampled_from(["strict", "strict", "soft"]))
    gated = bool(modules) and draw(MOSTLY)
    return {
        "id": "L",
        "stage": "live",
        "done": draw(st.sampled_from(["present >= 80%", "present >= 45min"])),
        "live": {
            "course": COURSE,
            "parts": parts,
            "attend": draw(st.integers(1, parts)),
            "make_up": draw(st.sampled_from(["same_offering", "any_offering"])),
        },
        "roster": draw(st.sampled_from(["booking", "booking", "booking", None])),
        "channels": draw(st.sampled_from([{"room": "sheet"}, {"remote": "zoom"}, {"room": "sheet", "remote": "zoom"}])),
        "after": {"steps": list(modules), "gate": gate} if gated else None,
        "due": draw(st.one_of(st.none(), st.none(), FREE_DUE)),
    }


@st.composite
def _repeated(draw: st.DrawFn) -> Definition:
    activity = draw(st.sampled_from(["a:r/{n}", "a:r"]))
    return {
        "id": "r",
        "stage": "reinforcement",
        "done": "completed",
        "evidence": {"source": "lxp", "activity": activity},
        "each": {"at": ["1d", "3d", "6d"], "after": draw(st.sampled_from(["L", "L.end"])), "within": "2d"},
    }


@st.composite
def _reinforcement(draw: st.DrawFn) -> Definition:
    done = draw(st.sampled_from(["completed", {"distinct": 2, "of": "completed"}]))
    evidence = {"source": "lxp", "activity": "a:p/", "match": "prefix"}
    return {"id": "p", "stage": "reinforcement", "done": done, "evidence": evidence, "due": "3d after L"}


@st.composite
def _observation(draw: st.DrawFn) -> Definition:
    done = {"signed_off_by": ["manager"], "times": draw(st.sampled_from([1, 2]))}
    each = {"at": ["1d", "4d"], "after": "L", "within": "2d"}
    when: Definition = draw(st.sampled_from([{"due": "4d after L"}, {"each": each}, {"due": "2026-09-20"}]))
    return {"id": "o", "stage": "support", "done": done, **when}


@st.composite
def _aid(draw: st.DrawFn) -> Definition:
    evidence = {"source": "lxp", "activity": "a:j"}
    return {"id": "j", "stage": "support", "done": "opened", "evidence": evidence, "required": draw(st.booleans())}


@st.composite
def _head(draw: st.DrawFn, name: str, version: int, steps: list[Definition]) -> Definition:
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]))
    return {
        "program": name,
        "version": version,
        "calendar": {"calendar": "plain", "holidays": {"2026-09-09": "a feast"}},
        "steps": steps,
        "zone": zone,
        "compliance": draw(SOMETIMES),
        "opens": draw(st.sampled_from([None, None, "2026-09-04"])),
        "deadline": draw(st.sampled_from([None, None, "12d after enrollment", "2026-09-18"])),
        "notice": draw(st.sampled_from(["0d", "0d", "1d", "2wd"])),
        "evidence_from": draw(st.sampled_from([None, None, None, "2d", "2026-09-02"])),
        "gaps": {
            gap: {"after": draw(PATIENCE)}
            for gap in ("never_started", "not_booked", "waitlisted", "session_canceled_not_rebooked")
        },
    }


def _elearning(name: str, source: str, done: Any, due: str | None) -> Definition:
    evidence = {"source": source, "activity": f"a:{name}"}
    return {"id": name, "stage": "pre_learning", "done": done, "evidence": evidence, "due": due}


def _published(definition: Definition, hours: int) -> ProgramPublished:
    from tests.laws.stories import START, STRIDE

    return ProgramPublished(
        tenant=TENANT,
        program=definition["program"],
        version=definition["version"],
        published_at=START + hours * STRIDE,
        definition=definition,
    )


def _places(step: Definition) -> list[tuple[str, str]]:
    evidence = step.get("evidence")
    if evidence is None:
        return []
    source, activity = evidence["source"], evidence["activity"]
    if "{n}" in activity:
        return [(source, activity.replace("{n}", str(number))) for number in (1, 2, 3)]
    if evidence.get("match") == "prefix":
        return [(source, f"{activity}{name}") for name in ("x", "y")]
    return [(source, activity)]

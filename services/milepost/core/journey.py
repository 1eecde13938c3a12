"""A journey: one learner on one program, as rules read it; all of it follows from evidence and a tick."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from msgspec import Struct

from milepost.core.achievement import Achieved, Shown, achieved
from milepost.core.calendar import Offset, first_zone, start_of_day
from milepost.core.clock import Clock
from milepost.core.dues import due_of, occurrences_of, patience_of
from milepost.core.evidence import Enrolled, Proof, SignOff, Slice, activity_key
from milepost.core.gap import Ended
from milepost.core.program import (
    Anchor,
    AnchorKind,
    Due,
    Program,
    RelativeDue,
    RuleSettings,
    Step,
)
from milepost.core.register import Entry
from milepost.core.seat import Seats, Sitting, held_at_start, sittings
from milepost_schemas.projections import StageState
from milepost_schemas.words import Stage

_CAME = ("attended", "partial")
_FROM_THE_ENROLLMENT = Anchor(AnchorKind.ENROLLMENT)


class Occurrence(Struct, frozen=True):
    """One occurrence of a repeated step; `until` is when the next one takes over (None: it stays open for good)."""

    number: int
    opens_at: int
    due_at: int
    until: int | None
    known_at: int
    set_by: tuple[str, ...]
    done: Achieved | None


class StepStanding(Struct, frozen=True):
    """How one step stands. `known_at` is when we had received what its due was set from."""

    step: Step
    done: Achieved | None
    waived: Ended | None
    satisfied: Ended | None
    """When it was done, or else waived, and by which fact."""

    due_at: int | None
    known_at: int
    set_by: tuple[str, ...]
    sittings: tuple[Sitting, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()


class _Anchored(Struct, frozen=True):
    at: int
    known_at: int
    recorded_at: int
    zone: str | None
    set_by: tuple[str, ...]


class Journey:
    """One learner on one program; everything is computed when it is asked for, once."""

    def __init__(
        self,
        learner: str,
        program: Program,
        enrollment: Entry[Enrolled],
        evidence: Slice,
        seats: Seats,
        clock: Clock,
    ) -> None:
        """Read a learner's evidence and seats for one program, as of a clock."""
        self.learner = learner
        self.program = program
        self.enrolled = enrollment
        self._evidence = evidence
        self._seats = seats
        self._clock = clock
        self._standings: dict[str, StepStanding] = {}
        self._seated: dict[str, tuple[Sitting, ...]] = {}
        self._found: dict[str, Mapping[str, list[Proof]]] = {}
        self._signs: dict[str, Ended | None] = {}
        self._otherwise: Journey | None = None
        self._differing: Collection[str] = ()

    def read_from(self, evidence: Slice, differing: Collection[str]) -> "Journey":
        """Return this journey as other evidence has it, which shows only these steps, by their ids, in another way."""
        clock = self._clock.apart()
        other = Journey(self.learner, self.program, self.enrolled, evidence, self._seats, clock)
        other._otherwise, other._differing = self, differing
        return other

    @property
    def id(self) -> str:
        """The attempt that gaps are about."""
        return f"{self.learner}/{self.program.id}/1"

    @property
    def enrolled_at(self) -> int:
        """When the learner was enrolled."""
        return self.enrolled.first_at

    @cached_property
    def known_at(self) -> int:
        """When we had received the enrollment and the program."""
        return max(self.enrolled.known_at, self.program.published_at)

    @cached_property
    def zone(self) -> str:
        """The learner's zone, else the program's."""
        return first_zone(self.enrolled.content.zone, self.program.zone)

    @cached_property
    def begins_at(self) -> int:
        """When the learner could begin: at the enrollment, or when the program opens if that is later."""
        return max(self.enrolled_at, self.program.opens_at or self.enrolled_at)

    @cached_property
    def steps(self) -> tuple[StepStanding, ...]:
        """Every step, in the program's order."""
        return tuple(self.step(step.id) for step in self.program.steps)

    def step(self, step_id: str) -> StepStanding:
        """Return how a step stands."""
        found = self._standings.get(step_id)
        if found is None:
            found = self._standings[step_id] = self._stand(self.program.step(step_id))
        return found

    def required(self, stage: Stage) -> tuple[StepStanding, ...]:
        """Return the required steps of a stage."""
        return tuple(s for s in self.steps if s.step.stage == stage and s.step.required)

    @cached_property
    def live_steps(self) -> tuple[StepStanding, ...]:
        """The required steps that are attended."""
        return tuple(s for s in self.steps if s.step.live is not None and s.step.required)

    @cached_property
    def first_sign_of_life(self) -> Ended | None:
        """The first thing that the learner did on any step, and the fact that shows it."""
        return _first(self._signs_of_life())

    def shows_life_by(self, moment: int) -> bool:
        """Say whether the learner did anything on any step until a moment."""
        return any(sign.at <= moment for sign in self._signs_of_life() if sign is not None)

    def first_sign_on(self, steps: Iterable[StepStanding]) -> Ended | None:
        """Return the first thing that the learner did on any of these steps."""
        return _first(self.sign(standing.step) for standing in steps)

    def sign(self, step: Step) -> Ended | None:
        """Return the first thing that the learner did on a step."""
        if step.id not in self._signs:
            self._signs[step.id] = self._find_sign(step)
        return self._signs[step.id]

    @cached_property
    def signs(self) -> Mapping[str, Ended | None]:
        """The first thing that the learner did on each step, by its id, in the program's order."""
        if self._otherwise is None:
            return {step.id: self.sign(step) for step in self.program.steps}
        return {**self._otherwise.signs, **{step: self.sign(self.program.step(step)) for step in self._differing}}

    @cached_property
    def reinforcement_begun(self) -> Ended | None:
        """The first thing that the learner did on any required step of the reinforcement that shows itself."""
        shown = (s for s in self.program.steps if s.stage == "reinforcement" and s.required and s.evidence is not None)
        return _first(self.sign(step) for step in shown if self._waived(step) is None)

    def first_signs(self, step: Step) -> tuple[Ended | None, bool, Ended | None, Ended | None]:
        """Return the first signs that any rule reads on account of a step: of the journey, its stage, an aid."""
        alike = (other.id for other in self.program.steps if other.stage == step.stage)
        return (
            _first(self.signs.values()),
            any(self.signs[other] is not None for other in alike),
            self.reinforcement_begun if step.stage == "reinforcement" else None,
            self.sign(step) if step.stage == "support" else None,
        )

    def reading(self, step: Step) -> Achieved | tuple[Occurrence, ...] | None:
        """Return what the activities of a step show: when it was done, or its occurrences."""
        return self._shows(step) if step.each is None else self._occurrences(step)

    def settings(self, gap: str) -> RuleSettings:
        """Return what the program says about a gap type."""
        return self.program.settings(gap)

    def patience(self, gap: str, since: int, default: Offset) -> int:
        """Return when a rule's patience since a moment runs out."""
        return patience_of(self.program, gap, since, default, self.zone)

    def grace(self, gap: str, due_at: int) -> int:
        """Return until when the program waits past a due; the breach is still that of the due."""
        wait = self.settings(gap).after
        return due_at if wait is None else patience_of(self.program, gap, due_at, wait, self.zone)

    @cached_property
    def deadline_at(self) -> int | None:
        """When the whole program should be complete, if it says so."""
        if self.program.deadline is None:
            return None
        return self._due(None, self.program.deadline)[0]

    @cached_property
    def completed(self) -> Ended | None:
        """When the last required step was satisfied."""
        ends = [standing.satisfied for standing in self.steps if standing.step.required]
        known = [end for end in ends if end is not None]
        return max(known, key=lambda end: end.at) if known and len(known) == len(ends) else None

    @cached_property
    def stages(self) -> Mapping[Stage, StageState]:
        """How each stage stands, in the order in which the program lists them."""
        found: dict[Stage, list[StepStanding]] = {stage: [] for stage in self.program.stages}
        for standing in self.steps:
            found[standing.step.stage].append(standing)
        return {stage: self._stage(every) for stage, every in found.items()}

    @cached_property
    def stage(self) -> Stage | None:
        """Where the learner is: the first stage that is not satisfied, else the last one; None without stages."""
        open_stages = (stage for stage, state in self.stages.items() if state != "satisfied")
        return next(open_stages, self.program.stages[-1] if self.program.stages else None)

    def _signs_of_life(self) -> Iterator[Ended | None]:
        yield from self.signs.values()
        for standing in self.steps:
            for sitting in standing.sittings:
                if sitting.outcome in _CAME:
                    yield Ended(sitting.session.start_at, sitting.facts[-1] if sitting.facts else "")

    def _find_sign(self, step: Step) -> Ended | None:
        if self._otherwise is not None and step.id not in self._differing:
            return self._otherwise.sign(step)
        begins: list[Proof | SignOff] = [proofs[0] for proofs in self._proofs(step).values() if proofs]
        begins += self._sign_offs(step)[:1]
        return _first([Ended(first.at, first.fact_id) for first in begins]) if begins else None

    # --- how a step stands -------------------------------------------------------------------------------------------

    def _stage(self, every: Sequence[StepStanding]) -> StageState:
        required = [standing for standing in every if standing.step.required]
        if all(standing.satisfied for standing in required):
            return "satisfied"
        seated = any(sitting.is_active or sitting.outcome in _CAME for s in every for sitting in s.sittings)
        begun = seated or any(standing.satisfied for standing in required)
        return "under_way" if begun or any(self.sign(s.step) is not None for s in every) else "not_begun"

    def _stand(self, step: Step) -> StepStanding:
        seated = self._sittings(step)
        occurrences = self._occurrences(step)
        due, known_at, set_by = self._due(step.id, step.due)
        done, waived = self._done(step, seated, occurrences), self._waived(step)
        return StepStanding(
            step=step,
            done=done,
            waived=waived,
            satisfied=waived if done is None else Ended(done.at, done.by[-1] if done.by else None),
            due_at=due,
            known_at=known_at,
            set_by=set_by,
            sittings=seated,
            occurrences=occurrences,
        )

    def _done(self, step: Step, seated: tuple[Sitting, ...], occurrences: tuple[Occurrence, ...]) -> Achieved | None:
        if step.live is not None:
            return _attended(step, seated)
        if step.each is not None:
            return self._all_occurrences(step, occurrences)
        return self._shows(step)

    def _shows(self, step: Step) -> Achieved | None:
        return achieved(step.done, self._shown(step, self._proofs(step), self._sign_offs(step)), step.attempts)

    def _all_occurrences(self, step: Step, occurrences: tuple[Occurrence, ...]) -> Achieved | None:
        if not occurrences or occurrences[-1].done is None:
            return None
        if step.names_occurrences and any(one.done is None for one in occurrences):
            return None
        met = [one.done for one in occurrences if one.done is not None]
        facts = tuple(fact for one in met for fact in one.by)
        return Achieved(max(one.at for one in met), facts, max(one.known_at for one in met))

    def _waived(self, step: Step) -> Ended | None:
        if not self._evidence.waivers:
            return None
        register = self._evidence.waivers.get(f"{self.program.id}/{step.id}")
        last = None if register is None else register.last
        if register is None or last is None or not last.content.waived:
            return None
        return Ended(register.since(last), last.order[2])

    def _waiver_known_at(self, step_id: str) -> int:
        last = self._evidence.waivers[f"{self.program.id}/{step_id}"].last
        return self.known_at if last is None else last.known_at

    # --- evidence in the window of the attempt -----------------------------------------------------------------------

    @cached_property
    def _window_from(self) -> int | None:
        begins = self.program.evidence_from
        if begins is None:
            return None
        if isinstance(begins, date):
            return start_of_day(begins, self.program.zone)
        return self.program.calendar.before(self.enrolled_at, begins, self.zone)

    def _proofs(self, step: Step) -> Mapping[str, list[Proof]]:
        """Return what shows a step, by activity, in the order in which it happened."""
        found = self._found.get(step.id)
        if found is None:
            found = self._found[step.id] = self._find_proofs(step)
        return found

    def _find_proofs(self, step: Step) -> Mapping[str, list[Proof]]:
        begins, kept = self._window_from, self._evidence.activities
        found = {key: kept[key].proofs for key in self._activities(step) if key in kept}
        if begins is None:
            return found
        return {key: [proof for proof in proofs if proof.at >= begins] for key, proofs in found.items()}

    def _activities(self, step: Step) -> Iterable[str]:
        if step.evidence is None:
            return ()
        if step.evidence.match == "prefix":
            begin = activity_key(step.evidence.source, step.evidence.activity)
            return [key for key in self._evidence.activities if key.startswith(begin)]
        return step.activity_keys

    def _sign_offs(self, step: Step) -> list[SignOff]:
        if not self._evidence.signed_off:
            return []
        signed = self._evidence.signed_off.get(f"{self.program.id}/{step.id}", [])
        begins = self._window_from
        return [one for one in signed if begins is None or one.at >= begins]

    def _shown(self, step: Step, proofs: Mapping[str, list[Proof]], signed_off: list[SignOff]) -> Shown:
        sources = () if step.evidence is None else (step.evidence.source,)
        return Shown(proofs, signed_off, lambda proof: self._is_withdrawn(proof, sources))

    def _is_withdrawn(self, proof: Proof, sources: tuple[str, ...]) -> bool:
        return proof.withdrawn_at is not None and self._clock.reached(proof.withdrawn_at, sources, 0)

    # --- live steps --------------------------------------------------------------------------------------------------

    def _sittings(self, step: Step) -> tuple[Sitting, ...]:
        if step.live is None:
            return ()
        if self._otherwise is not None:
            return self._otherwise._sittings(step)
        if step.id not in self._seated:
            self._seated[step.id] = self._find_sittings(step)
        return self._seated[step.id]

    def _find_sittings(self, step: Step) -> tuple[Sitting, ...]:
        if step.live is None:
            return ()
        seated = [
            sitting
            for seat in self._seats.held
            if seat.course == step.live.course
            for sitting in sittings(seat, step, self.enrolled_at, self._clock)
        ]
        return tuple(sorted(seated, key=lambda s: (s.session.start_at, s.name)))

    # --- repeated steps ----------------------------------------------------------------------------------------------

    def _occurrences(self, step: Step) -> tuple[Occurrence, ...]:
        """Return the occurrences of a repeated step, as far as something says when they open."""
        if step.each is None:
            return ()
        anchored = self._anchored(step.each.after)
        if anchored is None:
            return ()
        zone = first_zone(anchored.zone, self.zone)
        moments = occurrences_of(self.program, step.id, anchored.at, anchored.recorded_at, zone)
        takes_over = [*(opens_at for opens_at, _ in moments[1:]), None]
        known_at = max(anchored.known_at, self.known_at)
        found = []
        for number, ((opens_at, due), until) in enumerate(zip(moments, takes_over, strict=True), start=1):
            done = self._occurrence_done(step, number, opens_at, until)
            found.append(Occurrence(number, opens_at, due, until, known_at, anchored.set_by, done))
        return tuple(found)

    def _occurrence_done(self, step: Step, number: int, opens_at: int, until: int | None) -> Achieved | None:
        def serves(at: int) -> bool:
            return at >= opens_at and (until is None or at < until)

        if step.evidence is not None and step.names_occurrences:
            activity = activity_key(step.evidence.source, step.evidence.activity.replace("{n}", str(number)))
            proofs = {key: found for key, found in self._proofs(step).items() if key == activity}
        else:
            proofs = {key: [p for p in found if serves(p.at)] for key, found in self._proofs(step).items()}
        signed = [
            one
            for one in self._sign_offs(step)
            if (one.occurrence == number if one.occurrence is not None else serves(one.at))
        ]
        return achieved(step.done, self._shown(step, proofs, signed), step.attempts)

    # --- dues --------------------------------------------------------------------------------------------------------

    def _due(self, step: str | None, due: Due | None) -> tuple[int | None, int, tuple[str, ...]]:
        """Return the last instant in time (None while nothing sets it), when we knew of it, and what set it."""
        anchored = None if due is None else self._anchored(_anchor(due))
        if anchored is None:
            return None, self.known_at, (self.enrolled.fact_id,)
        zone = first_zone(anchored.zone, self.zone)
        moment = due_of(self.program, step, anchored.at, anchored.recorded_at, zone)
        return moment, max(self.known_at, anchored.known_at), anchored.set_by

    def _anchored(self, anchor: Anchor) -> _Anchored | None:
        match anchor.kind:
            case AnchorKind.ENROLLMENT:
                entry = self.enrolled
                return _Anchored(self.enrolled_at, entry.known_at, entry.first[0], None, (entry.fact_id,))
            case AnchorKind.SATISFIED:
                return self._anchored_at_satisfaction(anchor.step or "")
            case AnchorKind.START:
                return self._anchored_at_session(anchor.step or "", at_start=True)
            case AnchorKind.END:
                return self._anchored_at_session(anchor.step or "", at_start=False)

    def _anchored_at_satisfaction(self, step_id: str) -> _Anchored | None:
        standing = self.step(step_id)
        satisfied = standing.satisfied
        if satisfied is None:
            return None
        zone = standing.sittings[0].session.zone if standing.sittings else None
        if standing.done is not None:
            known_at, facts = standing.done.known_at, standing.done.by
        else:
            known_at, facts = self._waiver_known_at(step_id), () if satisfied.by is None else (satisfied.by,)
        return _Anchored(satisfied.at, known_at, max(satisfied.at, self.enrolled.first[0]), zone, facts)

    def _anchored_at_session(self, step_id: str, *, at_start: bool) -> _Anchored | None:
        sitting = _anchoring(self._sittings(self.program.step(step_id)))
        if sitting is None:
            return None
        session = sitting.session
        recorded_at = max(session.recorded_at, self.enrolled.first[0])
        known_at = max(session.known_at, sitting.seat.known_at)
        held = (sitting.seat.held_by,) if sitting.seat.held_by is not None else ()
        return _Anchored(session.start_at if at_start else session.end_at, known_at, recorded_at, session.zone, held)


def _first(signs: Iterable[Ended | None]) -> Ended | None:
    known = [(sign.at, sign.by or "") for sign in signs if sign is not None]
    return Ended(*min(known)) if known else None


def _anchor(due: Due) -> Anchor:
    return due.anchor if isinstance(due, RelativeDue) else _FROM_THE_ENROLLMENT


def _anchoring(seated: tuple[Sitting, ...]) -> Sitting | None:
    """Return the session that `.start` and `.end` mean: attended, else booked, else the last that passed them by."""
    attended = [sitting for sitting in seated if sitting.outcome == "attended"]
    if attended:
        return attended[0]
    active = [sitting for sitting in seated if sitting.is_active]
    if active:
        return active[0]
    passed = [
        s for s in seated if s.session.took_place and held_at_start(s.seat, s.session) and s.outcome != "canceled"
    ]
    return passed[-1] if passed else None


def _attended(step: Step, seated: tuple[Sitting, ...]) -> Achieved | None:
    """Return when enough distinct parts were attended: the end of the session that made them enough."""
    live = step.live
    if live is None:
        return None
    if live.make_up == "any_offering":
        return _enough_parts([s for s in seated if s.outcome == "attended"], live.attend)
    found = []
    for offering in dict.fromkeys(sitting.seat.offering for sitting in seated):
        of_this = [s for s in seated if s.seat.offering == offering and s.outcome == "attended"]
        met = _enough_parts(of_this, live.attend)
        if met is not None:
            found.append(met)
    return min(found, key=lambda met: (met.at, met.by)) if found else None


def _enough_parts(attended: list[Sitting], wanted: int) -> Achieved | None:
    parts: dict[int, Sitting] = {}
    for sitting in sorted(attended, key=lambda s: (s.session.end_at, s.name)):
        parts.setdefault(sitting.session.part, sitting)
        if len(parts) == wanted:
            facts = tuple(dict.fromkeys(fact for one in parts.values() for fact in one.facts))
            known_at = max(one.session.known_at for one in parts.values())
            estimated = any(one.session.estimated for one in parts.values())
            return Achieved(sitting.session.end_at, facts, known_at, estimated)
    return None

"""Gaps as pages show them: a sentence for each, and behind it what was said, by whom and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from markupsafe import Markup

from milepost.console import answers, sentences
from milepost.console.said import said
from milepost.console.sentences import Speech, plain
from milepost.console.visit import Visit
from milepost.console.words import GAP_MOMENTS, SEVERITIES
from milepost.store import accounts
from milepost.store.inbox import Handling, Note, find_notes
from milepost.store.readings.facts import Filed, facts_by_id
from milepost.store.readings.gaps import GapFound, GapMoment, handled, history
from milepost_schemas.instants import to_text
from milepost_schemas.projections import GapRow, Value


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact in words."""

    filed: Filed
    said: Markup
    part: str = "shows"
    """What it does: `shows` the gap, is its `plan`, or `ended` it."""


@dataclass(frozen=True, slots=True)
class MomentView:
    """A moment in the life of a gap, in words."""

    moment: GapMoment
    said: Markup


@dataclass(frozen=True, slots=True)
class GapDesk:
    """What can be done about a gap: by whom, to whom it can be given, and what was written about it."""

    may_act: bool
    me: str | None
    accounts: tuple[str, ...]
    """Who has an account that may act; where nobody has one, a gap is given to any name."""

    notes: tuple[Note, ...]
    tomorrow: str


@dataclass(frozen=True, slots=True)
class GapView:
    """A gap in words; `facts`, `moments` and `desk` only where it is opened."""

    found: GapFound
    title: str
    why: Markup
    closes_when: Markup
    ending: Markup
    is_open: bool = False
    is_below: bool = False
    """Whether it stands below another gap, of which it is a part."""

    facts: tuple[FactView, ...] = ()
    moments: tuple[MomentView, ...] = ()
    desk: GapDesk | None = None

    @property
    def row(self) -> GapRow:
        """The row itself."""
        return self.found.row

    @property
    def handling(self) -> Handling:
        """What people do about it."""
        return self.found.handling


@dataclass(frozen=True, slots=True)
class _Behind:
    """Everything that was looked up for some gaps at once."""

    speech: Speech
    facts: dict[str, Filed]
    moments: dict[str, tuple[GapMoment, ...]] = field(default_factory=dict)


def view_gaps(visit: Visit, found: Iterable[GapFound], opened: Iterable[str] = ()) -> tuple[GapView, ...]:
    """Return gaps in words, the opened ones with everything behind them."""
    gaps, wanted = handled(visit.connection, visit.tenant, list(found), now=visit.now), set(opened)
    behind = _look_up(visit, gaps, wanted)
    views = (_view(each, behind, is_open=each.row.gap_id in wanted) for each in gaps)
    return tuple(replace(each, desk=_desk(visit, each.row.gap_id)) if each.is_open else each for each in views)


PART_OF = {"reinforcement_overdue": "reinforcement_not_started"}
"""Which gap is a part of what another one says of the same journey; both stand, as different people are told."""


def with_parts_below(views: Sequence[GapView]) -> list[GapView]:
    """Return gaps in their order, but each that is a part of another one right below that."""
    wholes = {(each.row.gap, each.row.subject): each.row.gap_id for each in views}
    parts: dict[str, list[GapView]] = {}
    for each in views:
        whole = wholes.get((PART_OF.get(each.row.gap, ""), each.row.subject))
        if whole is not None:
            parts.setdefault(whole, []).append(replace(each, is_below=True))
    below = {each.row.gap_id for some in parts.values() for each in some}
    tops = [each for each in views if each.row.gap_id not in below]
    return [each for top in tops for each in (top, *parts.get(top.row.gap_id, ()))]


def _desk(visit: Visit, gap_id: str) -> GapDesk:
    known = accounts.every(visit.connection, visit.tenant)
    tomorrow = visit.moments.local(visit.now).date() + timedelta(days=1)
    return GapDesk(
        may_act=visit.who.may_act,
        me=visit.who.account,
        accounts=tuple(each.name for each in known if each.may_act and each.disabled_at is None),
        notes=tuple(find_notes(visit.connection, visit.tenant, gap_id)),
        tomorrow=tomorrow.isoformat(),
    )


def answer_gap(view: GapView, speech_name: str | None) -> answers.Gap:
    """Return a gap as the JSON API has it."""
    return answers.Gap(
        gap=replace(view.row, values=_with_moments(view.row.values)),
        title=view.title,
        sentence=plain(view.why),
        closes_when=plain(view.closes_when),
        learner_name=speech_name,
        cohort=view.found.cohort,
        handling=view.handling,
    )


def _with_moments(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values of a gap with its moments as texts, as every other moment of an answer is one."""
    return {
        key: to_text(value) if isinstance(value, int) and sentences.is_moment(key) else value
        for key, value in values.items()
    }


def answer_fact(filed: Filed, words: Markup) -> answers.Evidence:
    """Return a fact as the JSON API has it."""
    fact = filed.fact
    return answers.Evidence(
        fact_id=fact.fact_id,
        source=fact.source,
        said=plain(words),
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        received_at=fact.received_at,
    )


def _look_up(visit: Visit, gaps: Sequence[GapFound], opened: set[str]) -> _Behind:
    rows = [each.row for each in gaps]
    moments = history(visit.connection, visit.tenant, [row.gap_id for row in rows if row.gap_id in opened])
    ids = {fact for row in rows for fact in _facts(row, everything=row.gap_id in opened)}
    ids |= {fact for each in moments.values() for moment in each for fact in (*moment.shown_by, moment.by) if fact}
    facts = facts_by_id(visit.connection, visit.tenant, ids)
    return _Behind(visit.speech(rows, facts=facts.values()), facts, moments)


def _facts(row: GapRow, *, everything: bool) -> tuple[str, ...]:
    shown = row.shown_by if everything else ()
    return (*shown, *(fact for fact in (row.planned_by, row.ended_by) if fact))


def _view(found: GapFound, behind: _Behind, *, is_open: bool) -> GapView:
    row = found.row
    return GapView(
        found=found,
        title=sentences.wording(row.gap).title,
        why=sentences.why(row, behind.speech),
        closes_when=sentences.closes_when(row, behind.speech),
        ending=_ending(row, behind),
        is_open=is_open,
        facts=_shown(row, behind) if is_open else (),
        moments=tuple(_moment(each, behind) for each in behind.moments.get(row.gap_id, ())) if is_open else (),
    )


def _shown(row: GapRow, behind: _Behind) -> tuple[FactView, ...]:
    parts = dict.fromkeys(row.shown_by, "shows")
    if row.planned_by:
        parts[row.planned_by] = "plan"
    if row.ended_by:
        parts[row.ended_by] = "ended"
    found = [(behind.facts.get(fact.split("#", 1)[0]), part) for fact, part in parts.items()]
    known = [(filed, part) for filed, part in found if filed is not None]
    known.sort(key=lambda each: (each[0].fact.occurred_at, each[0].filed))
    return tuple(FactView(filed, said(filed.fact, behind.speech), part) for filed, part in known)


def _ending(row: GapRow, behind: _Behind) -> Markup:
    """Return how a gap ended, or what is planned; nothing for one that is simply open."""
    match row.state:
        case "open":
            return Markup("")
        case "mitigated":
            return Markup("A plan exists{}.").format(_by(row.planned_by, behind))
        case "resolved":
            return Markup("Closed{}.").format(_by(row.ended_by, behind))
        case "retracted":
            return Markup("Retracted: a later message showed that it was never true{}.").format(
                _by(row.ended_by, behind)
            )
        case "superseded":
            title = sentences.wording(row.superseded_by).title if row.superseded_by else "another gap"
            return Markup("“{}” says it better now.").format(title)


def _by(fact: str | None, behind: _Behind) -> Markup:
    filed = behind.facts.get((fact or "").split("#", 1)[0])
    if filed is None:
        return Markup("")
    return Markup(": {} <span class=by>({})</span>").format(said(filed.fact, behind.speech), filed.fact.source)


def _moment(moment: GapMoment, behind: _Behind) -> MomentView:
    words = GAP_MOMENTS.get(moment.type, "Changed")
    if moment.type.startswith("milepost.gap.severity"):
        return MomentView(moment, Markup("Now {}").format(SEVERITIES[moment.severity].lower()))
    if moment.by_gap:
        return MomentView(moment, Markup("{} “{}”").format(words, sentences.wording(moment.by_gap).title))
    return MomentView(moment, Markup("{}{}").format(words, _by(moment.by, behind)))

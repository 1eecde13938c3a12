"""What differs between what a story says is true and what is seen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from milepost.stories.checks import Check, GapItem, PersonLine, ToldItem
from milepost.stories.moments import write
from milepost.stories.seen import ACTIVE, GapSeen, PersonSeen, Seen, Told

Item = TypeVar("Item")
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the story says: where, when, what was expected, what was seen, and why it may be so."""

    line: int
    at: int | None
    expected: str
    got: str
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class Comparer:
    """Compares checks with what is seen, one after the other; it remembers the check before."""

    rules: frozenset[str]
    zone: str
    shuffled: bool
    told_before: int = 0
    active_before: frozenset[str] = frozenset()
    open_ever: frozenset[str] = frozenset()

    def compare(self, check: Check, seen: Seen) -> list[Difference]:
        """Return what differs at a check, and remember it."""
        found = [*self._gaps(check, seen), *self._told(check, seen)]
        for line in check.people:
            found += self._person(line, check.at, seen.people.get(line.who, PersonSeen()))
        self.told_before = len(seen.told)
        self.active_before = frozenset(gap.id for gap in seen.gaps.values() if gap.state in ACTIVE)
        self.open_ever |= self.active_before
        return found

    # --- sets of gaps ------------------------------------------------------------------------------------------------

    def _gaps(self, check: Check, seen: Seen) -> list[Difference]:
        looked_at = [gap for gap in seen.gaps.values() if gap.gap in self.rules and gap.state in ACTIVE]
        pairs = _paired(check.gaps, looked_at, self._fits)
        missing = [item for item in check.gaps if item not in pairs]
        matched = {pairs[item].id for item in pairs}
        extra = [gap for gap in looked_at if gap.id not in matched]
        why = [f"missing   {item.text}: {self._why_missing(item, seen)}" for item in missing]
        why += [f"too much  {self._said(gap)}: {self._why_open(gap)}" for gap in extra]
        why += [
            f"otherwise {self._said(gap)}: {'; '.join(unlike)}"
            for item, gap in pairs.items()
            if (unlike := self._unlike(item, gap))
        ]
        if not why:
            return []
        expected = "{" + ", ".join(item.text for item in check.gaps) + "}"
        got = "{" + ", ".join(sorted(self._said(gap) for gap in looked_at)) + "}"
        return [Difference(check.line, check.at, expected, got, tuple(why))]

    def _fits(self, item: GapItem, gap: GapSeen) -> int:
        """Return how well a gap fits an item: 0 not at all, 2 in everything."""
        if item.gap != gap.gap or not item.names <= gap.names:
            return 0
        return 1 if self._unlike(item, gap) else 2

    def _unlike(self, item: GapItem, gap: GapSeen) -> list[str]:
        mitigated, loud = gap.state == "mitigated", gap.severity != gap.quiet
        found = []
        if mitigated != item.mitigated:
            found.append("is mitigated: write (m)" if mitigated else "is open, not mitigated")
        if item.severity is not None and item.severity != gap.severity:
            found.append(f"its severity is {gap.severity}, not {item.severity}")
        if item.severity is None and loud != item.loud:
            found.append(f"its severity is {gap.severity}{': write !' if loud else ''}")
        if item.since is not None and item.since != gap.since:
            found.append(f"since {self._write(gap.since)}, not {self._write(item.since)}")
        if item.over is not None and item.over != gap.occurrences:
            found.append(f"over {' and '.join(sorted(gap.occurrences)) or 'nothing'}")
        if item.again and gap.id not in self.open_ever:
            found.append("was never open at a check before")
        return found

    def _why_missing(self, item: GapItem, seen: Seen) -> str:
        close = [gap for gap in seen.gaps.values() if gap.gap == item.gap and item.names <= gap.names]
        waits = [wait for name in sorted(item.names) for wait in seen.waits.get(name, ())]
        waiting = f"; waiting for {', '.join(waits)}" if waits else ""
        if not close:
            return f"never opened so far{waiting}"
        gap = close[0]
        ended = "" if gap.ended_at is None else f" {self._write(gap.ended_at)}"
        by = f" by {gap.superseded_by}" if gap.superseded_by else _lines(" by", gap.ended_by)
        return f"{gap.state}{ended}{by}{waiting}"

    def _why_open(self, gap: GapSeen) -> str:
        return f"since {self._write(gap.since)}, opened {self._write(gap.opened_at)}{_lines('; shown by', gap.lines)}"

    # --- what was told -----------------------------------------------------------------------------------------------

    def _told(self, check: Check, seen: Seen) -> list[Difference]:
        if check.told is None:
            return []
        since = [one for one in seen.told[self.told_before :] if self._looked_at(one, seen)]
        if self.shuffled:
            return self._told_at_last(check, since, seen)
        pairs = _paired(check.told, since, lambda item, one: 2 * self._same_told(item, one, seen))
        missing = [item for item in check.told if item not in pairs]
        extra = list(since)
        for one in pairs.values():
            extra.remove(one)
        return self._told_differs(check, missing, extra, since, seen) if missing or extra else []

    def _told_at_last(self, check: Check, since: Sequence[Told], seen: Seen) -> list[Difference]:
        """Shuffled, what came and went between two checks may not have been told; what it came to was."""
        at_last = {one.gap_id: one for one in since if one.what != "severity changed"}
        changed = [
            one
            for one in at_last.values()
            if (seen.gaps[one.gap_id].state in ACTIVE) != (one.gap_id in self.active_before)
        ]
        told = check.told or ()
        extra = [one for one in changed if not any(self._same_told(item, one, seen) for item in told)]
        return self._told_differs(check, [], extra, changed, seen) if extra else []

    def _told_differs(
        self, check: Check, missing: Sequence[ToldItem], extra: Sequence[Told], since: Sequence[Told], seen: Seen
    ) -> list[Difference]:
        why = [f"not told  {item.what} {item.gap.text}" for item in missing]
        why += [f"too much  {self._said_told(one, seen)}" for one in extra]
        expected = ", ".join(f"{item.what} {item.gap.text}" for item in check.told or ()) or "nothing"
        got = ", ".join(self._said_told(one, seen) for one in since) or "nothing"
        return [Difference(check.told_line, check.at, f"told: {expected}", f"told: {got}", tuple(why))]

    def never(self, line: int, item: GapItem, seen: Seen) -> list[Difference]:
        """Return the difference where a gap was told that must never be."""
        told = [one for one in seen.told if one.gap_id in seen.gaps and self._same(item, seen.gaps[one.gap_id])]
        if not told:
            return []
        got = ", ".join(self._said_told(one, seen) for one in told)
        return [Difference(line, None, f"never told: {item.text}", f"told: {got}")]

    def _looked_at(self, one: Told, seen: Seen) -> bool:
        return one.gap_id in seen.gaps and seen.gaps[one.gap_id].gap in self.rules

    def _same_told(self, item: ToldItem, one: Told, seen: Seen) -> bool:
        return item.what == one.what and self._same(item.gap, seen.gaps[one.gap_id])

    def _same(self, item: GapItem, gap: GapSeen) -> bool:
        return item.gap == gap.gap and item.names <= gap.names

    def _said_told(self, one: Told, seen: Seen) -> str:
        gap = seen.gaps[one.gap_id]
        return f"{one.what} {gap.gap}({', '.join(sorted(gap.names))})"

    # --- how somebody stands -----------------------------------------------------------------------------------------

    def _person(self, line: PersonLine, at: int, person: PersonSeen) -> list[Difference]:
        found = []
        for item in line.items:
            got = _standing(item.of, person)
            if item.word not in got:
                said = " ".join(sorted(got)) or "nothing"
                expected = f"{line.who}: {item.of} {item.word}"
                found.append(Difference(line.line, at, expected, f"{line.who}: {item.of} {said}"))
            elif item.at is not None and person.done_at.get(item.of) != item.at:
                done_at = person.done_at.get(item.of)
                when = "no time" if done_at is None else self._write(done_at)
                expected = f"{line.who}: {item.of} {item.word} {self._write(item.at)}"
                found.append(Difference(line.line, at, expected, f"{line.who}: {item.of} {item.word} {when}"))
        return found

    def _said(self, gap: GapSeen) -> str:
        loud = "!" if gap.severity != gap.quiet else ""
        return f"{gap.gap}{loud}({', '.join(sorted(gap.names))}){' (m)' if gap.state == 'mitigated' else ''}"

    def _write(self, instant: int) -> str:
        return write(instant, self.zone)


def _standing(of: str, person: PersonSeen) -> frozenset[str]:
    if of == "stage":
        return frozenset({person.stage} if person.stage else ())
    if of == "journey":
        return frozenset({person.journey} if person.journey else ())
    words = {person.stages.get(of), person.steps.get(of)} - {None}
    return frozenset(word for word in words if word) | person.seats.get(of, frozenset())


def _lines(before: str, lines: Iterable[int]) -> str:
    said = ", ".join(str(line) for line in lines if line)
    return f"{before} line {said}" if said else ""


def _paired(items: Sequence[Item], things: Sequence[Thing], fits: Callable[[Item, Thing], int]) -> dict[Item, Thing]:
    """Return a thing for as many items as possible, each at most once; those that fit in everything come first."""
    taken: dict[int, Item] = {}

    def place(item: Item, least: int, tried: set[int]) -> bool:
        for index, thing in enumerate(things):
            if index in tried or fits(item, thing) < least:
                continue
            tried.add(index)
            if index not in taken or place(taken[index], least, tried):
                taken[index] = item
                return True
        return False

    for least in (2, 1):
        for item in items:
            if item not in taken.values():
                place(item, least, {index for index in taken if least == 1})
    return {item: things[index] for index, item in taken.items()}

"""What an assessment of a learner was made against, so that who hears nothing new need not be assessed again.

Most of what a learner does says once more what was known: a module that is under way, or done. Where everything else is
as it was, and each step that was spoken of reads as before, another assessment would say nothing at all.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from milepost.core.catalog import Catalog
from milepost.core.evidence import Proof, Slice
from milepost.core.journey import Journey
from milepost.core.processor import Waits
from milepost.core.program import Step

Versions = tuple[tuple[str, int], ...]
"""The version of each program on which the learner is; 0 where nobody has published it."""


class Settled(Struct, array_like=True, frozen=True):
    """What the last assessment read besides evidence and seats, and what silence it waits for."""

    tracking_from: int
    versions: Versions
    waits: Waits

    def holds(self, versions: Versions, catalog: Catalog) -> bool:
        """Say whether an assessment would still read the same."""
        return self.tracking_from == catalog.tracking_from and self.versions == versions


def says_nothing_new(now: Journey, evidence: Slice, earlier: Mapping[str, list[Proof]]) -> bool:
    """Say whether the activities that were spoken of read as before, for every step that they show.

    `earlier` is what was kept of each of them, and `evidence` is all that was kept, before they were spoken of.
    """
    steps = {step.id: step for activity in earlier for step in now.program.readers(activity)}
    before = now.read_from(evidence, steps)
    return all(_reads_alike(before, now, step) for step in steps.values())


def _reads_alike(before: Journey, now: Journey, step: Step) -> bool:
    if before.reading(step) != now.reading(step):
        return False
    return before.sign(step) == now.sign(step) or before.first_signs(step) == now.first_signs(step)


def any_withdrawn(proofs: Iterable[Proof]) -> bool:
    """Say whether any proof is withdrawn: then it depends on the clock what it shows."""
    return any(proof.withdrawn_at is not None for proof in proofs)

"""Feeding again: activities that are filed already, and that a program now reads, or asks more of."""

from collections.abc import Callable, Iterator, Sequence

from milepost.core.catalog import Catalog
from milepost.ports import FiledActivity
from milepost_schemas.messages import AboutActor, ProgramPublished, RefeedingAsked

Latest = Callable[[str, str], Sequence[FiledActivity]]
"""For a tenant and a source: the known fact that was filed last, for each identifier and activity."""


def asked_anew(latest: Latest, catalog: Catalog, published: ProgramPublished | RefeedingAsked) -> Iterator[AboutActor]:
    """Yield, where a version of a program asks something new of activities, one fact of each identifier about each.

    It is known already. Who hears of it once more sees whether facts were left out that answer, and asks for them.
    """
    anew = catalog.asks_anew(published.program, published.version)
    for source in anew.sources:
        for found in latest(published.tenant, source):
            if anew.of(source, found.fact.activity):
                yield again(found)


def again(found: FiledActivity) -> AboutActor:
    """Return a filed activity as it was said."""
    return AboutActor(
        actor=found.actor,
        candidate_learner=found.identifier,
        candidate_identifier=found.identifier,
        fact=found.fact,
    )

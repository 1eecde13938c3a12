"""Feeding again: activities that are filed already, and that a program now reads, or reads in windows of time."""

from collections.abc import Callable, Iterator, Sequence

from milepost.core.catalog import Catalog
from milepost.ports import FiledActivity
from milepost_schemas.messages import AboutActor, ProgramPublished, RefeedingAsked

Latest = Callable[[str, str], Sequence[FiledActivity]]
"""For a tenant and a source: the known fact that was filed last, for each identifier and activity."""


def read_by_day_now(
    latest: Latest, catalog: Catalog, published: ProgramPublished | RefeedingAsked
) -> Iterator[AboutActor]:
    """Yield, where a version of a program reads activities by day, one fact of each identifier about each of them.

    It is known already. Who hears of it once more sees whether days were left out, and asks for them.
    """
    for source in catalog.sources_read_by_day(published.program, published.version):
        for found in latest(published.tenant, source):
            if catalog.reads_by_day(source, found.fact.activity):
                yield again(found)


def again(found: FiledActivity) -> AboutActor:
    """Return a filed activity as it was said."""
    return AboutActor(
        actor=found.actor,
        candidate_learner=found.identifier,
        candidate_identifier=found.identifier,
        fact=found.fact,
    )

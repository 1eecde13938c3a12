"""Erasing a person of a site: out of the tables at once, and by the log out of every record that holds something.

What goes through the log takes its place in the order of things: it reaches each record behind all that was said of the
person before, and whoever dies on the way is followed by somebody who goes on. So nothing is left half done for good;
saying it again only waits for the rest.
"""

from collections.abc import Sequence
from functools import partial

from milepost.broker.dead_letters import dead_letters_of
from milepost.runtimes.waiting import comes_true
from milepost.settings import Settings
from milepost.store import erasing, log, tracing
from milepost.store.database import Database, Turn, writing_at_length
from milepost.store.tracing import Person, Traces

MOST_SECONDS = 120.0
LOOK_SECONDS = 0.5


class StillUnderWay(RuntimeError):
    """The person is being erased, and not all records have said so yet."""


def erase(
    settings: Settings, database: Database, tenant: str, learner: str, *, at: int, most_seconds: float = MOST_SECONDS
) -> Traces:
    """Erase a learner and wait until every record has; return what was theirs, which is nothing the second time.

    Raise StillUnderWay where that takes too long, and a BrokerError with nothing changed but dead letters.
    """
    with database.reading() as connection:
        seen = tracing.look(connection, tenant, learner)
    _drop_dead_letters(settings, seen.person)
    with writing_at_length(database, Turn.LOG) as connection:
        found = tracing.traces(connection, tenant, learner, seen=seen)
        if found.identifiers:
            heard = erasing.erase_on_site(connection, found, at=at)
            log.append(connection, log.Origin(tenant=tenant, received_at=at), heard)
    _wait(database, tenant, found.learners, most_seconds)
    _drop_dead_letters(settings, found)
    return found


def _wait(database: Database, tenant: str, learners: Sequence[str], most_seconds: float) -> None:
    is_done = partial(_is_done, database, tenant, learners)
    if not comes_true(is_done, seconds=most_seconds, look_seconds=LOOK_SECONDS):
        raise StillUnderWay(
            "what is kept by name is gone, and not every record has heard of it yet. It goes on by itself where "
            "the archive, the workers and a projector run; say it again to see it through"
        )


def _is_done(database: Database, tenant: str, learners: Sequence[str]) -> bool:
    with database.reading() as connection:
        under_way = any(erasing.is_under_way(connection, tenant, learner) for learner in learners)
        return not under_way and not erasing.is_shown(connection, tenant, learners)


def _drop_dead_letters(settings: Settings, found: Person) -> None:
    if found.identifiers:
        with dead_letters_of(settings) as letters:
            letters.forget(found.is_in)

"""Have every record of a site take in all its facts again: what it lacks it gets, what it has changes nothing.

Each fact goes into the log once more, in the order in which facts were filed, and from there the usual way. Records
keep what they have told. What a record should not have is not taken from it: for that, a site is made anew.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from milepost.clock import Clock
from milepost.store import log, retelling
from milepost.store.database import Database
from milepost.store.retelling import Retold
from milepost_schemas.messages import AboutActor
from milepost_schemas.submissions import LogMessage

AT_ONCE = 500


def retell(database: Database, clock: Clock, *, said: Callable[[int, int], None] = lambda _, __: None) -> int:
    """Append every fact that is filed now to the log, in many transactions; return how many they are.

    Begun again after an interruption it begins at the first: a fact that comes once more changes nothing. Raise
    NewerFact of `milepost.store.retelling`.
    """
    with database.reading() as connection:
        total, last = retelling.count(connection), retelling.last(connection)
    after = done = 0
    while after < last:
        with database.writing() as connection:
            retold = retelling.read(connection, after, limit=AT_ONCE)
            _append(connection, retold, clock.now())
        after, done = retold[-1].filed, done + len(retold)
        said(done, total)
    return done


def _append(connection: Connection, retold: Iterable[Retold], at: int) -> None:
    of_tenants: dict[str, list[LogMessage]] = defaultdict(list)
    for one in retold:
        of_tenants[_tenant_of(one.message)].append(one.message)
    for tenant, messages in of_tenants.items():
        log.append(connection, log.Origin(tenant=tenant, received_at=at), messages)


def _tenant_of(message: LogMessage) -> str:
    return message.fact.tenant if isinstance(message, AboutActor) else message.tenant

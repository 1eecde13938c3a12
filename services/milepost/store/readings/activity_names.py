"""What activities are called, by the latest statements about them that are still kept."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection

from milepost.sources.xapi.naming import name_in
from milepost.sources.xapi.terms import Term
from milepost.store.querying import latest_about

LOOKED_AT = 3
"""How many of the latest statements are asked for the name; some name an activity by its id alone."""

LARGEST = 65_536
"""A statement of more characters is not read for a name."""

LONGEST = 200
"""Characters of a name; the rest is cut off."""


def find_activity_names(
    connection: Connection, tenant: str, activities: Iterable[tuple[str, str]], *, preferred: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Return the names of those activities (each with its source) that have one, in a preferred language if it can."""
    wanted = [(source, Term("activity", activity)) for source, activity in activities]
    latest = latest_about(connection, tenant, wanted, each=LOOKED_AT, longest=LARGEST)
    names = {(source, term.value): _name(bodies, term.value, preferred) for (source, term), bodies in latest.items()}
    return {activity: name for activity, name in names.items() if name}


def _name(bodies: Iterable[str], activity: str, preferred: Sequence[str]) -> str:
    """Return the first name that any of these statements gives the activity; nothing where none does."""
    told = (name_in(msgspec.json.decode(body), activity, preferred) for body in bodies)
    return next((" ".join(name.split())[:LONGEST] for name in told if name and name.split()), "")

"""Documents of content and platforms, each in its last state, where the source that sent it finds it again.

Nothing follows from a document: it is in no log, and no fact is made of it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select

from milepost.sources.xapi.documents import Content, Resource
from milepost.store.database import insert
from milepost.store.tables.accepted import documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where documents lie beside each other: of which source and resource they are, and about what."""

    tenant: str
    source: str
    resource: Resource
    activity: str = ""
    agent: str = ""
    person: str | None = None

    @property
    def digest(self) -> str:
        """Return by what the place is found, which is short whatever it is about."""
        told = "\x1f".join((self.tenant, self.source, self.resource, self.activity, self.agent))
        return hashlib.blake2b(told.encode("utf-8", "backslashreplace"), digest_size=20).hexdigest()


class Address(NamedTuple):
    """One document of a place; without a name, all that are there, or all of one registration."""

    place: Place
    registration: str | None = None
    name: str | None = None


class Document(NamedTuple):
    """A document as it is kept."""

    content: Content
    changed_at: int


def find(connection: Connection, address: Address) -> Document | None:
    """Return a document."""
    columns = (documents.c.content_type, documents.c.body, documents.c.changed_at)
    row = connection.execute(select(*columns).where(*_at(address))).one_or_none()
    return None if row is None else Document(Content(row.content_type, bytes(row.body)), row.changed_at)


def names(connection: Connection, address: Address, *, since: int | None) -> Mapping[str, int]:
    """Return the names of all documents that were changed after a moment, in their order, and when each last was."""
    changed_at = func.max(documents.c.changed_at).label("changed_at")
    rows = select(documents.c.name, changed_at).where(*_at(address)).group_by(documents.c.name)
    if since is not None:
        rows = rows.having(changed_at > since)
    return {row.name: row.changed_at for row in connection.execute(rows.order_by(documents.c.name))}


def count(connection: Connection, place: Place) -> int:
    """Return how many documents there are."""
    return connection.execute(
        select(func.count()).select_from(documents).where(documents.c.place == place.digest)
    ).scalar_one()


def keep(connection: Connection, address: Address, content: Content, *, at: int) -> None:
    """Keep a document in this state from now on."""
    place = address.place
    state = {
        "person": place.person,
        "changed_at": at,
        "content_type": content.type,
        "body": content.body,
    }
    row = {
        "tenant": place.tenant,
        "source": place.source,
        "resource": place.resource,
        "activity": place.activity,
        "agent": place.agent,
        "place": place.digest,
        "registration": address.registration or "",
        "name": address.name,
        **state,
    }
    new = insert(connection, documents).values(row)
    connection.execute(new.on_conflict_do_update(index_elements=["place", "registration", "name"], set_=state))


def forget(connection: Connection, address: Address) -> None:
    """Delete what is at an address; where nothing is, nothing happens."""
    connection.execute(delete(documents).where(*_at(address)))


def _at(address: Address) -> Sequence[ColumnElement[bool]]:
    here = [documents.c.place == address.place.digest]
    if address.name is not None:
        return [*here, documents.c.registration == (address.registration or ""), documents.c.name == address.name]
    if address.registration is not None:
        return [*here, documents.c.registration == address.registration]
    return here

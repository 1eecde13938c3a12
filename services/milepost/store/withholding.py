"""Withhold what came of people who were erased: what happened before that moment is not taken in again.

A sender that repeats an old message is answered as ever, and nothing of it is kept. What happens to the same people
later is taken in, and they are met anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from milepost.store.among import rows_among
from milepost.store.tables.accepted import erased
from milepost_schemas.messages import AboutActor, FactRevoked, IdentityDecided
from milepost_schemas.submissions import LogMessage, NewStatement, Refusal, Submission

Request = Submission | Refusal

NOTE = "what happened to people before they were erased was not kept, and neither was the body"

Moments = Mapping[tuple[str, str], int]
"""When an actor key of a tenant was erased."""


def withhold(connection: Connection, requests: Sequence[Request]) -> Sequence[Request]:
    """Return the requests without what is of a time before the people in it were erased."""
    erased_at = _moments(connection, requests)
    if not erased_at:
        return requests
    return [_sifted(request, erased_at) if isinstance(request, Submission) else request for request in requests]


def everybody_erased(connection: Connection) -> Moments:
    """Return who was ever erased."""
    rows = connection.execute(select(erased.c.tenant, erased.c.actor, erased.c.erased_at))
    return {(tenant, actor): at for tenant, actor, at in rows}


def _moments(connection: Connection, requests: Sequence[Request]) -> Moments:
    named: dict[str, set[str]] = defaultdict(set)
    for request in requests:
        if isinstance(request, Submission):
            named[request.tenant].update(_actors(request))
    columns = (erased.c.actor, erased.c.erased_at)
    return {
        (tenant, actor): at
        for tenant, actors in named.items()
        for actor, at in rows_among(connection, tenant, erased.c.actor, sorted(actors), columns)
    }


def _actors(submission: Submission) -> Iterator[str]:
    yield from (person.actor for person in submission.people)
    for message in _messages(submission):
        if isinstance(message, AboutActor | IdentityDecided | FactRevoked):
            yield message.actor


def _messages(submission: Submission) -> Iterator[LogMessage]:
    yield from submission.messages
    for statement in submission.statements:
        yield from statement.messages


def _sifted(submission: Submission, erased_at: Moments) -> Submission:
    kept, loose = _statements(submission, erased_at)
    messages = tuple(_of_now(submission.tenant, (*submission.messages, *loose), erased_at))
    sifted = replace(submission, statements=kept, messages=messages)
    if len(list(_messages(sifted))) == len(list(_messages(submission))):
        return submission
    spoken_of = set(_spoken_of(sifted))
    gone = {actor for tenant, actor in erased_at if tenant == submission.tenant} - spoken_of
    return replace(
        sifted,
        people=tuple(person for person in submission.people if person.actor not in gone),
        same_people=tuple(each for each in submission.same_people if not gone & {each.actor, each.other}),
        raw=None if submission.raw is None else replace(submission.raw, body=b""),
        note="; ".join(filter(None, (submission.note, NOTE))),
    )


def _statements(submission: Submission, erased_at: Moments) -> tuple[tuple[NewStatement, ...], list[LogMessage]]:
    """Return the statements that name nobody who was erased by then, and what others say about everybody else."""
    kept: list[NewStatement] = []
    loose: list[LogMessage] = []
    for statement in submission.statements:
        now = list(_of_now(submission.tenant, statement.messages, erased_at))
        if len(now) == len(statement.messages):
            kept.append(statement)
        else:
            loose.extend(now)
    return tuple(kept), loose


def _of_now(tenant: str, messages: Iterable[LogMessage], erased_at: Moments) -> Iterator[LogMessage]:
    for message in messages:
        at = erased_at.get((tenant, getattr(message, "actor", "")))
        if at is None or _happened_at(message) >= at:
            yield message


def _happened_at(message: LogMessage) -> int:
    fact = message.fact if isinstance(message, AboutActor) else message
    return int(getattr(fact, "occurred_at", 0))


def _spoken_of(submission: Submission) -> Iterator[str]:
    for message in _messages(submission):
        if isinstance(message, AboutActor):
            yield message.actor

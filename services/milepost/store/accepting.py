"""Accept what was submitted, on a connection: statements, people, the log. The caller's commit makes it durable.

Many requests are accepted with as few questions to the database as one; what becomes of each is what would become of
it if they came one after the other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from sqlalchemy import Connection

from milepost.store import audit, hearing, log, people, raw, statements
from milepost.store.linking import find_links
from milepost.store.raw import Taken
from milepost.store.sieve import Sieve
from milepost.store.submission import Accepted, StatementConflict
from milepost.store.voiding import Pairing
from milepost.store.withholding import withhold
from milepost_schemas.submissions import LogMessage, NewStatement, Refusal, Submission

Request = Submission | Refusal

Answer = Accepted | StatementConflict | None
"""What becomes of a request; nothing is said to one that was refused already."""


@dataclass(slots=True)
class _Draft:
    """A request on its way into the store: what of it is new, and what it has to say to the log."""

    request: Request
    new: Sequence[NewStatement] = ()
    links: Sequence[NewStatement] = ()
    note: str | None = None
    left_out: int = 0
    told: list[LogMessage] = field(default_factory=list)


Sift = Callable[[Sieve, Submission], _Draft | StatementConflict]


def accept(connection: Connection, request: Request) -> Answer:
    """Accept one request, as `accept_all` does."""
    [answer] = accept_all(connection, [request])
    return answer


def accept_all(connection: Connection, requests: Sequence[Request]) -> list[Answer]:
    """Keep all of each submission and log its messages; nothing of one whose statement's id has another meaning.

    A statement that is there already and says the same is neither kept nor logged again. Identifiers of one person are
    linked, each once. What happened to somebody before they were erased is left out. Voids and their targets are
    paired, and what they withdraw is logged after both. Of a request that was refused, it is kept why; its source has
    been heard all the same.
    """
    return [
        outcome if isinstance(outcome, StatementConflict) else _answer(outcome, end)
        for outcome, end in _accept(connection, requests, _whole)
    ]


def accept_acknowledged(connection: Connection, requests: Sequence[Request]) -> int:
    """Accept requests whose senders were told already that they are; return how many statements were not kept.

    A statement whose id has another meaning already is left out, and the raw message says so: the gateway may not have
    seen the earlier one when it answered.
    """
    outcomes = _accept(connection, requests, _what_is_possible)
    return sum(outcome.left_out for outcome, _ in outcomes if isinstance(outcome, _Draft))


def find_conflict(connection: Connection, submission: Submission) -> StatementConflict | None:
    """Return which statement of a submission is there already with another meaning, the first of them."""
    conflicting = Sieve(connection, [submission]).conflicting(submission)
    return StatementConflict(conflicting[0]) if conflicting else None


def _whole(sieve: Sieve, submission: Submission) -> _Draft | StatementConflict:
    conflicting = sieve.conflicting(submission)
    return StatementConflict(conflicting[0]) if conflicting else _draft(sieve, submission)


def _what_is_possible(sieve: Sieve, submission: Submission) -> _Draft:
    conflicting = sieve.conflicting(submission)
    notes = [f"statement {id} was not kept: another one with this id is there already" for id in conflicting]
    return replace(_draft(sieve, submission), note=_joined([submission.note, *notes]), left_out=len(conflicting))


def _draft(sieve: Sieve, submission: Submission) -> _Draft:
    new = sieve.take(submission)
    told = [*_messages(new), *submission.messages]
    return _Draft(submission, new=new, note=submission.note, told=told)


def _answer(draft: _Draft, end: int) -> Answer:
    return None if isinstance(draft.request, Refusal) else Accepted(end, len(draft.told))


def _accept(
    connection: Connection, requests: Sequence[Request], sift: Sift
) -> Iterator[tuple[_Draft | StatementConflict, int]]:
    """Accept all requests; yield what became of each, with the log's end after it."""
    for together in _together(withhold(connection, requests)):
        sifted = _sifted(connection, together, sift)
        drafts = [draft for draft in sifted if isinstance(draft, _Draft)]
        _keep(connection, drafts)
        end = log.end(connection) - sum(len(draft.told) for draft in drafts)
        for draft in sifted:
            end += len(draft.told) if isinstance(draft, _Draft) else 0
            yield draft, end


def _together(requests: Sequence[Request]) -> Iterator[Sequence[Request]]:
    """Yield the requests in pieces that need nothing of each other: one that links identifiers is a piece by itself."""
    for links, some in groupby(requests, lambda request: isinstance(request, Submission) and bool(request.same_people)):
        if links:
            yield from ([request] for request in some)
        else:
            yield list(some)


def _sifted(connection: Connection, requests: Sequence[Request], sift: Sift) -> list[_Draft | StatementConflict]:
    sieve = Sieve(connection, [request for request in requests if isinstance(request, Submission)])
    return [
        _Draft(request, note=request.reason) if isinstance(request, Refusal) else sift(sieve, request)
        for request in requests
    ]


def _keep(connection: Connection, drafts: Sequence[_Draft]) -> None:
    submissions = [(draft, draft.request) for draft in drafts if isinstance(draft.request, Submission)]
    people.see(connection, [(each.tenant, each.received_at, each.people) for _, each in submissions])
    people.propose(connection, (message for draft, _ in submissions for message in draft.told))
    for draft, submission in submissions:
        links = find_links(connection, submission)
        draft.links, draft.note = links.new, _joined([draft.note, *links.notes])
        draft.told.extend(_messages(links.new))
    numbers = raw.keep(connection, [Taken(draft.request, draft.note) for draft in drafts])
    _keep_statements(connection, submissions)
    for draft, heard in zip(drafts, hearing.hear(connection, [draft.request for draft in drafts]), strict=True):
        draft.told.extend(heard)
    origins = [_origin(draft.request, number) for draft, number in zip(drafts, numbers, strict=True)]
    log.append_all(connection, zip(origins, (draft.told for draft in drafts), strict=True))
    for _, submission in submissions:
        if submission.deed is not None:
            audit.write(connection, submission.tenant, submission.deed, at=submission.received_at)


def _keep_statements(connection: Connection, submissions: Sequence[tuple[_Draft, Submission]]) -> None:
    """Keep the new statements, and have logged what voids among them, or of them, withdraw."""
    pairing = Pairing(connection, [(submission, draft.new) for draft, submission in submissions])
    for draft, submission in submissions:
        draft.told.extend(pairing.pair(submission, draft.new))
    new = [(submission, each) for draft, submission in submissions for each in (*draft.new, *draft.links)]
    statements.insert(connection, new, voided_by=pairing.voided)
    statements.mark_voided(connection, pairing.voided_before)


def _origin(request: Request, raw_number: int | None) -> log.Origin:
    return log.Origin(tenant=request.tenant, received_at=request.received_at, raw_number=raw_number)


def _messages(new: Iterable[NewStatement]) -> Iterator[LogMessage]:
    return (message for each in new for message in each.messages)


def _joined(notes: Iterable[str | None]) -> str | None:
    return "; ".join(filter(None, notes)) or None

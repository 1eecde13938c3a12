"""A batch of sound statements, from what came to what is kept: ids, the finished statements, and the facts in them."""

from collections.abc import Iterable
from uuid import uuid4

from milepost.gateway.refusing import too_large_as_one
from milepost.gateway.requests import SMALL
from milepost.sources import moodle, statements
from milepost.sources.translation import Receipt, Translation, moment_of
from milepost.sources.xapi import Statement, Version, fingerprint, finish, moment, voided_by
from milepost.sources.xapi.terms import terms
from milepost.store.envelopes import Envelopes, notes
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost_schemas.submissions import LogMessage, NewStatement, RawMessage, Submission

MOST_TERMS = 50_000
"""By how many people, activities and verbs statements of one request may be found: each is a row that is written."""


class Batch:
    """Statements of one source that are kept together. `ids` are those by which they are kept, in the order given."""

    def __init__(
        self,
        services: Services,
        source: Source,
        authority: dict[str, object],
        received: list[Statement],
        version: Version,
    ) -> None:
        """Take statements of one version, as the source sent them."""
        self._services = services
        self._source = source
        self._authority = authority
        self._received = received
        self._version = version
        self._translate = moodle.translate if source.kind == "moodle" else statements.translate
        self.ids = [self._id_of(statement) for statement in received]

    def submission(self, received_at: int, raw: RawMessage) -> Submission:
        """Return all that follows from the batch, received at this moment; refuse one that names too much."""
        if len(raw.body) > SMALL and sum(len(terms(each)) for each in self._received) > MOST_TERMS:
            raise too_large_as_one()
        receipt = Receipt(self._source.tenant, self._source.name, received_at)
        envelopes = Envelopes(self._services.vault, receipt.tenant)
        new: dict[str, NewStatement] = {}
        translations: list[Translation] = []
        for id, came in zip(self.ids, self._received, strict=True):
            body = finish(came, id=id, stored_at=received_at, authority=self._authority, version=self._version)
            translation = self._translate(body, receipt)
            translations.append(translation)
            new.setdefault(id.lower(), self._new(id, came, body, receipt, envelopes.messages_of(translation)))
        people = [said.person for translation in translations for said in translation.said]
        return Submission(
            tenant=receipt.tenant,
            source=receipt.source,
            received_at=received_at,
            raw=raw,
            people=envelopes.seen(people, self._source.kind),
            statements=tuple(new.values()),
            note=notes(translations),
        )

    def _id_of(self, statement: Statement) -> str:
        """Return the statement's id; one without, that says when it was, is known again by its content."""
        if "id" in statement:
            return str(statement["id"])
        if "timestamp" in statement:
            return statements.resent_as(fingerprint(statement), self._source.tenant, self._source.name)
        return str(uuid4())

    def _new(
        self, id: str, came: Statement, body: Statement, receipt: Receipt, messages: Iterable[LogMessage]
    ) -> NewStatement:
        at = moment_of(moment(body["timestamp"]), receipt)
        return NewStatement(
            statement_id=id.lower(),
            verb=body["verb"]["id"],
            occurred_at=at,
            recorded_at=at,
            came=came if came.get("id") == id else {**came, "id": id},
            body=body,
            voids=voided_by(came),
            messages=tuple(messages),
        )

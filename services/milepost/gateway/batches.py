"""A batch of sound statements, from what came to what is kept: ids, the finished statements, and the facts in them."""

from uuid import uuid4

from milepost.gateway.envelopes import messages_of, notes, seen
from milepost.sources import moodle, statements
from milepost.sources.translation import Receipt, Translation, moment_of
from milepost.sources.xapi import Statement, fingerprint, finish, moment, voided_by
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import NewStatement, RawMessage, Submission


class Batch:
    """Statements of one source that are kept together. `ids` are those by which they are kept, in the order given."""

    def __init__(
        self, services: Services, source: Source, authority: dict[str, object], received: list[Statement]
    ) -> None:
        self._services = services
        self._source = source
        self._authority = authority
        self._received = received
        self._translate = moodle.translate if source.kind == "moodle" else statements.translate
        self.ids = [self._id_of(statement) for statement in received]

    def submission(self, received_at: int, raw: RawMessage) -> Submission:
        """Return all that follows from the batch, received at this moment."""
        receipt = Receipt(self._source.tenant, self._source.name, received_at)
        new: dict[str, NewStatement] = {}
        translations: list[Translation] = []
        for id, came in zip(self.ids, self._received, strict=True):
            body = finish(came, id=id, stored_at=received_at, authority=self._authority)
            translation = self._translate(body, receipt)
            translations.append(translation)
            new.setdefault(id.lower(), self._new(id, came, body, translation, receipt))
        people = [said.person for translation in translations for said in translation.said]
        return Submission(
            tenant=receipt.tenant,
            source=receipt.source,
            received_at=received_at,
            raw=raw,
            people=seen(people, self._services.vault, receipt.tenant, self._source.kind),
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
        self, id: str, came: Statement, body: Statement, translation: Translation, receipt: Receipt
    ) -> NewStatement:
        at = moment_of(moment(body["timestamp"]), receipt)
        return NewStatement(
            statement_id=id.lower(),
            verb=body["verb"]["id"],
            occurred_at=at,
            recorded_at=at,
            came={**came, "id": id},
            body=body,
            voids=voided_by(came),
            messages=tuple(messages_of(translation, self._services.vault, receipt.tenant)),
        )

"""xAPI 1.0.3 and 2.0.0, the receiver's side: sound statements, when two are the same, what is added, who is meant.

`read_statements` goes from the body of a request to its statements or to the first `StatementRefused`, whose text is
the answer to the sender. Everything here is pure: ids and instants are arguments, the translation into facts is an
adapter's. "Data" and "Comm" in a refusal are parts two and three of the xAPI 1.0.3 specification.
"""

from milepost.sources.xapi.actors import require_actor, require_agent
from milepost.sources.xapi.comparison import equal, fingerprint
from milepost.sources.xapi.decoding import decode
from milepost.sources.xapi.finishing import finish
from milepost.sources.xapi.formats import is_iri, is_uuid, moment
from milepost.sources.xapi.identity import (
    account_identifier,
    actor_identifiers,
    address_identifier,
    other_address_identifiers,
    other_identifiers,
)
from milepost.sources.xapi.reading import read_statements
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.statement import Statement, validate, voided_by
from milepost.sources.xapi.versions import Version, negotiate

__all__ = [
    "Statement",
    "StatementRefused",
    "Version",
    "account_identifier",
    "actor_identifiers",
    "address_identifier",
    "decode",
    "equal",
    "fingerprint",
    "finish",
    "is_iri",
    "is_uuid",
    "moment",
    "negotiate",
    "other_address_identifiers",
    "other_identifiers",
    "read_statements",
    "require_actor",
    "require_agent",
    "validate",
    "voided_by",
]

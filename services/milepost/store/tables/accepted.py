"""What was accepted, written by the gateway before it answers: sources, the log, statements, documents, people.

Names, mail addresses and raw identifiers stand here (`raw_messages`, `statements`, `documents`, `people`) and nowhere
else.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from milepost.store.tables.columns import METADATA, TEXT, instant, json_text, maybe_instant, maybe_text, number, text

tenants = Table(
    "tenants",
    METADATA,
    text("name", key=True),
    # Also `tracking_from`: gaps of a time before this are historical.
    instant("created_at"),
)

sources = Table(
    "sources",
    METADATA,
    text("tenant", key=True),
    text("name", key=True),
    text("kind"),
    instant("created_at"),
    # What signs a webhook, encrypted under the server key.
    Column("secret", LargeBinary, nullable=True),
    # What signed them before, and counts until somebody ends it.
    Column("former_secret", LargeBinary, nullable=True),
    # Names and addresses of the room devices that sit in its meetings, a list as JSON.
    Column("devices", TEXT, nullable=False, server_default="[]"),
    # The `received_at` of the last SourceHeard in the log: one a minute is enough.
    maybe_instant("heard_at"),
    # What was declared of it last, in minutes: its longest normal silence, if it has any, and how late it may report.
    Column("rhythm", Integer, nullable=True),
    Column("settling", Integer, nullable=False, server_default="90"),
    Column("lateness", Integer, nullable=False, server_default="240"),
    ForeignKeyConstraint(["tenant"], ["tenants.name"]),
)

source_keys = Table(
    "source_keys",
    METADATA,
    # A keyed digest; the key itself was shown once and is nowhere.
    text("digest", key=True),
    text("tenant"),
    text("source"),
    # The first characters of the key, by which people tell keys apart.
    text("hint"),
    instant("created_at"),
    maybe_instant("revoked_at"),
    ForeignKeyConstraint(["tenant", "source"], ["sources.tenant", "sources.name"]),
    Index(None, "tenant", "source"),
)

server_keys = Table(
    "server_keys",
    METADATA,
    # One row: by what the server key is told from others. It says nothing about the key.
    text("fingerprint", key=True),
    instant("since"),
)

raw_messages = Table(
    "raw_messages",
    METADATA,
    number("number"),
    text("tenant"),
    text("source"),
    instant("received_at"),
    # Where it came to, e.g. `/xapi/statements`.
    text("route"),
    text("outcome"),
    # Why it was refused, in words for the person who runs the source.
    maybe_text("reason"),
    maybe_text("content_type"),
    Column("body", LargeBinary, nullable=False),
    Index(None, "tenant", "source", "number"),
    Index(None, "received_at"),
    sqlite_autoincrement=True,
)

log = Table(
    "log",
    METADATA,
    number("position"),
    text("tenant"),
    instant("received_at"),
    # The raw message that it was made from.
    Column("raw_number", raw_messages.c.number.type, nullable=True),
    json_text("body"),
    Index(None, "raw_number"),
    sqlite_autoincrement=True,
)

statements = Table(
    "statements",
    METADATA,
    text("tenant", key=True),
    text("statement_id", key=True),
    # The source that sent it; only its own voids count.
    text("authority"),
    text("verb"),
    instant("occurred_at"),
    instant("recorded_at"),
    instant("stored_at"),
    # The statement that this one voids, whether or not it has come.
    maybe_text("voids"),
    # The statement that voided this one.
    maybe_text("voided_by"),
    # The facts that were made from it: a list of [actor, fact id, provisional].
    json_text("facts"),
    json_text("body"),
    Index(None, "tenant", "voids"),
)

statement_terms = Table(
    "statement_terms",
    METADATA,
    # 64 bits of a hash over tenant, authority and what a statement is found by.
    Column("term", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    Column("stored_at", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    text("statement_id", key=True),
    # Named as actor, object, verb or registration, rather than somewhere around these.
    Column("plain", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    METADATA,
    number("number"),
    text("tenant"),
    text("source"),
    # What it is a document of, and whose: of each what is no part of it is "".
    text("resource"),
    text("activity"),
    text("agent"),
    # A digest over all of these.
    text("place"),
    text("registration"),
    text("name"),
    # The normalized identifier of the agent, by which people are known; missing where it is nobody's.
    maybe_text("person"),
    instant("changed_at"),
    text("content_type"),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("place", "registration", "name"),
    Index(None, "tenant", "person"),
    Index(None, "changed_at"),
    sqlite_autoincrement=True,
)

people = Table(
    "people",
    METADATA,
    text("tenant", key=True),
    text("actor", key=True),
    # The normalized identifier, e.g. `mailto:ana@example.org`.
    text("identifier"),
    maybe_text("name"),
    maybe_text("mail"),
    # What pages show: the name, else the mail address, else the identifier in short.
    text("label"),
    # Who is believed about a name: of a higher or an equal rank, the last.
    Column("rank", SmallInteger, nullable=False),
    instant("changed_at"),
)

identifiers = Table(
    "identifiers",
    METADATA,
    text("tenant", key=True),
    # The random id that stands for the identifier everywhere behind the resolver.
    text("identifier", key=True),
    text("actor"),
    # Who it is now; at first the learner that the gateway proposed.
    text("learner"),
    Column("standing", TEXT, nullable=False, server_default="provisional"),
    # Who it is without anybody's decision: the learner that the gateway proposed first.
    text("own_learner"),
    UniqueConstraint("tenant", "actor"),
    Index(None, "tenant", "learner"),
)

erased = Table(
    "erased",
    METADATA,
    text("tenant", key=True),
    # The actor key of an identifier that was erased: a keyed digest, from which nobody reads who it was.
    text("actor", key=True),
    # What happened before this is not taken in again.
    instant("erased_at"),
)

"""What was accepted, written by the gateway before it answers: tenants, sources, the log, statements, people.

Names, mail addresses and raw identifiers stand here (`raw_messages`, `statements`, `people`) and nowhere else.
"""

from sqlalchemy import Column, ForeignKeyConstraint, Index, LargeBinary, SmallInteger, Table, Text, UniqueConstraint

from milepost.store.tables.columns import METADATA, instant, json_text, maybe_instant, maybe_text, number, text

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
    # The `received_at` of the last SourceHeard in the log: one a minute is enough.
    maybe_instant("heard_at"),
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
    Index(None, "tenant", "stored_at"),
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
    Index(None, "tenant", "label"),
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
    Column("standing", Text, nullable=False, server_default="provisional"),
    UniqueConstraint("tenant", "actor"),
    Index(None, "tenant", "learner"),
)

"""What people who use the pages are, and what they have done there: accounts, sign-ins, the audit log, the inbox.

Nothing here follows from what was accepted, so no rebuild touches it. Gaps are named by their id alone.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, SmallInteger, Table, UniqueConstraint

from milepost.store.tables.columns import METADATA, instant, json_text, maybe_instant, maybe_text, number, text

accounts = Table(
    "accounts",
    METADATA,
    # In lower case, and once in all tenants: people sign in without saying whose they are.
    text("name", key=True),
    text("tenant"),
    text("role"),
    # As argon2 writes it; missing where nobody signs in with a password.
    maybe_text("password"),
    # The digest of the key that scripts send.
    maybe_text("key_digest"),
    instant("created_at"),
    maybe_instant("disabled_at"),
    ForeignKeyConstraint(["tenant"], ["tenants.name"]),
    UniqueConstraint("key_digest"),
    Index(None, "tenant"),
)

sign_ins = Table(
    "sign_ins",
    METADATA,
    # The digest of the random id that the browser holds.
    text("digest", key=True),
    text("account"),
    instant("began_at"),
    # When somebody last asked for something by hand, to the minute.
    instant("seen_at"),
    ForeignKeyConstraint(["account"], ["accounts.name"]),
    Index(None, "account"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    METADATA,
    number("number"),
    # A digest of what was typed as a name, which may have been a password.
    text("name_digest"),
    text("address"),
    instant("at"),
    Index(None, "name_digest", "at"),
    Index(None, "address", "at"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    METADATA,
    number("number"),
    text("tenant"),
    instant("at"),
    # Missing for somebody at the machine itself, where there are no accounts.
    maybe_text("account"),
    text("what"),
    # The learner, session, gap, identifier or account that it was about.
    maybe_text("subject"),
    json_text("details"),
    Index(None, "tenant", "number"),
    Index(None, "tenant", "account", "what", "subject", "at"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

handlings = Table(
    "handlings",
    METADATA,
    text("tenant", key=True),
    text("gap_id", key=True),
    # Counts up with every change: who acts says which one they looked at.
    Column("version", Integer, nullable=False),
    maybe_text("assigned_to"),
    maybe_instant("acknowledged_at"),
    maybe_text("acknowledged_by"),
    maybe_instant("snoozed_until"),
    maybe_text("snoozed_by"),
    # How urgent the gap was when it was put to sleep, and its last change that somebody had seen by then.
    Column("seen_urgency", SmallInteger, nullable=False),
    Column("seen_version", BigInteger, nullable=False),
    instant("changed_at"),
    maybe_text("changed_by"),
    Index(None, "tenant", "assigned_to"),
)

notes = Table(
    "notes",
    METADATA,
    number("number"),
    text("tenant"),
    text("gap_id"),
    instant("at"),
    maybe_text("account"),
    text("text"),
    Index(None, "tenant", "gap_id", "number"),
    sqlite_autoincrement=True,
)

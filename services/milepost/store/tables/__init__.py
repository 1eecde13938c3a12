"""The tables: what was accepted, what the tracker keeps, what pages show, what people do there.

Migrations make them; a test compares the two.
"""

from milepost.store.tables import accepted, kept, shown, used
from milepost.store.tables.columns import METADATA

__all__ = ["METADATA", "accepted", "kept", "shown", "used"]

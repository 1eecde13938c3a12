"""The tables: what was accepted, what the tracker keeps, what pages show.

Migrations make them; a test compares the two.
"""

from milepost.store.tables import accepted, kept, shown
from milepost.store.tables.columns import METADATA

__all__ = ["METADATA", "accepted", "kept", "shown"]

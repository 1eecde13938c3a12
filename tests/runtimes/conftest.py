"""Shared by the tests of runtimes: a database with all tables, as the store's tests have it."""

from tests.store.conftest import database, migrated, place, sqlite_place

__all__ = ["database", "migrated", "place", "sqlite_place"]

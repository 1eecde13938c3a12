"""Kafka and PostgreSQL as plain processes of this machine: for a site without containers, and for the tests."""

"""Runtimes: read, advance, keep, move on. The embedded one is a process with one database."""

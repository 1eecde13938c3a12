"""`milepost dead-letters ...`: what could not be taken in, and what becomes of it.

On Kafka they lie in a topic, in one process in a table; the commands are the same.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from milepost.cli.telling import Commands, add_database, add_kafka, add_moment, table

if TYPE_CHECKING:
    from milepost.cli.set_aside import SetAside


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("dead-letters", help="decide about messages that could not be taken in")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = within.add_parser("list", help="show those that nobody has decided about")
    listing.set_defaults(run=show_all)
    showing = within.add_parser("show", help="show the whole reason and the message itself: personal data")
    showing.add_argument("number", type=int, metavar="N", help="its number in the list")
    showing.set_defaults(run=show)
    replaying = within.add_parser(
        "replay",
        help="put messages back to where they came from, e.g. once a newer version can read them",
        description="Append the original bytes to the topic and partition, or to the log, that they came from. What "
        "cannot be taken in then, either, comes back as a new dead letter.",
    )
    replaying.set_defaults(run=replay)
    dropping = within.add_parser("drop", help="put messages away for good")
    dropping.set_defaults(run=drop)
    for parser in (replaying, dropping):
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("number", type=int, nargs="?", metavar="N", help="its number in the list")
        which.add_argument("--all", action="store_true", help="all that nobody has decided about")
    for parser in (listing, showing, replaying, dropping):
        add_kafka(parser)
        add_database(parser)
        add_moment(parser)


def show_all(chosen: argparse.Namespace) -> int:
    """Show those that nobody has decided about."""
    from milepost.cli.set_aside import set_aside_of

    with set_aside_of(chosen) as letters:
        lines = letters.lines()
    rows = [("NUMBER", "CAME FROM", "WHEN", "CODE", "REASON")]
    rows += [(str(line.number), line.came_from, line.at, line.code, _first_line(line.reason)) for line in lines]
    print(table(rows) if lines else "No dead letter waits for a decision.")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show one whole."""
    from milepost.cli.set_aside import set_aside_of

    with set_aside_of(chosen) as letters:
        body = letters.body(chosen.number)
        (line,) = (line for line in letters.lines() if line.number == chosen.number)
    print(f"{line.number}  {line.came_from}  {line.at}  {line.code}".rstrip())
    print(_printable(line.reason))
    print()
    print(_printable(body.decode("utf-8", "backslashreplace")))
    return 0


def replay(chosen: argparse.Namespace) -> int:
    """Put messages back to where they came from."""
    from milepost.cli.set_aside import set_aside_of

    with set_aside_of(chosen) as letters:
        numbers = _numbers(chosen, letters)
        letters.replay(numbers)
    print(f"{_counted(numbers)} put back to where {'it' if len(numbers) == 1 else 'they'} came from.")
    return 0


def drop(chosen: argparse.Namespace) -> int:
    """Put messages away for good."""
    from milepost.cli.set_aside import set_aside_of

    with set_aside_of(chosen) as letters:
        numbers = _numbers(chosen, letters)
        letters.drop(numbers)
    print(f"{_counted(numbers)} dropped.")
    return 0


def _numbers(chosen: argparse.Namespace, letters: "SetAside") -> list[int]:
    return [line.number for line in letters.lines()] if chosen.all else [chosen.number]


def _counted(numbers: Sequence[int]) -> str:
    return "1 message is" if len(numbers) == 1 else f"{len(numbers)} messages are"


def _first_line(reason: str) -> str:
    """Return the first line of a reason; what an earlier release repeated of the message stands below it."""
    return _printable(reason.partition("\n")[0])[:100]


def _printable(text: str) -> str:
    """Return a text in which nothing tells a terminal what to do."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else sign.encode("unicode_escape").decode() for sign in text
    )

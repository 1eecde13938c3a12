"""`milepost topics ...`: make the topics of a site in Kafka, and check that they are as this version needs them."""

import argparse
import sys
from collections.abc import Sequence

from milepost.cli.telling import Commands, NotDone, add_kafka, settings_of


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("topics", help="make and check the topics of a site in Kafka")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    creating = within.add_parser(
        "create",
        help="make the topics that are missing, and mend how the others are configured",
        description="Make the topics that are missing, and mend how the others are configured. Done again, it changes "
        "nothing. The number of partitions of a topic that is there is never changed.",
    )
    creating.set_defaults(run=create)
    checking = within.add_parser("check", help="say what is missing or differs; nothing is changed")
    checking.set_defaults(run=check)
    for parser in (creating, checking):
        add_kafka(parser)
        parser.add_argument("--partitions", type=int, metavar="N", help="how many for each topic (default: 12)")
        parser.add_argument("--replication", type=int, metavar="N", help="on how many brokers each (default: 1)")


def create(chosen: argparse.Namespace) -> int:
    """Make what is missing, mend what can be mended, and say what is left."""
    from milepost.broker import topics
    from milepost.broker.failing import BrokerError

    try:
        made = topics.create(settings_of(chosen))
    except BrokerError as error:
        raise NotDone(str(error)) from error
    for name in made.created:
        print(f"{name} is made.")
    for name in made.mended:
        print(f"{name} is configured anew.")
    if not made.created and not made.mended and not made.left:
        print("Every topic is there and as it should be.")
    return _tell(made.left)


def check(chosen: argparse.Namespace) -> int:
    """Say what is missing or differs."""
    from milepost.broker import topics
    from milepost.broker.failing import BrokerError

    try:
        found = topics.check(settings_of(chosen))
    except BrokerError as error:
        raise NotDone(str(error)) from error
    if not found:
        print("Every topic is there and as it should be.")
    return _tell(found)


def _tell(differences: Sequence[object]) -> int:
    for difference in differences:
        print(difference, file=sys.stderr)
    return 1 if differences else 0

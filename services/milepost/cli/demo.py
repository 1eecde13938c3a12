"""`milepost demo`: three simulated senders, and a page on which a coordinator's day goes by."""

import argparse

from milepost.cli.telling import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="run a server with simulated senders, and watch",
        description="Run a server of its own, and a simulated LMS, Zoom and training office that report to it. Three "
        "weeks of demo time are told as fast as it goes, then it goes on until Ctrl-C.",
    )
    parser.add_argument("--keep", action="store_true", help="keep what came of it in var/demo, and go on from there")
    parser.add_argument("--port", type=int, metavar="PORT", help="where to look (default: 8000, or a free one)")
    parser.add_argument(
        "--speed", type=_speed, metavar="MINUTES", help="minutes of demo time in a second (default: 6, an hour in ten)"
    )
    parser.add_argument("--days", type=int, metavar="DAYS", help="how many are told at the start (default: 21)")
    parser.add_argument("--learners", type=int, metavar="N", help="learners of a cohort (default: 20)")
    parser.add_argument("--seed", metavar="TEXT", help="another seed makes other people and other luck")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Run the demo until it is ended."""
    from milepost.demo.director import Wishes, run
    from milepost.demo.script import Script

    size = {"cohort_of": chosen.learners, "seed": chosen.seed}
    wishes = {name: getattr(chosen, name) for name in ("port", "speed", "days")}
    return run(
        Wishes(
            keep=chosen.keep,
            script=Script(**{name: value for name, value in size.items() if value is not None}),
            **{name: value for name, value in wishes.items() if value is not None},
        )
    )


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 600:
        raise argparse.ArgumentTypeError("a speed lies above 0 and is at most 600 minutes in a second")
    return speed

"""`milepost demo`: three simulated senders, and a page on which a coordinator's day goes by."""

import argparse

from milepost.cli.telling import Commands, NotDone, settings_of

OF_ITS_OWN = ("keep", "port", "speed")
"""Options of a demo that runs a server of its own."""

ELSEWHERE = ("pages", "check", "pace")
"""Options of a demo that reports to a Milepost that runs."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="run a server with simulated senders, and watch",
        description="Run a server of its own, and a simulated LMS, Zoom and training office that report to it. Three "
        "weeks of demo time are told as fast as it goes, then it goes on until Ctrl-C. With --to they report to a "
        "Milepost that runs already, in the time of the clock, and at the end it is said whether anything is missing "
        "there; the settings are taken from the environment.",
    )
    parser.add_argument("--keep", action="store_true", help="keep what came of it in var/demo, and go on from there")
    parser.add_argument("--port", type=int, metavar="PORT", help="where to look (default: 8000, or a free one)")
    parser.add_argument(
        "--speed", type=_speed, metavar="MINUTES", help="minutes of demo time in a second (default: 6, an hour in ten)"
    )
    parser.add_argument("--days", type=int, metavar="DAYS", help="how many are told at the start (default: 21)")
    parser.add_argument("--learners", type=int, metavar="N", help="learners of a cohort (default: 20)")
    parser.add_argument("--seed", metavar="TEXT", help="another seed makes other people and other luck")
    parser.add_argument("--to", type=_address, metavar="URL", help="report to this gateway, or `milepost serve`")
    parser.add_argument("--pages", type=_address, metavar="URL", help="where its pages are, if that is elsewhere")
    parser.add_argument("--pace", type=_pace, metavar="N", help="with --to: messages in a second at most")
    parser.add_argument("--check", action="store_true", help="with --to: say whether anything sent is missing there")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Run the demo until it is ended."""
    strange = ELSEWHERE if chosen.to is None else OF_ITS_OWN
    for name in strange:
        if getattr(chosen, name):
            raise NotDone(f"--{name} goes {'only with --to' if chosen.to is None else 'not with --to'}")
    return _run_server(chosen) if chosen.to is None else _visit(chosen)


def _visit(chosen: argparse.Namespace) -> int:
    from milepost.demo.visiting import Visit, check, visit

    settings = settings_of(argparse.Namespace())  # --port is of the server that is not run here
    if chosen.check:
        return check(settings)
    told = {name: getattr(chosen, name) for name in ("to", "pages", "days", "seed", "learners", "pace")}
    return visit(Visit(**{name: value for name, value in told.items() if value is not None}), settings)


def _run_server(chosen: argparse.Namespace) -> int:
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


def _pace(text: str) -> float:
    pace = float(text)
    if not 0 < pace <= 10_000:
        raise argparse.ArgumentTypeError("a pace lies above 0 and is at most 10000 messages in a second")
    return pace


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://127.0.0.1:8000")
    return text.rstrip("/")

"""The command line: `milepost GROUP ...`. Each group of commands is a module of its own.

A group has `add_to(commands)`, which adds its parsers and sets `run`, a function of the parsed arguments that returns
the exit code. What a person got wrong is raised as ValueError or `NotDone`, and told in one sentence.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from sqlalchemy.exc import DBAPIError

from milepost.cli.telling import NotDone
from milepost.store.database import is_away

GROUPS = (
    *("processes", "tenant", "source", "account", "audit", "program", "story", "demo"),
    *("site", "topics", "dead_letters", "rebuild", "backup", "key", "retention", "person"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 not done, 2 not understood."""
    chosen = build_parser().parse_args(arguments)
    try:
        code = int(chosen.run(chosen) or 0)
        sys.stdout.flush()
        return code
    except (NotDone, ValueError) as error:
        print(f"milepost: {error}", file=sys.stderr)
        return 1
    except DBAPIError as error:
        if not is_away(error):
            raise
        why = str(error.orig).partition("\n")[0]
        print(f"milepost: the database answers no more ({why}). Say it again once it does", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read along, `head` for one, has seen enough; what is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="milepost",
        description="Follows every learner through a blended training program, and tells about a gap in time.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        import_module(f"{__name__}.{group}").add_to(commands)
    return parser

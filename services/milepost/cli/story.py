"""`milepost story FILE...`: run stories on the core, and say what differs."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from milepost.cli.telling import Commands, NotDone
from milepost.programs import list_programs, shipped_program
from milepost.stories import Outcome, Story, StoryRefused, read_story, run_story
from milepost.stories.pure import PureWorld
from milepost.stories.reports import as_json, as_junit, as_text
from milepost.stories.world import World


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("story", help="run stories, and say what differs")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="story files, or folders of them")
    parser.add_argument("--program", metavar="NAME", help="also the stories of a program that comes with Milepost")
    parser.add_argument("--shuffle", action="store_true", help="shuffle, double and interrupt the delivery")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="draw lots by this seed (default: 1)")
    parser.add_argument("--http", action="store_true", help="over HTTP, on a server and database of their own")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write a JUnit XML report")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Run the stories; return 0 where all passed, 1 where one differs, 2 where one cannot be read."""
    stories, refused = read(list(files_of(chosen.files, chosen.program)))
    seed = chosen.seed if chosen.shuffle else None
    world = world_of(chosen)
    outcomes = [run_story(story, seed, world) for story in stories]
    if chosen.junit is not None:
        chosen.junit.write_bytes(as_junit(outcomes))
    report(outcomes, as_data=chosen.json)
    for one in refused:
        print(one, file=sys.stderr)
    if refused:
        return 2
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def world_of(chosen: argparse.Namespace) -> Callable[[Story], World]:
    """Return what carries the stories out."""
    if not chosen.http:
        return PureWorld
    from milepost.stories.served import ServedWorld

    return ServedWorld


def report(outcomes: Sequence[Outcome], *, as_data: bool) -> None:
    """Print what came of the stories."""
    if as_data:
        print(as_json(outcomes))
    elif outcomes:
        print(as_text(outcomes))


def read(files: Sequence[Path]) -> tuple[list[Story], list[StoryRefused]]:
    """Return the stories that can be read, and why the others cannot."""
    stories: list[Story] = []
    refused: list[StoryRefused] = []
    for file in files:
        try:
            stories.append(read_story(file))
        except StoryRefused as problems:
            refused.append(problems)
        except OSError as error:
            raise NotDone(f"{file} cannot be read: {error.strerror}") from error
    return stories, refused


def files_of(named: Sequence[Path], program: str | None) -> Iterator[Path]:
    """Yield the story files that were named, those in folders in the order of their names."""
    folders = list(named)
    if program is not None:
        folders.append(_stories_of(program))
    if not folders:
        raise NotDone("name at least one story file, a folder of them, or --program NAME")
    for path in folders:
        found = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        yield from (file for file in found if not path.is_dir() or file.parent.name != "programs")
        if not found:
            raise NotDone(f"there is no story in {path}")


def _stories_of(program: str) -> Path:
    if program not in list_programs():
        raise NotDone(f"{program!r} does not come with Milepost; there are {', '.join(list_programs())}")
    return shipped_program(program).parent / "stories"

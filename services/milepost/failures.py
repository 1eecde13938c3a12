"""Errors without what they were about: a message of an exception can repeat what somebody sent, and is not logged."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from traceback import FrameSummary

OURS = str(Path(__file__).parent)
MOST_FRAMES = 6


def outline(error: BaseException) -> dict[str, str]:
    """Return the kind of an error and where it was raised, for the log."""
    frames = _telling(traceback.extract_tb(error.__traceback__))
    where = " > ".join(f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    kinds = []
    cause: BaseException | None = error
    while cause is not None:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__
    return {"error": " < ".join(kinds), "where": where}


def _telling(frames: Sequence[FrameSummary]) -> Sequence[FrameSummary]:
    """Return the last frames that are ours, and where it was raised: a library's own are many, and all alike."""
    ours = [frame for frame in frames[:-1] if frame.filename.startswith(OURS)]
    return [*ours[1 - MOST_FRAMES :], *frames[-1:]] if ours else frames[-MOST_FRAMES:]


def _module(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])

"""Errors without what they were about: a message of an exception can repeat what somebody sent, and is not logged."""

import traceback


def outline(error: BaseException) -> dict[str, str]:
    """Return the kind of an error and where it was raised, for the log."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " > ".join(f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    kinds = []
    cause: BaseException | None = error
    while cause is not None:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__
    return {"error": " < ".join(kinds), "where": where}


def _module(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])

"""Logs as JSON lines on standard error: what happened, never who it was about."""

import logging
import sys

import structlog

from milepost.failures import outline

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

QUIET = ("httpx", "alembic", "asyncio", "uvicorn.access")
"""Libraries whose ordinary lines are nobody's business; `uvicorn.access` would write addresses that name people."""

SILENT = ("kafka",)
"""A library that tells of each attempt to connect; whoever asked it says what came of it, in one sentence."""

CHOSEN = "Configuration property enable.gapless.guarantee is experimental"
"""What librdkafka warns of at each start; the outbox asks for it all the same, to keep the order of a partition."""


def set_up_logs(level: str) -> None:
    """Write the lines of this process, and those of its libraries, as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_news)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_people],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(LEVELS[level])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _is_news(record: logging.LogRecord) -> bool:
    return CHOSEN not in record.getMessage()


def _without_people(
    _: structlog.typing.WrappedLogger, __: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep of a library's exception its kind and place; its words can repeat what somebody sent."""
    found = line.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line.update(outline(error))
    return line

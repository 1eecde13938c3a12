"""The processors, in the order of the way of the data."""

from typing import Any

from milepost.core.processor import Processor
from milepost.core.processors import learners, meetings, offerings, resolver, sources
from milepost_schemas.topics import Topic

PROCESSORS: dict[Topic, Processor[Any, Any]] = {
    Topic.SOURCES: sources.PROCESSOR,
    Topic.ACTORS: resolver.PROCESSOR,
    Topic.MEETINGS: meetings.PROCESSOR,
    Topic.OFFERINGS: offerings.PROCESSOR,
    Topic.LEARNERS: learners.PROCESSOR,
}

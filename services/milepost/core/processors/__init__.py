"""The processors, in the order of the way of the data."""

from typing import Any

from milepost.core.processor import Processor
from milepost.core.processors.learners import PROCESSOR as LEARNERS
from milepost.core.processors.meetings import PROCESSOR as MEETINGS
from milepost.core.processors.offerings import PROCESSOR as OFFERINGS
from milepost.core.processors.resolver import PROCESSOR as ACTORS
from milepost.core.processors.sources import PROCESSOR as SOURCES
from milepost_schemas.topics import Topic

PROCESSORS: dict[Topic, Processor[Any, Any]] = {
    processor.topic: processor for processor in (SOURCES, ACTORS, MEETINGS, OFFERINGS, LEARNERS)
}

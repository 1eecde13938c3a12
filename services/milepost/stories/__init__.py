"""Stories: what happens to learners, told in lines that a coordinator can read, and what must be true at each moment.

`reading` turns a file into a story, `running` carries it out in a world and compares, `reports` says what differs.
"""

from milepost.stories.reading import StoryRefused, read_story
from milepost.stories.running import Outcome, run_story
from milepost.stories.story import Story

__all__ = ["Outcome", "Story", "StoryRefused", "read_story", "run_story"]

"""What a training office, an HR system or a person posts: checked whole, then translated into facts.

Either everything in a request is sound or nothing of it is kept. A fact that came with an `id` is the same whenever
this id comes again; one without is known by what it says, so a repetition that names its `occurred_at` changes nothing.
"""

from milepost.sources.office.items import ITEMS, AnyItem
from milepost.sources.office.lists import LISTED, columns_of, read_list
from milepost.sources.office.problems import FactsRefused, Problem
from milepost.sources.office.reading import read_items
from milepost.sources.office.translating import Posted, translate

__all__ = [
    "ITEMS",
    "LISTED",
    "AnyItem",
    "FactsRefused",
    "Posted",
    "Problem",
    "columns_of",
    "read_items",
    "read_list",
    "translate",
]

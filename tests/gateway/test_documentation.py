import json
import re
from pathlib import Path

from milepost.sources.office import ITEMS, read_items, read_list

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_every_fact_on_the_page_is_taken_and_every_type_is_there() -> None:
    blocks = [
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]

    read = [item for block in blocks for item in read_items(block)]

    assert {item.type for item in read} == set(ITEMS)


def test_every_list_on_the_page_is_taken() -> None:
    lists = re.findall(r"```csv\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    kinds = ("learner_enrolled", "offering_scheduled", "sheet_submitted")

    read = [read_list(text.encode(), kind) for kind, text in zip(kinds, lists, strict=True)]

    assert [len(items) for items in read] == [1, 1, 1]

from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.named_ids import named_id


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_an_id_is_the_version_5_uuid_of_its_parts(parts: list[str]) -> None:
    name = "milepost:fact:" + "\x1f".join(parts)

    assert named_id("fact", *parts) == str(uuid5(NAMESPACE_URL, name))


def test_half_a_surrogate_pair_names_something_too() -> None:
    assert named_id("fact", "\ud800") == named_id("fact", "\\ud800") != named_id("fact", "\ud801")

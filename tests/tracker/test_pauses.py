"""How often the ticker looks at whom it waits for."""

from itertools import accumulate

import pytest

from milepost.tracker.ticking import pause_after


@pytest.mark.parametrize(("waited", "pause"), [(0.0, 0.02), (0.2, 0.02), (1.0, 0.1), (5.0, 0.5), (600.0, 0.5)])
def test_the_longer_it_has_waited_the_less_often_it_looks(waited: float, pause: float) -> None:
    assert pause_after(waited) == pytest.approx(pause)


def test_ten_seconds_of_waiting_take_sixty_looks_at_most() -> None:
    looks = list(accumulate(range(60), lambda waited, _: waited + pause_after(waited), initial=0.0))

    assert looks[-1] >= 10

import re
from pathlib import Path

from milepost.metrics import Metrics
from milepost.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_metric_is_explained_and_none_that_does_not_exist() -> None:
    told = set(re.findall(r"`(milepost_[a-z_]+)", PAGE))
    real = {metric.name for metric in Metrics().registry.collect()}

    assert {name.removesuffix("_total") for name in told} == real


def test_every_setting_is_explained_and_none_that_does_not_exist() -> None:
    told = set(re.findall(r"`MILEPOST_([A-Z_]+)`", PAGE))

    assert {name.lower() for name in told} == set(Settings.model_fields)

import re
from pathlib import Path

from milepost.settings import Settings
from tests.repository.tracked import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SERVICES = ROOT / "services" / "milepost"


def metrics_of(module: Path) -> set[str]:
    """Return the names of all metrics that a module makes."""
    text = module.read_text(encoding="utf-8")
    return set(re.findall(r'"(milepost_[a-z_]+)"', text)) if "prometheus_client" in text else set()


def test_every_metric_is_explained_and_none_that_does_not_exist() -> None:
    told = set(re.findall(r"`(milepost_[a-z_]+)", PAGE)) - {"milepost_schemas"}
    real = {name for module in SERVICES.rglob("*.py") for name in metrics_of(module)}

    assert len(real) > 40
    assert told == real


def test_every_setting_is_explained_and_none_that_does_not_exist() -> None:
    told = set(re.findall(r"`MILEPOST_([A-Z_]+)`", PAGE))

    settings = {name.upper() for name in Settings.model_fields}
    read_by_one_command = {
        name for module in SERVICES.rglob("*.py") for name in re.findall(r'"MILEPOST_([A-Z_]+)"', module.read_text())
    }

    assert settings <= told
    assert told <= settings | read_by_one_command

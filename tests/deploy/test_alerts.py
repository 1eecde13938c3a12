"""The alert rules: when each fires is tested by Prometheus's own tool; what to do then is written down."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.prometheus import promtool
from tests.repository.tracked import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


RULES = [rule for group in read(FOLDER / "alerts.yml")["groups"] for rule in group["rules"]]
CASES = [case for test in read(FOLDER / "alerts_test.yml")["tests"] for case in test["alert_rule_test"]]
NAMES = [rule["alert"] for rule in RULES]


@pytest.mark.prometheus
def test_every_alert_fires_when_it_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", FOLDER / "alerts_test.yml")


@pytest.mark.prometheus
def test_the_configuration_is_one_that_prometheus_understands() -> None:
    assert "SUCCESS" in promtool("check", "config", FOLDER / "prometheus.yml")


@pytest.mark.parametrize("name", NAMES)
def test_of_every_alert_there_is_a_case_in_which_it_fires_and_one_in_which_it_does_not(name: str) -> None:
    fires = {bool(case["exp_alerts"]) for case in CASES if case["alertname"] == name}

    assert fires == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_alert_says_what_to_do_and_goes_by_metrics_that_exist(rule: dict[str, Any]) -> None:
    metrics = set(re.findall(r"milepost_[a-z_]+", rule["expr"]))

    assert f"`{rule['alert']}`" in PAGE
    assert not [name for name in metrics if f"`{name}" not in PAGE]
    assert rule["labels"]["severity"] in ("critical", "warning")

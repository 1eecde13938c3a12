"""Packages with many modules say in their docstring where what is: a map that lacks a place leads nobody there."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

MAPPED = ("milepost.runtimes", "milepost.tracker")


@pytest.mark.parametrize("name", MAPPED)
def test_the_map_of_a_package_names_each_of_its_modules_and_nothing_else(name: str) -> None:
    package = import_module(name)
    told = set(re.findall(r"`(\w+)`", package.__doc__ or ""))

    there = {module.name for module in iter_modules(package.__path__)}
    assert told == {module for module in there if not module.endswith("_metrics")}

"""The import contracts can fail: each is broken once on purpose, in a copy of the tree."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository.tracked import ROOT

LINTER = ROOT / ".venv" / "bin" / "lint-imports"

ABOVE = [
    ("cli", "demo"),
    ("cli", "stories"),
    ("demo", "runtimes"),
    ("stories", "runtimes"),
    ("runtimes", "gateway"),
    ("runtimes", "tracker"),
    ("runtimes", "console"),
    ("gateway", "broker"),
    ("tracker", "broker"),
    ("console", "broker"),
    ("broker", "store"),
    ("store", "ports"),
    ("ports", "sources"),
    ("sources", "settings"),
    ("sources", "metrics"),
    ("settings", "core"),
    ("metrics", "core"),
    ("programs", "core"),
    ("clock", "core"),
]

BESIDE = [("demo", "stories"), ("gateway", "console"), ("gateway", "tracker"), ("console", "tracker")]


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the contracts are about."""
    ignore = shutil.ignore_patterns("__pycache__")
    for tree in ("services/milepost", "schemas/milepost_schemas"):
        shutil.copytree(ROOT / tree, folder / tree, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def package(folder: Path, name: str) -> Path:
    """Return the folder of `milepost.<name>` in a copy, turning a module into a package, or making it, where needed."""
    path = folder / "services" / "milepost" / name.replace(".", "/")
    module = path.with_suffix(".py")
    path.mkdir(parents=True, exist_ok=True)
    if module.exists():
        module.rename(path / "__init__.py")
    (path / "__init__.py").touch()
    return path


def add(folder: Path, module: str, *lines: str) -> None:
    """Put a module into a copy: `core.x` is `milepost.core.x`."""
    parent, _, name = module.rpartition(".")
    (package(folder, parent) / f"{name}.py").write_text("\n".join([*lines, ""]))


def broken(folder: Path, contract: str) -> str:
    """Return what the linter says of one contract, or nothing if it is kept."""
    search = f"{folder / 'services'}{os.pathsep}{folder / 'schemas'}"
    ran = subprocess.run(
        [LINTER, "--no-logo", "--no-cache", "--contract", contract],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": search, "COLUMNS": "200"},
    )
    return " ".join(ran.stdout.split()) if ran.returncode else ""


@pytest.mark.parametrize("contract", ["layers", "contracts-know-nobody", "pure", "rules-are-strangers"])
def test_the_tree_as_it_is_keeps_the_contract(tmp_path: Path, contract: str) -> None:
    assert not broken(copy_of_the_tree(tmp_path), contract)


def test_no_layer_may_know_the_one_above(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    for above, below in ABOVE:
        package(tree, above)
        add(tree, f"{below}.knows_{above}", f"import milepost.{above}")

    said = broken(tree, "layers")

    for above, below in ABOVE:
        assert f"milepost.{below} is not allowed to import milepost.{above}" in said


def test_neighbors_in_a_layer_may_not_know_each_other(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    for one, other in BESIDE:
        package(tree, other)
        add(tree, f"{one}.knows_{other}", f"import milepost.{other}")

    said = broken(tree, "layers")

    for one, other in BESIDE:
        assert f"milepost.{one} is not allowed to import milepost.{other}" in said


def test_a_new_package_must_be_given_a_layer(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    package(tree, "elsewhere")

    assert "milepost.elsewhere" in broken(tree, "layers")


def test_the_schemas_may_not_know_the_services(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    (tree / "schemas" / "milepost_schemas" / "curious.py").write_text("import milepost.core\n")

    assert "milepost_schemas is not allowed to import milepost" in broken(tree, "contracts-know-nobody")


@pytest.mark.parametrize("layer", ["core", "sources"])
def test_the_pure_layers_may_not_touch_the_world(tmp_path: Path, layer: str) -> None:
    worldly = ["time", "logging", "os", "random", "secrets", "socket", "asyncio", "sqlalchemy", "starlette"]
    worldly += ["fastapi", "httpx", "structlog", "prometheus_client", "yaml", "pathlib"]
    tree = copy_of_the_tree(tmp_path)
    add(tree, f"{layer}.worldly", *(f"import {module}" for module in worldly))

    said = broken(tree, "pure")

    for module in worldly:
        assert f"milepost.{layer}.worldly -> {module} " in said


def test_a_rule_may_not_know_another_even_by_way_of_a_third(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    add(tree, "core.rules.first_rule", "import milepost.core.between")
    add(tree, "core.between", "import milepost.core.rules.second_rule")
    add(tree, "core.rules.second_rule")

    said = broken(tree, "rules-are-strangers")

    assert "milepost.core.rules.first_rule is not allowed to import milepost.core.rules.second_rule" in said

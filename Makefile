# `make` alone says what there is. Every target makes what it needs in .venv; none needs root.
.DEFAULT_GOAL := help
.PHONY: help run test check format generate lock clean

help: ## Say what there is
	@echo "Milepost follows learners through blended programs. make ..."
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | while IFS='	' read -r target text; do printf '  %-10s %s\n' "$$target" "$$text"; done

run: ## Run the demo and say where its pages are; Ctrl-C ends it (KEEP=1 keeps its data)
	@scripts/set-up run
	@exec .venv/bin/milepost demo $(if $(KEEP),--keep)

test: ## Set up, check, and run all tests (TESTS='tests/core -k absence' runs only those)
	@scripts/set-up dev
	@scripts/browser
	@scripts/check
ifdef TESTS
	@.venv/bin/pytest $(TESTS)
else
	@.venv/bin/pytest --cov --cov-report=
	@.venv/bin/python scripts/coverage_floor.py
endif

check: ## Only the static checks: format, lint, types, layers, generated files
	@scripts/set-up dev
	@scripts/check

format: ## Format the code, and mend what the linter can mend
	@scripts/set-up dev
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .

generate: ## Write the generated files anew (schemas and the like)
	@scripts/set-up dev
	@scripts/generate

lock: ## Write the locked requirements anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@scripts/lock

clean: ## Remove what set-up, tests and tools have made
	rm -rf .venv .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

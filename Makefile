# `make` alone says what there is. Every target makes what it needs in .venv; none needs root.
.DEFAULT_GOAL := help
.PHONY: help run site test conformance chaos bench check format generate lock clean

help: ## Say what there is
	@echo "Milepost follows learners through blended programs. make ..."
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | while IFS='	' read -r target text; do printf '  %-12s %s\n' "$$target" "$$text"; done

run: ## Run the demo and say where its pages are; Ctrl-C ends it (KEEP=1 keeps its data)
	@scripts/set-up run
	@exec .venv/bin/milepost demo $(if $(KEEP),--keep)

site: ## Run a whole site on Kafka as plain processes; Ctrl-C ends it, and started again it goes on
	@scripts/set-up dev
	@scripts/kafka fetch
	@exec .venv/bin/milepost site up

test: ## Set up, check, and run all tests (TESTS='tests/core -k absence' runs only those)
	@scripts/set-up dev
	@scripts/browser
	@scripts/xapi-client
	@scripts/prometheus
	@scripts/kafka fetch
	@scripts/check
ifdef TESTS
	@.venv/bin/pytest $(TESTS)
else
	@.venv/bin/pytest --numprocesses=2 --dist=loadfile --cov --cov-report=
	@.venv/bin/python scripts/coverage_floor.py
endif

conformance: ## Run ADL's conformance suite of xAPI against a server (SUITE=its folder, VERSION=1.0.3 or 2.0.0)
	@scripts/set-up dev
	@.venv/bin/python scripts/conformance.py "$(SUITE)" "$(or $(VERSION),1.0.3)"

chaos: ## Kill and pause the processes of a site at random (SEEDS=100 runs so many, SEED=7 repeats one)
	@scripts/set-up dev
	@scripts/kafka fetch
	@MILEPOST_CHAOS_SEEDS="$(or $(SEEDS),10)" MILEPOST_CHAOS_SEED="$(SEED)" .venv/bin/pytest -m chaos tests/site

bench: ## Measure how fast everything is (BENCH=worker runs one of benchmarks/, BENCH='worker site' two)
	@scripts/set-up dev
	@scripts/kafka fetch
	@scripts/bench $(BENCH)

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

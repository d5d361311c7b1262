# Two commands: make demo, make test. Both set up all they need the first time.

PYTHON ?= python3
PY := .venv/bin/python
PYTEST = $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
DOCUMENTED := . $(sort $(dir $(wildcard modules/*/main.tf examples/*/main.tf examples/*/infra/main.tf)))
# Workers of a test run; 0 runs in one process.
WORKERS ?= auto
# Which tests of the tiers run; empty for all.
MARKS ?= not nightly
# How long make fuzz draws inputs for each module.
FUZZ_SECONDS ?= 120
# Tests that draw more where there is time.
DRAWN := tests/unit/simulation tests/unit/benchmarks/test_peer.py tests/unit/pytest_plugin/test_casefile_properties.py

# Every worker and every command that a test starts would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup test nightly static plan contract apply behaviour unit fuzz demo bench docs fmt lint schemas clean

help: ## show this list
	@grep -hE '^[a-z ]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 44

setup: ## make .venv, once
	@$(PYTHON) tools/setup.py

test: setup ## run every tier of tests, but what make nightly runs
	@$(PYTEST) -m "$(MARKS)" tests

nightly: setup ## run the tests marked nightly and fuzz
	@$(PYTEST) -m nightly tests
	@$(MAKE) fuzz

static plan contract apply behaviour unit: setup ## run one tier of tests
	@$(PYTEST) -m "$(MARKS)" tests/$@

fuzz: setup ## draw more inputs, files and options, with new seeds, for FUZZ_SECONDS a module
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(PY) -m pytest -n $(WORKERS) -rP tests/contract -k 'contract_of_inputs or any'
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(PY) -m pytest -n $(WORKERS) $(DRAWN)

demo: setup ## apply examples/complete to LocalStack, use it, simulate a day of traffic, destroy it
	@$(PY) -m scaleproof demo

bench: setup ## measure the simulation beside SimPy, what the harness takes, and choose beside the best
	@$(PY) benchmarks/run.py

docs: setup ## rewrite the tables of inputs and outputs, and docs/assumptions.md
	@$(PY) -m tools.readme_tables $(DOCUMENTED)
	@$(PY) -m tools.assumption_tables

fmt: setup ## format HCL and Python
	@$(PY) -m tools.terraform_fmt
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format --quiet .

lint: setup ## ruff and mypy
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy

schemas: setup ## read the schemas of the real providers again (needs terraform and its registry; SCHEMAS="options, types")
	@$(PY) -m tools.provider_schemas $(SCHEMAS)

clean: ## remove what the commands above made here
	rm -rf .venv .hypothesis .pytest_cache .mypy_cache .ruff_cache build *.egg-info

# One word a task. A fresh clone needs Python 3.11 or newer and make; all else comes into .venv.
#
#   make demo        data, then a whole night's run: print files, manifest, report
#   make letters     the British, German, Canadian and Chinese example letters, data and run
#   make policies    the example with three document types in one envelope, data and run
#   make floor       the demo's print files through the virtual shop floor, every sheet (SCALE=1: 177,000)
#   make test        the tests (make test-long: servers and whole runs; make test-slow: full scale)
#   make lint        style, types, walls between the rooms
#   make bench       the benchmarks, the whole job and its peers (BENCH_SCALE=1); then the README's figures
#   make bench-guard ratios that must hold on any machine
#   make docs        reference pages and JSON Schemas from the models

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
SCALE ?= 0.05
DATA := build/tpch-$(SCALE)
OUT ?= out
BENCH_SCALE ?= 1
# Ten times as much, run once where it was made (make data SCALE=10: 1.4 GB).
BENCH_LARGE ?= $(wildcard build/tpch-10)
# Kept figures; another folder leaves the README as it is: make bench BENCH_SCALE=0.02 BENCH_RESULTS=build/results
BENCH_RESULTS ?= benchmarks/results

.PHONY: help bytecode demo letters policies floor data test test-long test-slow lint bench bench-guard docs wheel-check clean

help:
	@sed -n 's/^#  *\(make .*\)/  \1/p' Makefile

# One environment; a stamp for each set of extras, renewed when pyproject.toml changes.
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "printstream needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 2; fi
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.venv/installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing printstream[$*] into .venv"
	@$(PIP) --editable '.[$*]'
	@touch $@

# What pip does for an installed package: without it every run of a checkout compiles 200 modules where the environment
# forbids Python to keep bytecode (PYTHONDONTWRITEBYTECODE), a quarter of a second.
bytecode: | $(BIN)/python
	@$(BIN)/python -m compileall -q printstream

$(DATA)/.complete: fixtures/tpch.py .venv/installed-demo
	@echo "Making the data of $(DATA)"
	@$(BIN)/python fixtures/tpch.py --scale $(SCALE) --out $(DATA)
	@touch $@

data: $(DATA)/.complete

demo: $(DATA)/.complete bytecode
	@$(BIN)/printstream run jobs/statement --input $(DATA) --out $(OUT)

letters: .venv/installed-demo bytecode
	@$(BIN)/python fixtures/letters.py gb --count 4200 --out build/uk-water
	@$(BIN)/printstream run jobs/uk-water --input build/uk-water --out $(OUT)
	@$(BIN)/python fixtures/letters.py de --count 5200 --out build/de-dialogpost
	@$(BIN)/printstream run jobs/de-dialogpost --input build/de-dialogpost --out $(OUT)
	@$(BIN)/python fixtures/letters.py ca --count 3000 --out build/ca-hydro
	@$(BIN)/printstream run jobs/ca-hydro --input build/ca-hydro --out $(OUT)
	@$(BIN)/python fixtures/letters.py cn --count 3000 --out build/cn-insurance
	@$(BIN)/printstream run jobs/cn-insurance --input build/cn-insurance --out $(OUT)

policies: .venv/installed-demo bytecode
	@$(BIN)/python fixtures/policies.py --count 1500 --out build/policy
	@$(BIN)/printstream run jobs/policy --input build/policy --out $(OUT)

floor: $(DATA)/.complete .venv/installed-floor bytecode
	@rm -rf $(OUT)/statement/floor
	@$(BIN)/printstream run jobs/statement --input $(DATA) --out $(OUT) --run-id floor --quiet
	@$(BIN)/printstream floor $(OUT)/statement/floor

test: .venv/installed-test bytecode
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not long"

# What CI runs besides: clusters and stores on loopback, whole runs.
test-long: .venv/installed-test bytecode
	$(BIN)/python -m pytest -q -n 2 -m long --durations=10

# A whole night at scale 1, read back from its print files; needs 3 GB of disk and some minutes.
test-slow: .venv/installed-test bytecode
	$(BIN)/python -m pytest -q -m slow --durations=10

lint: .venv/installed-lint .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/installed-test .venv/installed-bench bytecode
	@$(MAKE) --no-print-directory data SCALE=$(BENCH_SCALE)
	PRINTSTREAM_BENCH_INPUT=build/tpch-$(BENCH_SCALE) PRINTSTREAM_BENCH_LARGE=$(BENCH_LARGE) \
		$(BIN)/python -m pytest benchmarks -q -o addopts="--strict-markers" \
		--benchmark-columns=min,median,max,rounds --results $(BENCH_RESULTS)
	@if [ $(BENCH_RESULTS) = benchmarks/results ]; then $(BIN)/python docs/figures.py; fi

bench-guard: .venv/installed-test bytecode
	@$(BIN)/python -m benchmarks.guard

docs: .venv/installed-demo
	@$(BIN)/python docs/generate.py

# The wheel holds all its data files, and works in an environment that never saw this folder.
wheel-check: | $(BIN)/python
	@PYTHON=$(BIN)/python .ci/wheel-check

clean:
	rm -rf .venv build out .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache

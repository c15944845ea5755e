# Each target does its own set-up: on a machine with nothing but Python and make,
# `make demo` or `make test` is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint drill fuzz bench ui clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@# First the CPU build of torch, so that nothing else pulls in a larger one.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[offline,collect,dev]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/influence demo

ui: $(READY)
	$(BIN)/influence dev

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	@# A file stays on one worker, so that its fixtures are made once.
	$(BIN)/python -m pytest -m 'not slow' --numprocesses auto --dist loadfile

drill: $(READY)
	$(BIN)/python -m pytest

# Hostile files for every adapter; the last line counts them. INPUTS=2000 makes it shorter.
INPUTS ?= 200000
fuzz: $(READY)
	$(BIN)/python -m influence_assets_tests.sources.fuzzing --inputs $(INPUTS)

bench: $(READY)
	set -e; for script in benchmarks/*.py; do $(BIN)/python $$script; done

clean:
	rm -rf $(VENV) .influence

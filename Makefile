# Needs nothing but make and a Python of at least 3.11; everything else goes into .venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench facts fuzz readme clean

demo: $(VENV)/run  ## What stopcheck says of the images in examples/
	$(BIN)/stopcheck check --fail-on never examples
	$(BIN)/stopcheck trace examples/start-script

test: $(VENV)/dev  ## All tests
	$(BIN)/pytest -n auto

lint: $(VENV)/dev  ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/bench  ## Time and memory, beside hadolint's
	$(BIN)/python benchmarks/bench.py

facts: $(VENV)/dev  ## How far the analysis agrees with what a kernel was seen to do
	$(BIN)/python -m tests.conformance.agreement

N ?= 2000
fuzz: $(VENV)/dev  ## N random images, predicted and run for real (SEED=… draws the same ones again)
	$(BIN)/python -m tests.conformance.fuzz -n $(N) $(if $(SEED),--seed $(SEED)) --show-unknown

readme: $(VENV)/run  ## Writes what stopcheck prints into README.md
	$(BIN)/python -m tests.unit.test_readme

$(VENV)/pip: pyproject.toml
	$(if $(PYTHON),,$(error Python 3.11 or newer is needed: make PYTHON=/path/to/python3))
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/run: $(VENV)/pip
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/dev: $(VENV)/run
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/bench: $(VENV)/run
	@$(BIN)/python -m pip install --quiet --group bench
	@touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Two commands: `make demo` indexes real blocks into an embedded SQLite, `make test` proves the project.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test quick lint fuzz mutants clean

demo: $(VENV)/.ready  ## index preview's first epoch and two busy chunks into nectar-demo.db
	$(BIN)/nectar plan validate plans/preview-sample.toml plans/preview-busy.toml
	$(BIN)/nectar run plans/preview-sample.toml --db nectar-demo.db
	$(BIN)/nectar run plans/preview-busy.toml --db nectar-demo.db
	$(BIN)/nectar status --db nectar-demo.db

test: $(VENV)/.ready-dev lint  ## every check and every test
	$(BIN)/python tests/leftovers.py $(BIN)/pytest -n 3 --dist worksteal --durations 10

quick: $(VENV)/.ready-dev lint  ## lint, and the tests that are quick and need no server: the loop while one writes, about two minutes
	$(BIN)/pytest -n 2 --dist worksteal -m "not server and not slow"

lint: $(VENV)/.ready-dev  ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --group dev
	$(BIN)/python tests/oracle/environment.py
	touch $@

fuzz: $(VENV)/.ready-dev  ## 200,000 inputs at random, by hand (docs/guarantees.md)
	$(BIN)/python -m tests.fuzz.run

mutants: $(VENV)/.ready-dev  ## 400 small bugs, planted in a copy: which of them no test catches; by hand (docs/guarantees.md)
	$(BIN)/python -m tests.mutants.run

clean:  ## what the others made
	rm -rf $(VENV) build dist nectar-demo.db*

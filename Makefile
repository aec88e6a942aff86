# Vestibule's commands. Each one installs what it needs into .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install demo test check prove mutants catalogues bench clean

help:            ## this list
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

install: $(STAMP) ## make .venv and install the pinned dependencies

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vestibule needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make install PYTHON=python3.12"; exit 2; }
	@test -x $(BIN)/python || { echo "Making .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing the pinned dependencies ..."
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)   ## open the practice room; SCRIPT=evening plays and prints a script instead
	@$(BIN)/vestibule demo $(if $(SCRIPT),--script $(SCRIPT))

test: $(STAMP)   ## all tests but the long proofs
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m 'not long'

prove: $(STAMP)  ## the long proofs
	@$(BIN)/python -m pytest -n auto --dist worksteal -m long
	@$(BIN)/python -m tests.proof.explore

mutants: $(STAMP) ## changes to the gate and the schema that no test notices
	@$(BIN)/python -m tests.mutants

check: $(STAMP)  ## lint, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## ten thousand reminders at once, and how long a board waits meanwhile
	@$(BIN)/python -m tests.bench

catalogues: $(STAMP) ## bring the templates and catalogues up to the sources
	@$(BIN)/python -m bot.language.catalogues update

clean:           ## remove what the commands above made
	@rm -rf .venv build *.egg-info

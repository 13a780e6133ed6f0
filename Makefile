# Needs Python 3.11+ with pip and venv; everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# Checks the JavaScript's types; nothing of it is shipped.
TYPESCRIPT := typescript@7
TSC := $(VENV)/node/node_modules/.bin/tsc
# Passed on to what the target runs: make test ARGS="-k offers"
ARGS ?=

.DEFAULT_GOAL := help
# The order of `check` is its meaning.
.NOTPARALLEL:
.PHONY: help install demo serve test coverage check formatted lint types floors format bench lock

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1	/' | expand -t 12

$(STAMP): pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(STAMP) ## make .venv and install what is missing

demo: $(STAMP) ## a desk with scripted customers, on this machine
	$(BIN)/handoff demo $(ARGS)

serve: $(STAMP) ## the engine with a shop to try it in, on port 8080
	$(BIN)/handoff serve --demo $(ARGS)

test: $(STAMP) ## all tests, on all cores
	$(BIN)/pytest -n auto --dist loadfile -q $(ARGS)

coverage: $(STAMP) ## tests, and whether they reach 90 % of all and all of the core
	$(BIN)/pytest -n auto --dist loadfile -q --cov $(ARGS)
	$(BIN)/coverage report --include='src/handoff_sdk/core/*' --fail-under=100

check: formatted lint types floors test ## everything that must hold before a change goes in

formatted: $(STAMP)
	$(BIN)/ruff format --check

lint: $(STAMP) ## ruff's rules
	$(BIN)/ruff check $(ARGS)

types: $(STAMP) ## mypy on the package, pyright on what its users write, tsc on what browsers load
	$(BIN)/mypy
	@if ! find examples tests/typing -name '*.py' 2>/dev/null | grep -q .; then \
		echo 'pyright: skipped, examples and tests/typing are empty'; \
	elif ! $(BIN)/pyright --version >/dev/null 2>&1; then \
		echo 'pyright: skipped, it needs node and could neither find nor download it'; \
	else \
		echo '$(BIN)/pyright'; $(BIN)/pyright; \
	fi
	@if ! command -v npm >/dev/null; then \
		echo 'tsc: skipped, it needs node'; \
	elif ! test -x $(TSC) && ! npm install --silent --no-audit --no-fund --prefix $(VENV)/node $(TYPESCRIPT); then \
		echo 'tsc: skipped, it could not be downloaded'; \
	else \
		echo 'tsc --checkJs'; $(TSC) --project .; \
	fi

floors: $(STAMP) ## which module may import which
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## write the code as the formatter wants it
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

bench: $(STAMP) ## side-by-side benchmarks
	$(BIN)/python -m bench $(ARGS)

lock: $(STAMP) ## renew uv.lock from public PyPI
	$(BIN)/uv lock --no-config --default-index https://pypi.org/simple $(ARGS)

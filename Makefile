# `make` alone shows what there is to do.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
BENCH_STAMP := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench locales format clean

help: ## show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TEST_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

$(BENCH_STAMP): $(TEST_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

setup: $(STAMP) ## make .venv with the tomoni command, and learn the phrases
	@$(BIN)/tomoni kb build

run: setup ## start the web chat (and Telegram, if TOMONI_TELEGRAM_TOKEN is set)
	@$(BIN)/tomoni serve

test: $(TEST_STAMP) ## run every test, on SQLite and PostgreSQL, with a real browser
	@tests/prepare_browser.sh
	@$(BIN)/tomoni kb build
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: $(TEST_STAMP) ## lint, formatting, types, import directions, knowledge base
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tomoni kb lint

bench: $(BENCH_STAMP) ## measure understanding and speed
	$(BIN)/python -m benchmarks

locales: $(STAMP) ## take new interface texts into the catalogues
	$(BIN)/python locales/update.py

format: $(TEST_STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what can be made again
	rm -rf $(VENV) .cache build *.egg-info

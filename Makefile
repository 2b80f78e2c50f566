# From a fresh clone: `make rehearse` starts the practice world, `make test` checks everything. Neither needs root.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help rehearse test bench bench-mail check lint types floors dependencies dead tests clean

help:
	@echo "make rehearse    the practice world; options through ARGS=\"--no-browser --fast\""
	@echo "make test        every check and every test"
	@echo "make bench       the table of figures"
	@echo "make bench-mail  how well mail is read, on the corpora"
	@echo "make check       the checks alone: lint types floors dependencies dead"
	@echo "make tests       the tests alone; options through ARGS=\"tests/flows -x\""
	@echo "make clean       forget the installation"

rehearse: .venv/run.stamp
	@exec $(BIN)/python -m handlers rehearse $(ARGS)

test: check tests

check: lint types floors dependencies dead

lint: .venv/dev.stamp
	@echo "lint"; $(BIN)/ruff check .

types: .venv/dev.stamp
	@echo "types"; $(BIN)/mypy

floors: .venv/dev.stamp
	@echo "floors"; $(BIN)/lint-imports

dependencies: .venv/dev.stamp
	@echo "dependencies"; $(BIN)/deptry .

dead: .venv/dev.stamp
	@echo "dead code"; $(BIN)/vulture

tests: .venv/dev.stamp
	@echo "tests"; $(BIN)/python -m pytest $(ARGS)

bench: .venv/dev.stamp
	@$(BIN)/python -m benchmarks $(ARGS)

bench-mail: .venv/dev.stamp
	@$(BIN)/python -m benchmarks.mail_corpora $(ARGS)

.venv/run.stamp: requirements/run.txt requirements/install
	@PYTHON="$(PYTHON)" sh requirements/install run

.venv/dev.stamp: requirements/dev.txt requirements/install
	@PYTHON="$(PYTHON)" sh requirements/install dev

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

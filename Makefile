# Everything is started from here; Python 3.11 or newer, pip and make are all it needs.
#   make run        serve on http://127.0.0.1:$PORT (8000) with a demo world in data/
#   make test       the tests: on SQLite, and on PostgreSQL where one is found
#   make check      formatting, lint, types, import contracts, tests, coverage: what CI runs
#   make fix        format, and repair what can be repaired by itself
#   make soak       the laws with many more examples
#   make mutants    the money's rules with one thing changed at a time: does a test notice?
#   make bench      the benchmarks
#   make migration  write a migration from what changed in the models
#   make lock       resolve the dependencies anew into both locks

PYTHON ?= python3
BIN := .venv/bin
# A lock names everything, so nothing is resolved (--no-deps): of `coverage[toml]`, which pytest-cov
# asks for, pip would look at the newest release, and refuse it for want of a pin.
# What serving needs is installed first, and all that `make run` waits for.
SERVES := .venv/.serves
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
TEST_POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
# Compiled ahead, also where Python is told to write no bytecode: else each start takes a second more.
COMPILED := .venv/lib src campaigns referrals dashboards
PYTEST := $(BIN)/python -m pytest -q -n $(or $(JOBS),2) --dist loadfile
COVER := --cov --cov-report=
# Below these nothing passes: rules and kit, and everything together.
GATE_RULES ?= 100
GATE_ALL ?= 90
export TEST_POSTGRES_URL

.PHONY: run test check fix soak mutants bench migration lock lint types contracts
.PHONY: test-sqlite test-postgres coverage

$(SERVES): requirements.run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Jejaring needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements.run.lock names into .venv ..."
	@$(PIP) install --no-compile --no-deps --require-hashes -r requirements.run.lock
	@$(PIP) install --no-compile --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -qq -j 0 $(COMPILED) || true
	@touch $(SERVES)

$(STAMP): $(SERVES) requirements.lock
	@echo "Installing what requirements.lock names beside it ..."
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@touch $(STAMP)

# One shell that becomes the server: ending the process group ends everything.
run: $(SERVES)
	@$(BIN)/jejaring migrate && $(BIN)/jejaring demo --if-empty && exec $(BIN)/jejaring serve

test: test-sqlite test-postgres

test-sqlite: $(STAMP)
	@echo "== tests on SQLite"
	@COVERAGE_FILE=.coverage.sqlite $(PYTEST) $(COVER)

test-postgres: $(STAMP)
	@if $(BIN)/python -m tests.found postgres; then \
		echo "== tests on PostgreSQL"; \
		TEST_DATABASE=postgres COVERAGE_FILE=.coverage.postgres $(PYTEST) $(COVER); \
	elif [ "$$CI" = true ]; then \
		echo "no PostgreSQL at TEST_POSTGRES_URL, and CI skips nothing"; exit 1; \
	else \
		echo "SKIPPED: the tests on PostgreSQL: none found at TEST_POSTGRES_URL"; \
		rm -f .coverage.postgres; \
	fi

check: lint types contracts test coverage

lint: $(STAMP)
	@echo "== formatting and lint"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP)
	@echo "== types"
	@$(BIN)/mypy

contracts: $(STAMP)
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-cache

# Both runs together: some files belong to one database.
coverage: $(STAMP)
	@echo "== coverage"
	@$(BIN)/coverage combine --keep -q .coverage.sqlite $(wildcard .coverage.postgres)
	@$(BIN)/coverage report --skip-covered --include='*/rules.py,*/kit/*' --fail-under=$(GATE_RULES)
	@$(BIN)/coverage report --skip-covered --sort=cover --fail-under=$(GATE_ALL)

fix: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

soak: $(STAMP)
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q

# A fresh start each time; fails for a survivor that docs/decisions/0021 does not answer.
mutants: $(STAMP)
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children $(or $(JOBS),2)
	@$(BIN)/python -m tests.mutants

bench: $(STAMP)
	@$(BIN)/python -m bench

migration: $(STAMP)
	@$(BIN)/python -m jejaring.db.draft

# No address of a package index goes into a lock.
LOCKED := uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
	--no-header --python-version 3.11 --quiet
lock: $(STAMP)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) install uv
	@$(BIN)/python -m $(LOCKED) --all-extras -o requirements.lock
	@$(BIN)/python -m $(LOCKED) --extra build -c requirements.lock -o requirements.run.lock

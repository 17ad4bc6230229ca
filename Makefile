# Two commands do everything: `make run` and `make test`. Each sets up what it needs and is fast the second time.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest -q
# Two processes; the tests of one file stay together, as they share its servers and networks.
TWO := -n 2 --dist loadfile
# What runs beside each other does not mix its lines, where this make can.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# PyTorch's build: `cpu` leaves CUDA's packages out, `cuda` takes them; by default a look for an NVIDIA GPU decides.
TORCH ?=

.PHONY: check run run-lan setup setup-dev system-tools test test-fast test-js test-networks test-browser test-slow test-hostile test-mutants test-pythons test-soak bench lint format lock clean help

help:
	@echo "make run      start the server (HOST, PORT and FORGESYTE_DATA_DIR are honoured)"
	@echo "make run-lan  the same for a phone in your network: HTTPS on HTTPS_PORT, with a QR code"
	@echo "make test     run every test; make lint runs the checks, make check both; make test-slow the long tests"
	@echo "make test-hostile  send a server 100,000 hostile messages (N=1000000 for more), fuzz the readers of files, walk films"
	@echo "make test-mutants  break the core in 200 places, one at a time: its tests must notice"
	@echo "make test-soak  thirty minutes of clients that fail and disturb; docs/LOAD_TEST.md"
	@echo "make bench    compare with other servers on this machine"

run: LAN :=
run-lan: LAN := --lan
run run-lan: setup
	@echo "==> Bringing the database up to date"
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py restore_pipelines --if-empty
	@echo "==> Starting the server (Ctrl-C stops it)"
	@exec $(PY) manage.py serve $(LAN)

setup: $(VENV)/runtime.stamp

# What an installation that was cut short leaves behind is newer than the stamps: all begins anew.
$(VENV)/runtime.stamp: requirements.txt $(wildcard $(VENV)/unfinished)
	@PYTHON="$(PYTHON)" VENV="$(VENV)" TORCH="$(TORCH)" .ci/install runtime

setup-dev: $(VENV)/dev.stamp node_modules/.stamp

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/runtime.stamp
	@VENV="$(VENV)" .ci/install dev

# Without npm there is no stamp: once it is installed, so is the checker.
node_modules/.stamp: package.json package-lock.json
	@if command -v npm >/dev/null; then echo "==> Installing the JavaScript checker"; npm ci --silent --no-audit --no-fund && touch $@; \
	else echo "==> npm is not installed: JavaScript is not checked"; fi

# Chromium, Redis, PostgreSQL, Prometheus, curl, ffprobe and a font for the tests that need them: installed where we may, named where we may not.
system-tools:
	@.ci/system-tools

lint: setup-dev
	@echo "==> ruff"; $(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@echo "==> installed files"; $(PY) -m forgesyte.installation files
	@echo "==> import contracts"; $(VENV)/bin/lint-imports
	@echo "==> mypy"; $(VENV)/bin/mypy
	@if [ -x node_modules/.bin/tsc ]; then echo "==> tsc"; node_modules/.bin/tsc -p .; \
	else echo "==> tsc is not installed: JavaScript is not checked"; [ -z "$$CI" ]; fi

format: setup-dev
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

# Side by side; each shows its output at its end.
TESTS := test-fast test-js test-networks test-browser

test: setup-dev system-tools
	@echo "==> Testing modules, scripts, networks and pages side by side"
	@$(MAKE) --no-print-directory --jobs=4 $(SYNC) $(TESTS)

# All that a change must pass.
check: setup-dev system-tools
	@echo "==> Checking, and testing modules, scripts, networks and pages side by side"
	@$(MAKE) --no-print-directory --jobs=5 $(SYNC) lint $(TESTS)

# By their own test files: streaming and the pure modules must be covered to the last branch.
test-fast: setup-dev
	@echo "==> Tests of the modules, with coverage"
	@$(PYTEST) $(TWO) -m "not model and not browser and not slow" --cov --cov-report=
	@$(VENV)/bin/coverage report --fail-under=100 --include="$$(paste -sd, .ci/fully-covered)"

test-networks: setup-dev system-tools
	@echo "==> Tests with real networks"
	@$(PYTEST) $(TWO) -m "model and not browser and not slow"

test-browser: setup-dev system-tools
	@echo "==> Tests with a real browser"
	@$(PYTEST) -m "browser and not slow"

test-js: setup-dev
	@if command -v node >/dev/null; then echo "==> JavaScript tests"; node --test --test-reporter=dot $$(find tests/js -name '*.test.js'); \
	else echo "==> node is not installed: JavaScript tests skipped"; [ -z "$$CI" ]; fi

# So many hostile messages at a real server, beside a polite session that must not notice.
N ?= 100000
# Then each reader of files is fuzzed for so many seconds, with atheris where it is to be had, and 200 films of a random
# walk are compared with ffprobe.
FUZZ ?= 60
ATHERIS := atheris==3.0.0
test-hostile: setup-dev system-tools
	@$(PY) -m tests.hostile.attack.run --count $(N)
	@echo "==> Fuzzing the readers of files"
	@$(PY) -c 'import atheris' 2>/dev/null || $(VENV)/bin/uv pip install -q --python $(PY) --only-binary :all: $(ATHERIS) || true
	@$(PY) -m tests.hostile.fuzz --seconds $(FUZZ)
	@echo "==> A random walk over 200 films"
	@$(PY) -m tests.world.films.walk --count 200

# So many edits of the core modules, drawn with a fixed seed. MUTANTS="--seed 2 --only jobs/worker" for others.
MUTANTS ?= --count 200
test-mutants: setup-dev
	@$(PY) -m tests.mutants $(MUTANTS)

test-slow: setup-dev system-tools
	@$(PYTEST) -m slow

# `make setup` and `make run` with every Python that is promised and on this machine.
test-pythons: setup-dev
	@$(PYTEST) -m slow -rs tests/test_pythons.py

# Thirty minutes of clients that come, go, fail and disturb: what the server holds must stay flat. SOAK="--duration 300" for less.
SOAK ?=
test-soak: setup-dev
	@$(PY) manage.py load_test --preset soak --report soak.html $(SOAK)

# Compare ForgeSyte with other servers on this machine: docs/BENCHMARKS.md. BENCH="--only a,c --rounds 1" for a part.
BENCH ?=
bench: setup-dev bench/.venv/stamp
	@$(PY) -m bench $(BENCH)

# The other servers have packages of their own; what runs the networks they share with us.
bench/.venv/stamp: bench/requirements.txt
	@echo "==> Installing the servers to compare with (1.2 GB)"
	@$(VENV)/bin/uv venv -q --clear --python $(PY) bench/.venv
	@$(VENV)/bin/uv pip install -q --python bench/.venv/bin/python --no-deps -r $<
	@$(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
	  "$$(bench/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/forgesyte.pth"
	@touch $@

# Pin every package anew from pyproject.toml.
lock: setup
	@$(VENV)/bin/uv pip compile -q --upgrade --no-header --no-annotate pyproject.toml -o requirements.txt
	@$(VENV)/bin/uv pip compile -q --no-header --no-annotate -c requirements.txt --extra dev pyproject.toml -o requirements-dev.txt

clean:
	@rm -rf $(VENV) bench/.venv node_modules .mypy_cache .ruff_cache .pytest_cache .coverage

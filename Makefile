# make demo    audit a realistic advertising table that somebody broke
# make test    everything that CI runs
# make check   the fast part of it: lint, format, types

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.stamp-base
DEV := $(VENV)/.stamp-dev
# Added by hand: a resolver would write down the accelerator's packages, which a processor does not need.
TORCH := torch==2.13.0

.PHONY: demo test check lock clean

demo: $(BASE)
	$(BIN)/assay demo

test: check
	$(BIN)/pytest

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Newest versions that pyproject.toml allows, written down.
lock: $(DEV)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --system-certs --quiet --universal --no-header --no-emit-index-url --upgrade pyproject.toml -o requirements/base.txt
	$(BIN)/uv pip compile --system-certs --quiet --universal --no-header --no-emit-index-url --upgrade --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --system-certs --quiet --universal --no-header --no-emit-index-url --upgrade --extra lab-light -c requirements/dev.txt pyproject.toml -o requirements/lab.txt
	echo "$(TORCH)" >> requirements/lab.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "assay needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(BASE): requirements/base.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/base.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(DEV): requirements/dev.txt requirements/lab.txt $(BASE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt -r requirements/lab.txt
	touch $@

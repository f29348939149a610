PYTHON ?= python3
VENV   := .venv
DIST   ?= dist
PY     := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --python $(PY) --disable-pip-version-check --quiet
COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links
.DEFAULT_GOAL := help
.PHONY: help demo test chaos bench lint docs lock wheel clean

help:  ## show this help
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-7s %s\n", $$1, $$2}'

$(PY):
	@$(PYTHON) -c 'import sys; v=sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or newer is needed, this is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 demo")'
	@echo "setting up .venv (about half a minute, once) ..."
	@$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.%: requirements/%.txt | $(PY)
	@$(PIP) install --require-hashes --only-binary :all: -r $<
	@touch $@

demo: $(VENV)/.main  ## send the sample release to a mailbox on this machine (nothing leaves it)
	@$(PY) -m mailer demo

serve: $(VENV)/.main  ## open the web page (MAILER_LANG=en for English)
	@$(PY) -m mailer serve --open

test: $(VENV)/.test  ## run the tests
	@$(PY) -m pytest -q

chaos: $(VENV)/.test  ## the long fault runs: 200 kills, two workers, 50,000 people (make chaos SEED=2 RUNS="kills limit")
	@$(PY) -m tests.faults.chaos --seed $(or $(SEED),1) $(RUNS)

e2e: $(VENV)/.e2e  ## run the browser tests (skipped without Chromium)
	@$(PY) -m pytest -q tests/e2e

bench: $(VENV)/.main  ## compare with other senders, write docs/performance.md (some minutes; needs the network once)
	@$(PY) bench/send.py

lint: $(VENV)/.dev  ## ruff and mypy --strict
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy

docs: $(VENV)/.main  ## write the generated pages and pictures of docs/ again
	@$(PY) -m tools.make_cli_docs && $(PY) -m tools.make_config_docs && $(PY) -m tools.make_pictures

lock:  ## refresh requirements/*.txt (needs uv)
	$(COMPILE) --upgrade pyproject.toml -o requirements/main.txt
	$(COMPILE) -c requirements/main.txt --group test pyproject.toml -o requirements/test.txt
	$(COMPILE) -c requirements/test.txt --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt --group e2e pyproject.toml -o requirements/e2e.txt

wheel:  ## build the wheel into dist/ (pip fetches the build backend)
	@$(PYTHON) -m pip --disable-pip-version-check --quiet wheel --no-deps --wheel-dir $(DIST) .

clean:  ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis dist

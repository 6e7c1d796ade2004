# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Each makes the environment in $(VENV) where it is missing or out of date.

PYTHON ?= python3
VENV ?= .venv
# Test processes side by side; each keeps to one thread.
WORKERS ?= 2
# Where `make demo` and the benchmarks find their options: make demo ARGS=--help
ARGS ?=

BIN := $(abspath $(VENV))/bin
STAMP := $(VENV)/.ready
RIVALS := $(abspath $(VENV))/rivals
ROOT := $(abspath .)
SOURCES := ckts datasets estimators tests docs

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow fuzz lint format types wheel-test release-check sktime-test bench bench-accuracy bench-robustness bench-fit paper docs docs-quick gallery docs-check linkcheck clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: $(STAMP)  ## cross-validate on real irregular data, write a picture
	$(BIN)/ckts demo $(ARGS)

# A fit chooses its threads; layers that tests call by themselves would take all.
test: $(STAMP)  ## run the tests, but for the slow ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --dist loadgroup $(ARGS)

test-slow: $(STAMP)  ## run the slow tests: kill -9, other processes, a hundred series
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n $(WORKERS) --dist loadgroup $(ARGS)

# The fits, a second or more each, are left to CKTS_FUZZ.
fuzz: $(STAMP)  ## 20,000 odd inputs of each kind, ten minutes
	CKTS_FUZZ=20000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/test_fuzz.py \
	  -k "not fits and not more" $(ARGS)

lint: $(STAMP)  ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## repair style and format where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Types are checked on an installed copy: only there the folders stand under the names
# they are imported by. `build` is removed because setuptools ships what it finds there.
types: $(STAMP)  ## check types
	rm -rf build $(VENV)/installed
	$(BIN)/pip install --quiet --no-deps --no-build-isolation \
	  --target $(VENV)/installed .
	rm -rf build
	cd $(VENV)/installed && $(BIN)/mypy --config-file $(ROOT)/pyproject.toml \
	  --cache-dir $(ROOT)/.mypy_cache

wheel-test: $(STAMP)  ## build the wheel, check its contents, import it elsewhere
	$(BIN)/python -m pytest tests/test_packaging.py

sktime-test: $(STAMP)  ## all checks that sktime makes of its estimators, two minutes
	OMP_NUM_THREADS=1 CKTS_SKTIME_CHECKS=all \
	  $(BIN)/python -m pytest tests/test_sktime_checks.py $(ARGS)

# Before a release, and only then: it downloads what a user would, torch included.
release-check: $(STAMP)  ## install wheel and sdist as a stranger does, run the docs on them
	rm -rf build dist
	$(BIN)/python -m build --outdir dist
	rm -rf build
	for file in dist/*; do \
	  $(BIN)/python docs/check_wheel.py $(ARGS) $$file || exit 1; done

# The rivals are kept out of the environment: only this command finds them.
bench: $(STAMP) $(RIVALS)/.ready  ## speed and memory against other methods, an hour
	OMP_NUM_THREADS=1 PYTHONPATH=$(RIVALS) \
	  $(BIN)/python docs/benchmarks/speed.py $(ARGS)

bench-accuracy: $(STAMP)  ## accuracy of all tasks, many hours; see ARGS=--help
	$(BIN)/python docs/benchmarks/accuracy.py $(ARGS)

bench-robustness: $(STAMP)  ## what one absurd number or a burst costs, an hour
	$(BIN)/python docs/benchmarks/robustness.py $(ARGS)

paper: $(STAMP)  ## the tables of the CKConv paper, hours; see ARGS=--help
	$(BIN)/python docs/benchmarks/reproduce.py $(ARGS)

bench-fit: $(STAMP)  ## what a fit costs beside a GRU and boosting, half an hour
	$(BIN)/python docs/benchmarks/fit.py $(ARGS)

# The site; a warning is an error. `docs` runs the examples of the gallery whose scripts
# changed, `docs-quick` none. No page and no build needs the network.
SITE := OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/python -m sphinx -b html -W -n -q --keep-going

docs: $(STAMP)  ## build the site with its gallery: docs/_build/html/index.html
	$(SITE) $(ARGS) docs docs/_build/html

docs-quick: $(STAMP)  ## build the site without running the gallery, check its links
	$(SITE) -D plot_gallery=0 $(ARGS) docs docs/_build/quick
	$(BIN)/python docs/tools/check_links.py docs/_build/quick

# Plain scripts, one after the other; a warning is an error.
gallery: $(STAMP)  ## run all examples of docs/gallery, report their times, some minutes
	OMP_NUM_THREADS=1 $(BIN)/python docs/run_gallery.py $(ARGS)

docs-check: docs  ## open every page in Chromium: console, search, width of a phone
	$(BIN)/python docs/tools/check_pages.py $(ARGS)

linkcheck: docs  ## check all links of the site; count those that lead elsewhere
	$(BIN)/python docs/tools/check_links.py

clean:  ## remove the environment, builds and caches
	rm -rf $(VENV) build dist *.egg-info
	rm -rf docs/_build docs/examples docs/api/generated
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "ckts needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	@echo "Making the environment in $(VENV); this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --disable-pip-version-check \
	  -c constraints-dev.txt -e '.[dev]'
	@touch $@

$(RIVALS)/.ready: docs/benchmarks/requirements.txt $(STAMP)
	rm -rf $(RIVALS)
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps \
	  --target $(RIVALS) -r docs/benchmarks/requirements.txt
	@touch $@

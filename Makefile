# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT ?= out
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
GEOJSONHINT = geojsonhint@2.0.0

LINT = $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && \
  git ls-files -z 'gii_geo/*.py' | xargs -0 $(BIN)/numpydoc lint

# What a run calls is compiled once, lest every worker of the tests compiles it.
COMPILE = import gii_geo, pandas; \
  rows = pandas.DataFrame({"kind": "deal", "lon": [8.5, 8.6, 9], "lat": 47, "record_id": list("aba")}); \
  gii_geo.find_regions(rows).merge_tree()

.PHONY: run test lint docs demo clean

run: $(VENV)/.ready
	@$(BIN)/gii-geo run --demo --out $(OUT)

# The tests run beside the lint, whose words stand together at the end; either one's fault is a fault.
test: $(VENV)/.ready-to-test
	@{ $(LINT); } > $(VENV)/lint.txt 2>&1 & lint=$$!; \
	$(BIN)/python -W ignore -c '$(COMPILE)'; \
	$(BIN)/python -m pytest --doctest-modules -n auto --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$lint; linted=$$?; cat $(VENV)/lint.txt; \
	test $$tests = 0 -a $$linted = 0

lint: $(VENV)/.ready-to-test
	@$(LINT)

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	@echo "Setting up the tests (once) ..."
	@$(PIP) --editable ".[delta,docs,geocode,hdbscan,plot,population,sklearn,spark,test]"
	@! command -v npm > /dev/null || npm install --silent --no-save --prefix $(VENV)/npm $(GEOJSONHINT)
	@touch $@

# A warning is an error; the notebooks are run, and kept until they or the package change.
docs: $(VENV)/.ready-for-docs
	@$(BIN)/python -m sphinx -q -n -W --keep-going -b html -d docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

$(VENV)/.ready-for-docs: $(VENV)/.ready
	@echo "Setting up the site (once) ..."
	@$(PIP) --editable ".[docs]"
	@touch $@

demo:
	@$(BIN)/python scripts/make_demo_world.py

clean:
	rm -rf $(VENV) out docs/_build docs/api docs/notebooks

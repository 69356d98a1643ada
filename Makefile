# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN = $(VENV)/Scripts
ELSEWHERE = --ignore=tests/test_regenerate.py  # the batch job locks its folder as Unix does
else
BIN = $(VENV)/bin
endif
OUT ?= out
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# A third of the time; where it fails, for it knows nothing of what pip was told, pip does it.
UV = $(PIP) uv && $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt
GEOJSONHINT = geojsonhint@2.0.0
EXTRAS = delta,geocode,hdbscan,plot,population,sklearn,spark
ALL = --editable ".[$(EXTRAS),docs,test]"
OFFLINE := $(shell unshare --map-root-user --net true 2> /dev/null && echo unshare --map-root-user --net)

LINT = $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && \
  git ls-files -z 'gii_geo/*.py' | xargs -0 $(BIN)/numpydoc lint

# What a run calls is compiled once, lest every worker of the tests compiles it.
COMPILE = import gii_geo, pandas; \
  rows = pandas.DataFrame({"kind": "deal", "lon": [8.5, 8.6, 9], "lat": 47, "record_id": list("aba")}); \
  gii_geo.find_regions(rows).merge_tree()

KERNELS = blocks circle count dbscan draw gap geo_dbscan grid groups hdbscan link merge radii \
  rank_sets sure touch

# A worker of the tests has a core: threads of a library that wait for one take the other's.
QUIETLY = OPENBLAS_NUM_THREADS=1

# Empty: what is imported is compiled once, not by every process that a test begins (6 s each).
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test test-quick test-lowest test-wheel coverage lint docs demo clean

run: $(VENV)/.ready
	@$(BIN)/gii-geo run --demo --out $(OUT)

# The tests run beside the lint, whose words stand together at the end; either one's fault is a fault.
test: $(VENV)/.ready-to-test
	@{ $(LINT); } > $(VENV)/lint.txt 2>&1 & lint=$$!; \
	$(BIN)/python -W ignore -c '$(COMPILE)'; \
	$(QUIETLY) $(BIN)/python -m pytest --doctest-modules -n auto --dist loadfile \
	  --no-loadscope-reorder; tests=$$?; \
	wait $$lint; linted=$$?; cat $(VENV)/lint.txt; \
	test $$tests = 0 -a $$linted = 0

test-quick: $(VENV)/.ready-to-test
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --ignore=tests/test_spark.py $(ELSEWHERE)

# Every lower bound of pyproject.toml, in an environment of its own. What old packages say of each
# other is no fault of ours.
test-lowest:
	@test -x $(VENV)-lowest/bin/python || $(PYTHON) -m venv $(VENV)-lowest
	@$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python \
	  --resolution lowest-direct --editable ".[$(EXTRAS),test]"
	@$(VENV)-lowest/bin/python -m pytest -m "not slow" -n auto --dist loadfile \
	  -W ignore::DeprecationWarning -W "ignore:unclosed <socket:ResourceWarning" \
	  --ignore=tests/test_docs.py

# The wheel, built from the source archive, in an empty environment, with the network cut where
# that may be done.
test-wheel:
	@rm -rf $(VENV)-wheel dist
	@$(PYTHON) -m venv $(VENV)-wheel
	@$(VENV)-wheel/bin/python -m pip install --quiet --disable-pip-version-check build
	@$(VENV)-wheel/bin/python -m build --outdir dist . > $(VENV)-wheel/build.txt || \
	  { cat $(VENV)-wheel/build.txt; false; }
	@$(PYTHON) -m venv --clear $(VENV)-wheel
	@$(VENV)-wheel/bin/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt dist/*.whl
	@cd $(VENV)-wheel && $(OFFLINE) bin/gii-geo run --demo --out out && test -s out/regions.gpkg

# Branches that the tests take, those of the kernels too, which are tried uncompiled: half an hour.
coverage: $(VENV)/.ready-to-test
	@$(PIP) coverage && $(BIN)/coverage erase
	@$(QUIETLY) $(BIN)/coverage run -m pytest --doctest-modules -n auto --dist loadfile
	@NUMBA_DISABLE_JIT=1 $(QUIETLY) $(BIN)/coverage run -m pytest -n auto --dist loadfile \
	  -W "ignore:overflow encountered:RuntimeWarning" $(KERNELS:%=tests/test_%.py)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report --skip-covered

lint: $(VENV)/.ready-to-test
	@$(LINT)

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.ready-to-test: pyproject.toml constraints.txt
	@echo "Setting up the tests (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@{ ! command -v npm > /dev/null || npm install --silent --no-save --prefix $(VENV)/npm $(GEOJSONHINT); } & \
	npm=$$!; { $(UV) $(ALL) 2> /dev/null || $(PIP) --no-compile $(ALL); } && wait $$npm
	@touch $(VENV)/.ready $@

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
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-wheel dist out docs/_build docs/api docs/notebooks

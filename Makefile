# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT ?= out
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
GEOJSONHINT = geojsonhint@2.0.0

.PHONY: run test lint demo clean

run: $(VENV)/.ready
	@$(BIN)/gii-geo run --demo --out $(OUT)

test: lint
	@$(BIN)/python -m pytest --doctest-modules -n auto

lint: $(VENV)/.ready-to-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@git ls-files -z 'gii_geo/*.py' | xargs -0 $(BIN)/numpydoc lint

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	@echo "Setting up the tests (once) ..."
	@$(PIP) --editable ".[delta,geocode,hdbscan,plot,population,sklearn,test]"
	@! command -v npm > /dev/null || npm install --silent --no-save --prefix $(VENV)/npm $(GEOJSONHINT)
	@touch $@

demo:
	@$(BIN)/python scripts/make_demo_world.py

clean:
	rm -rf $(VENV) out

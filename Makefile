# Every target makes what it needs on a machine with python3 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo serve test servers explore lint format bench load mutate fatigue score audit lock clean

demo: $(READY)  ## start the service, send it saved patients, show their cards
	$(BIN)/python -m cds_service demo $(if $(ONCE),--once)

serve: $(READY)  ## run the service on 127.0.0.1:8080
	$(BIN)/python -m cds_service serve $(ARGS)

test: $(READY)  ## the whole suite
	$(BIN)/python -m pytest -n auto -r s --cov --cov-report=term $(ARGS)
	$(BIN)/python -m tests.coverage_floor

servers: $(READY)  ## of the suite, what asks real FHIR servers (Java 17 and Maven, Node 20.19)
	$(BIN)/python -m pytest -n auto -r s -m servers tests/servers $(ARGS)

explore: $(READY)  ## the laws of all rules on thousands of new charts
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -n auto tests/clinical/test_rule_laws.py $(ARGS)

lint: $(READY)  ## ruff, mypy, import contracts, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy cds_service tests
	$(BIN)/lint-imports
	$(BIN)/python -m cds_service validate

format: $(READY)  ## let ruff write the code's layout
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## our service beside a bare echo, as ratios of one run
	$(BIN)/python -m tests.bench.run $(ARGS)

load: $(READY)  ## three times more than it can answer, for a minute; a soak by ARGS="--factor 0.5 --seconds 1800"
	$(BIN)/python -m tests.bench.load $(ARGS)

fatigue: $(READY)  ## cards per order over all patient stories
	$(BIN)/python -m tests.fatigue

score: $(READY)  ## how well report texts are read: precision and recall per finding
	$(BIN)/python -m tests.score $(ARGS)

mutate: $(VENV)/.mutation  ## change rules, units and answers in small ways: do tests notice? (ARGS=name)
	$(BIN)/python -m tests.mutation.run $(ARGS)

audit: $(READY)  ## is any package of the lock files known to be vulnerable? (asks an advisory service)
	$(BIN)/python -m tests.advisories $(ARGS)

lock:  ## write the lock files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml -o .ci/requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra otel pyproject.toml -o .ci/requirements-otel.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra otel --extra dev pyproject.toml -o .ci/requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --extra otel --extra dev --extra mutation pyproject.toml -o .ci/requirements-mutation.lock
	$(BIN)/python -m tests.sbom

$(READY): .ci/requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-dev.lock
	touch $(READY)

$(VENV)/.mutation: .ci/requirements-mutation.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-mutation.lock
	touch $@

clean:  ## remove what the targets made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

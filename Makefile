# Nothing else is needed first: `run`, `test` and the others set up .venv from the lock where it is missing or older than it.
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
export PYTHON310

.PHONY: run test slow bench lock clean

# The main job: the embedded data set through the whole line. Results in runs/toy_streets_panoptic.
run: $(STAMP)
	@$(BIN)/segline run toy_streets_panoptic

# All tests that take seconds; real data is read from SEGLINE_TEST_DATA (default ../shared/data).
test: $(STAMP)
	@$(BIN)/python -m pytest -q -n auto --dist worksteal tests

# The tests that take minutes.
slow: $(STAMP)
	@SEGLINE_SLOW=1 $(BIN)/python -m pytest -q -m slow tests

# Measurements; no test depends on them.
bench: $(STAMP)
	@for name in $(basename $(notdir $(wildcard tests/benchmarks/[a-z]*.py))); do \
	    echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

# Writes requirements.txt anew from setup.py: every transitive pin, with hashes.
lock: $(STAMP)
	$(BIN)/uv pip compile --quiet setup.py --extra test --extra kubeflow --extra dask --generate-hashes --python-version 3.10 --no-header \
	    --output-file requirements.txt

# Removes what was installed and built; runs/ stays.
clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache

$(STAMP): requirements.txt setup.py
	@sh .ci/install $(VENV) requirements.txt $(STAMP)

# Nothing else is needed first: `run`, `test` and the others set up .venv from the lock where it is missing or older than it.
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.installed
export PYTHON310 PYTHON311

.PHONY: run test slow peers bench lock clean

# The main job: the embedded data set through the whole line. Results in runs/toy_streets_panoptic.
run: $(STAMP)
	@$(BIN)/segline run toy_streets_panoptic

# All tests that take seconds; real data is read from SEGLINE_TEST_DATA (default ../shared/data).
test: $(STAMP)
	@$(BIN)/python -m pytest -q -n auto --dist worksteal tests

# The tests that take minutes, and the comparison with other libraries.
slow: $(STAMP)
	@SEGLINE_SLOW=1 $(BIN)/python -m pytest -q -n auto --dist worksteal -m slow tests
	@$(MAKE) --no-print-directory peers

# Networks and layers against those of other libraries, which have an environment of their own (Python 3.11).
peers: $(PEERS_STAMP)
	@[ ! -e $(PEERS_STAMP) ] || $(PEERS)/bin/python -m pytest -q tests/peers

# Measurements; no test depends on them.
bench: $(STAMP)
	@for name in conversion input_pipeline panoptic_quality large_image model_speed; do \
	    echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

# Tables of models, ingredients and losses, in tests/benchmarks/results: hours. A row that is there is not made again.
bench-camvid: $(STAMP)
	@$(BIN)/python -m tests.benchmarks.camvid
bench-isbi: $(STAMP)
	@$(BIN)/python -m tests.benchmarks.isbi_em
bench-crackforest: $(STAMP)
	@$(BIN)/python -m tests.benchmarks.crackforest

# Writes requirements.txt anew from setup.py: every transitive pin, with hashes.
lock: $(STAMP)
	$(BIN)/uv pip compile --quiet setup.py --extra test --extra kubeflow --extra dask --extra tune --generate-hashes --python-version 3.10 --no-header \
	    --output-file requirements.txt

# Removes what was installed and built; runs/ stays.
clean:
	rm -rf $(VENV) $(PEERS) build *.egg-info .pytest_cache

$(STAMP): requirements.txt setup.py
	@sh .ci/install $(VENV) requirements.txt $(STAMP)

$(PEERS_STAMP): tests/peers/requirements.txt | $(STAMP)
	@sh .ci/peers $(PEERS) tests/peers/requirements.txt $(PEERS_STAMP)

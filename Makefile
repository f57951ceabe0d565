# make reproduce: every notebook, figure and claim.   make test: the test suite.   Both set up .venv by themselves.

PYTHON ?= python3
BIN := .venv/bin

# One thread per process: results and timings do not depend on what else the machine does, and workers do not fight.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export NUMBA_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export MPLBACKEND := Agg

.PHONY: help setup reproduce test check format verify-full bench lock clean

help:
	@echo "make setup        create .venv with the pinned versions"
	@echo "make reproduce    execute every notebook, rewrite every figure, verify every claim"
	@echo "make test         unit, property, doctest and notebook tests"
	@echo "make check        format, lint, types, import layering"
	@echo "make verify-full  slower evidence: thorough budgets and slow tests"
	@echo "make bench        speed, next to other packages in .venv-bench"
	@echo "make format       rewrite the sources in the house format"
	@echo "make lock         compile requirements.lock anew (needs uv)"
	@echo "make clean        remove environments and caches"

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once; about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

reproduce: setup
	@$(BIN)/proofs-check reproduce --jobs 2

test: setup
	@$(BIN)/python -m tabular.warm
	@PROOFS_CHECK_FIGURES=committed $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg tests tabular proofs_check notebooks

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

verify-full: setup
	@$(BIN)/python -m tabular.warm
	$(BIN)/python -m pytest -n 2 -m slow tests
	$(BIN)/proofs-check verify --budget thorough --jobs 2

bench: setup
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -e '.[proofs]'
	@for peer in quantecon pymdptoolbox mdpsolver; do \
		.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check $$peer || echo "$$peer did not install: left out"; done
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; .venv-bench/bin/python $$script || exit 1; done

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" -o requirements.lock

clean:
	rm -rf .venv .venv-bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

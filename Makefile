# Meydan from source. `make up` needs Python 3.11 or newer and nothing else; `make help` lists the rest.

SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PANEL := meydan/panel/index.html
UV := $(BIN)/uv pip
INSTALL := $(UV) install -q --require-hashes -r
LOCK := $(UV) compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
export UV_PYTHON := $(CURDIR)/$(BIN)/python
export UV_NO_PROGRESS := 1
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

WEB_SOURCES := $(shell find web -type d \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f ! -name '*.tsbuildinfo' -print 2>/dev/null)
WEB_MANIFESTS := $(filter %/package.json %/package-lock.json,$(WEB_SOURCES))

# A Node.js of 20.19 or newer from PATH, else the one in the virtual environment.
NODE_FITS := command -v npm >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
WITH_NODE := if ! { $(NODE_FITS); }; then export PATH="$(CURDIR)/$(BIN):$$PATH"; fi; cd web &&

.PHONY: up
up: $(STAMPS)/runtime $(PANEL) ## Install, build and start the square (again: only start)
	@exec $(BIN)/meydan up

.PHONY: web
web: $(PANEL) ## Build the panel

.PHONY: test
test: $(STAMPS)/dev $(PANEL) ## Run every test; ARGS="tests/chat -x" chooses
	@$(WITH_NODE) npm test --silent
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

.PHONY: soak
soak: $(STAMPS)/dev $(PANEL) ## Run what takes long: kills by the hundred, frames by the million; ARGS="-k frames" chooses, MEYDAN_SEED=7 repeats
	@MEYDAN_SOAK=whole $(BIN)/python -m pytest -m soak -n 0 -v -s $(ARGS)

.PHONY: check
check: $(STAMPS)/dev $(STAMPS)/bench $(STAMPS)/npm ## Check formatting, rules, types, imports, the client and the lock files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(WITH_NODE) npm run typecheck --silent && npm run lint --silent
	@$(MAKE) check-client check-hosts

.PHONY: check-client
check-client: $(STAMPS)/dev $(STAMPS)/npm
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	mkdir "$$fresh/client" && ( cd web/client && tar --exclude=node_modules -cf - . ) | tar -xf - -C "$$fresh/client" && \
	ln -s "$(CURDIR)/web/node_modules" "$$fresh/node_modules" && \
	$(BIN)/meydan openapi >"$$fresh/client/openapi.json" && \
	( $(WITH_NODE) cd "$$fresh/client" && npm run generate --silent >/dev/null ) && \
	{ diff -rq --exclude=node_modules web/client "$$fresh/client" || \
	{ echo "The generated client is stale. Run: make client" >&2; exit 1; }; }

# Lock files and tracked text name no package registry: everybody's own client knows where to ask.
.PHONY: check-hosts
check-hosts:
	@! grep -nE '"resolved": *"https?:' web/package-lock.json
	@! grep -nE '(https?://|index-url|find-links)' requirements/*.txt
	@! git grep -nIE 'https?://([a-z0-9-]+\.)*(registry|npm|pypi|index)[a-z0-9-]*\.[a-z]' -- . ':!LICENSE'

.PHONY: client
client: $(STAMPS)/dev $(STAMPS)/npm ## Generate the OpenAPI description and the TypeScript client from the code
	@$(BIN)/meydan openapi >web/client/openapi.json
	@$(WITH_NODE) npm run client --silent

.PHONY: format
format: $(STAMPS)/dev $(STAMPS)/npm ## Format Python and TypeScript
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	@$(WITH_NODE) npm run format --silent

.PHONY: docs
docs: $(STAMPS)/dev ## Write the tables of docs/ from the code
	@$(BIN)/python -m tests.docs.reference

.PHONY: bench
bench: $(STAMPS)/bench ## Measure against peers; ARGS="fanout" chooses
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: lock
lock: $(STAMPS)/venv ## Choose versions anew and write requirements/*.txt, with the hashes of every platform's files
	@$(LOCK) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(LOCK) pyproject.toml --group dev --group bench -c requirements/dev.txt -o requirements/bench.txt
	@for name in bootstrap node; do \
		sed -n 's/^\([a-z-]*==[^ ;]*\).*/\1/p' requirements/$$name.txt >requirements/$$name.in && \
		$(LOCK) --no-annotate requirements/$$name.in -o requirements/$$name.txt; status=$$?; rm -f requirements/$$name.in; \
		test $$status = 0 || exit 1; done

.PHONY: clean
clean: ## Remove what was installed and built; data stays
	rm -rf $(VENV) meydan/panel web/node_modules web/*/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

$(STAMPS)/venv: requirements/bootstrap.txt
	@python=$$(for name in python3.11 python3 python3.12 python3.13 python3.14; do \
		"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done); \
	test -n "$$python" || { echo "Meydan needs Python 3.11 or newer: install python3.11 with its venv module." >&2; exit 1; }; \
	"$$python" -m venv $(VENV) || { echo "$$python cannot make a virtual environment: install its venv module (python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install -q --require-hashes -r requirements/bootstrap.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt pyproject.toml $(STAMPS)/venv
	@echo "Installing what Meydan needs …"
	@$(INSTALL) requirements/runtime.txt
	@$(UV) install -q --no-deps -e .
	@$(BIN)/python -m compileall -q meydan
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	@$(INSTALL) requirements/dev.txt
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/runtime
	@$(INSTALL) requirements/bench.txt
	@touch $@

$(STAMPS)/npm: requirements/node.txt $(WEB_MANIFESTS) $(STAMPS)/venv
	@{ $(NODE_FITS); } || $(INSTALL) requirements/node.txt
	@echo "Installing what the panel's build needs …"
	@$(WITH_NODE) npm ci --loglevel=error --no-audit --no-fund
	@touch $@

$(PANEL): $(STAMPS)/npm $(WEB_SOURCES)
	@echo "Building the panel …"
	@$(WITH_NODE) npm run build --silent
	@touch $@

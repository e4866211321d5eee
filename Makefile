# The front door. Every verb sets up what it needs; `make` lists them.

VENV   ?= .venv
DOCKER ?= docker
# The first Python that is new enough; name another with PYTHON=...
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN      := $(VENV)/bin
ENV      := $(VENV)/.synced
TOOLS    := $(VENV)/.cluster-tools
ARTEFACT := services/model/artefact/card.json
SERVICES := $(notdir $(wildcard services/*))

# The release that `make deploy` installs; ARGS goes to helm: ARGS='--set frontend.service.type=NodePort'
NAMESPACE ?= punchline

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS    := never
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help run test lint fmt train openapi dev image deploy promote argocd-check e2e e2e-delivery demo-delivery clean

help: ## List the verbs
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo '  S is one of: $(SERVICES)'

run: $(ENV) $(ARTEFACT) ## Start all services on 127.0.0.1 and say what to try; Ctrl-C ends them
	@$(BIN)/python dev/run.py

test: $(ENV) $(ARTEFACT) $(TOOLS) ## Run every test that needs no cluster and no browser, or one service's: S=joker
ifdef S
	@$(BIN)/pytest $(call service_dir,$(S))
else
	@$(BIN)/pytest -n auto --dist worksteal
endif

lint: $(ENV) ## Check formatting, rules, types and files, as pre-commit does
	@$(BIN)/pre-commit run --all-files

fmt: $(ENV) ## Format and mend what can be mended
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

train: $(ENV) ## Train the model anew and show how good it is
	@$(BIN)/python -m model.train

openapi: $(ENV) $(ARTEFACT) ## Rewrite services/NAME/openapi.json from the code
	@$(BIN)/python dev/openapi.py

dev: $(ENV) $(ARTEFACT) ## Run one service, S=joker, and restart it on every change
	@cd $(call service_dir,$(S)) && LOG_FORMAT=$${LOG_FORMAT:-text} ../../$(BIN)/watchfiles '../../$(BIN)/python -m $(S)' src ../../libs

image: ## Build the image of one service: S=joker
	@DOCKER_BUILDKIT=1 $(DOCKER) build -f $(call service_dir,$(S))/Dockerfile -t $(S):dev \
	  --build-arg REVISION=$$(git rev-parse HEAD) --build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
	  --build-arg VERSION=$$(sed -n 's/^version = "\(.*\)"/\1/p' services/$(S)/pyproject.toml) \
	  --build-arg SOURCE=$$(git config --get remote.origin.url) .

deploy: $(TOOLS) ## Install or upgrade the release `punchline` on the cluster that kubectl points at
	@PATH=$(abspath $(BIN)):$$PATH helm upgrade --install punchline charts/umbrella $(addprefix -f ,$(wildcard charts/umbrella/images/*.yaml)) \
	  --namespace $(NAMESPACE) --create-namespace --wait --timeout 5m $(ARGS)

promote: $(ENV) ## Move an environment to a commit: TO=production REV=HEAD; then commit and push
	@$(BIN)/python dev/promote.py $(or $(TO),production) $(or $(REV),HEAD)

argocd-check: $(TOOLS) ## What Argo CD will make of argocd/, checked without a cluster; a part of `make test`
	@$(BIN)/pytest argocd

e2e: $(TOOLS) ## Prove on a cluster what the chart promises: CLUSTER=kind, or current for where kubectl points
	@VENV=$(VENV) DOCKER=$(DOCKER) e2e/run $(ARGS)

e2e-delivery: $(TOOLS) ## Prove with the real Argo CD what argocd/ promises: CLUSTER=shared
	@SUITE=delivery VENV=$(VENV) DOCKER=$(DOCKER) e2e/run $(ARGS)

demo-delivery: ## Tell on a terminal the way of one commit to the pods, and back: CLUSTER=shared
	@$(MAKE) --no-print-directory e2e-delivery ARGS='-s -q -k whole_way --no-header $(ARGS)'

clean: ## Remove what the other verbs made
	rm -rf .venv* .mypy_cache .pytest_cache .ruff_cache .hypothesis services/model/artefact
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

service_dir = $(if $(wildcard services/$1/pyproject.toml),services/$1,$(error S=$1 is not a service: one of $(SERVICES)))

# The version of uv stands in pyproject.toml, so that the lock keeps it where it is.
$(ENV): uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed: install one, or name it with PYTHON=...' >&2; exit 2; }
	@test -x $(BIN)/uv || { \
	  $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'Python lacks its venv module (Debian: apt install python3-venv)' >&2; exit 2; }; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check "$$(sed -n 's/.*"\(uv==[^"]*\)".*/\1/p' pyproject.toml)"; }
	@$(BIN)/uv sync -q --frozen --all-packages --all-groups
	@touch $@

$(TOOLS): $(ENV) dev/cluster_tools.py
	@$(BIN)/python dev/cluster_tools.py
	@touch $@

$(ARTEFACT): $(ENV) $(addprefix services/model/src/model/,artefact.py classifier.py corpus.py evaluate.py features.py train.py)
	@$(BIN)/python -m model.train
	@touch $@

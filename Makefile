# The front door. Every verb sets up what it needs; `make` lists them.

VENV   ?= .venv
DOCKER ?= docker
# The first Python that is new enough; name another with PYTHON=...
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

ALONE    := $(VENV)-alone
BIN      := $(VENV)/bin
ENV      := $(VENV)/.synced
TOOLS    := $(VENV)/.cluster-tools
BROWSER  := $(VENV)/.browser
SERVICES := $(notdir $(patsubst %/,%,$(dir $(wildcard services/*/pyproject.toml))))
# Those that train a model.
MODELS   := $(foreach each,$(SERVICES),$(if $(wildcard services/$(each)/src/*/train.py),$(each)))
ARTEFACT := $(patsubst %,services/%/artefact/card.json,$(MODELS))
# Those of the services named; all, if what is named is no service, or nothing is.
artefacts = $(if $(filter-out $(SERVICES),$(or $1,all)),$(ARTEFACT),$(patsubst %,services/%/artefact/card.json,$(filter $1,$(MODELS))))

# The release that `make deploy` installs; ARGS goes to helm: ARGS='--set frontend.service.type=NodePort'
NAMESPACE ?= punchline

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS    := never
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\# .*/\1/p' Makefile)

help: ## List the verbs
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'
	@echo '  S is one of: $(SERVICES)'

run: $(ENV) $(ARTEFACT) ## Start all services on 127.0.0.1 and say what to try; Ctrl-C ends them
	@$(BIN)/python -m dev.run

test: $(ENV) $(call artefacts,$(S)) $(if $(filter-out $(SERVICES),$(or $(S),all)),$(TOOLS)) ## Run every test that needs no cluster and no browser, or one service's: S=joker
ifdef S
	@$(BIN)/pytest $(foreach each,$(S),$(call test_dir,$(each)))
else
	@$(BIN)/pytest -n auto --dist worksteal
endif

test-alone: $(ENV) $(call artefacts,$(S)) ## One service's tests, S=joker, or each one's, with nothing but its own dependencies installed
	@for each in $(if $(S),$(notdir $(call service_dir,$(S))),$(SERVICES)); do \
	  echo "$$each alone" && UV_PROJECT_ENVIRONMENT=$(ALONE) $(BIN)/uv sync -q --frozen --package $$each --all-groups --python $(BIN)/python \
	    && (cd services/$$each && $(abspath $(ALONE))/bin/pytest -q .) || exit 1; done

scaffold-test: $(TOOLS) ## Add services in a copy of this repository, as docs/add-a-service.md has it; needs Docker
	@$(DOCKER) version >/dev/null || { echo 'A Docker engine is needed: DOCKER=$(DOCKER) does not answer' >&2; exit 2; }
	@DOCKER=$(DOCKER) $(BIN)/pytest templates $(ARGS)

lint: $(ENV) ## Check formatting, rules, types and files, as pre-commit does, or one service's: S=joker
ifdef S
	@$(BIN)/pre-commit run --files $$(git ls-files $(call service_dir,$(S)))
else
	@$(BIN)/pre-commit run --all-files
endif

fmt: $(ENV) ## Format and mend what can be mended
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

train: $(ENV) ## Train the models anew, or one, S=model, and show how good they are
	@for each in $(or $(S),$(MODELS)); do $(BIN)/python -m $$(echo $$each | tr - _).train || exit; done

openapi: $(ENV) $(call artefacts,$(S)) ## Rewrite openapi.json of all services, or of one, S=joker, from the code
	@$(BIN)/python -m dev.openapi $(S)

contracts: $(ENV) ## Rewrite what services use of each other, or what one does, S=frontend, from contracts/uses.toml
	@$(BIN)/python -m contracts $(if $(S),$(call service_dir,$(S)))

docs: $(ENV) ## Rewrite what documents have from the code: tables of settings, the picture of calls
	@$(BIN)/python -m dev.documents

new-service: $(ENV) ## Add a service: NAME=ranker, KIND=plain or model
	@$(BIN)/python -m dev.scaffold add '$(NAME)' $(KIND)

remove-service: $(ENV) ## Take a service away: NAME=ranker
	@$(BIN)/python -m dev.scaffold remove '$(NAME)'

dev: $(ENV) $(call artefacts,$(S)) ## Run one service, S=frontend, restarted on every change, and those it calls: OTHERS=images
	@OTHERS=$(OTHERS) DOCKER=$(DOCKER) exec $(BIN)/python -m dev.develop $(notdir $(call service_dir,$(S)))

browser-test: $(BROWSER) $(ARTEFACT) ## Play the game in a real browser, and hold every page against axe
	@$(BIN)/pytest browser $(ARGS)

page-pictures: $(BROWSER) $(ARTEFACT) ## Take the page's pictures in docs/pictures anew; ARGS='--all DIR': every state, size and scheme
	@$(BIN)/python -m browser.pictures $(ARGS)

page-audit: $(BROWSER) $(ARTEFACT) ## Measure the page with Lighthouse, which needs node, and write docs/page-audit.md
	@$(BIN)/python -m browser.audit

image: ## Build the image of one service, S=joker, as joker:dev and by the tag that its inputs have
	@test -d '$(call service_dir,$(S))'
	@tag=$$($(PYTHON) ci/plan --tag $(S) --work-tree) && DOCKER=$(DOCKER) REVISION=$$(git rev-parse HEAD) \
	  SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) SOURCE=$$(git config --get remote.origin.url | sed 's,//[^/@]*@,//,') ci/build $(S) $$tag

sbom: $(ENV) ## Print what the image of one service, S=joker, installs, as CycloneDX
	@$(BIN)/uv export -q --frozen --no-dev --no-default-groups --package $(notdir $(call service_dir,$(S))) --format cyclonedx1.5

summary: $(ENV) $(TOOLS) ## What is due since BASE=origin/main, and what changes in the cluster, as Markdown
	@PATH=$(abspath $(BIN)):$$PATH $(BIN)/python ci/summary $(or $(BASE),origin/main)

up: ## Start the services, Prometheus, Alertmanager, Grafana and a mail catcher with compose, and print their URLs
	@$(DOCKER) compose version >/dev/null || { echo 'Docker 25 or newer with its compose plugin is needed: https://docs.docker.com/compose/install' >&2; exit 2; }
	@for service in $(SERVICES); do $(MAKE) --no-print-directory image S=$$service || exit; done
	@SMTP_PASSWORD="$${SMTP_PASSWORD-}" $(DOCKER) compose up --detach --wait
	@$(DOCKER) compose ps --format '{{.Service}} {{range .Publishers}}{{if .PublishedPort}}http://{{.URL}}:{{.PublishedPort}}{{end}}{{end}}' \
	  | awk '{printf "  %-13s %s\n", $$1, $$2}'
	@echo '`make load` fills the dashboards, `make down` ends it.'

down: ## End what `make up` started; what Prometheus gathered is kept
	@$(DOCKER) compose down

load: $(ENV) ## Send a minute of mixed traffic to the services: ARGS='--seconds 600 --rate 50'
	@$(BIN)/python -m monitoring.load $(ARGS)

rules-test: ## Judge rules, configurations and mail routes with promtool and amtool
	@monitoring/check

monitoring-test: $(ENV) $(ARTEFACT) ## Put every query to a real Prometheus, and let an alert become a mail
	@$(BIN)/pytest monitoring/live $(ARGS)

pictures: page-pictures $(ENV) $(ARTEFACT) ## Draw docs/pictures/dashboards anew, from a real Prometheus' answers
	@$(BIN)/uv sync -q --frozen --all-packages --all-groups
	@$(BIN)/python -m monitoring.pictures

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

bench: $(ENV) $(ARTEFACT) ## Measure the model server beside its peers: PEERS='kserve ray' SECONDS=4 PARTS=rounds
	@$(BIN)/python bench/run.py

pipeline-test: $(ENV) ## Run .gitlab-ci.yml through changes, failures and races; needs Docker, Node.js, rsync and a registry
	@VENV=$(VENV) DOCKER=$(DOCKER) ci/scenarios/run $(ARGS)

bench-plan: $(ENV) ## Time the plan at 3 and at 300 services
	@PYTHONPATH=ci:. $(BIN)/python bench/plan.py

licences: $(ENV) ## Check the licences of what the images install
	@$(BIN)/python dev/licences.py

audit: $(ENV) ## Ask for known vulnerabilities of what uv.lock has
	@$(BIN)/python dev/audit.py

upgrade: $(ENV) ## Raise the versions in uv.lock and say what changed
	@$(BIN)/python dev/upgrade.py

doctor: ## Say what this machine lacks, and for which verb
	@$(or $(PYTHON),python3) dev/doctor.py

clean: ## Remove what the other verbs made
	rm -rf .venv* .mypy_cache .pytest_cache .ruff_cache .hypothesis services/*/artefact
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A service by its name, or any other folder that has tests.
test_dir = $(if $(wildcard services/$1/pyproject.toml),services/$1,$(if $(wildcard $1),$1,$(call service_dir,$1)))
service_dir = $(if $(wildcard services/$1/pyproject.toml),services/$1,$(error S=$1 is not a service: one of $(SERVICES)))

# The version of uv stands in pyproject.toml, so that the lock keeps it where it is.
$(ENV): uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed: install one, or name it with PYTHON=...' >&2; exit 2; }
	@test -x $(BIN)/uv || { \
	  $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'Python lacks its venv module (Debian: apt install python3-venv)' >&2; exit 2; }; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check "$$(sed -n 's/.*"\(uv==[^"]*\)".*/\1/p' pyproject.toml)"; }
	@$(BIN)/uv sync -q --frozen --all-packages --all-groups --no-group pictures --no-group browser
	@touch $@

$(BROWSER): $(ENV)
	@$(BIN)/uv sync -q --frozen --all-packages --all-groups --no-group pictures
	@touch $@

$(TOOLS): $(ENV) dev/cluster_tools.py
	@$(BIN)/python dev/cluster_tools.py
	@touch $@

# Trained anew when the service changes, and not when another one enters the lock.
define trained
services/$1/artefact/card.json: $(wildcard services/$1/src/*/*.py) services/$1/pyproject.toml | $(ENV)
	@$(BIN)/python -m $(subst -,_,$1).train
	@touch $$@
endef
$(foreach each,$(MODELS),$(eval $(call trained,$(each))))

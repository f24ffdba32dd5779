# The two commands first: `make demo` and `make test`. Both set up all they need.
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help bench demo test test-all test-unit lint sanity matrix matrix-table docs molecule mutation lab-up lab-down lab-status docs-commands zstack-measure setup setup-test build clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## a ZBS site on this machine is prepared, deployed, broken and healed (root; three minutes)
	@exec .venv/bin/python -m lab.demo

test: setup-test ## lint, unit tests, sanity, molecule on the lab (root)
	@exec .venv/bin/python -m tools.check lint,sanity,unit+molecule

test-all: setup-test ## the same, the slow scenarios, every ansible-core, AWX, a heal by alerts, the documents' commands, what Galaxy gets (root)
	@exec .venv/bin/python -m tools.check lint,sanity,unit+molecule slow,runner+awx,publish events matrix docs

test-unit: setup-test ## the unit tests alone: no root, no Docker
	@exec .venv/bin/python -m tools.check unit

lint: setup-test ## the linters alone
	@exec .venv/bin/python -m tools.check lint

sanity: setup-test ## ansible-test sanity alone
	@exec .venv/bin/python -m tools.check sanity

matrix: setup-test ## ansible-core 2.16 to 2.21: sanity, unit tests, and a story on the lab (root); ZBS_MATRIX_CORES=2.19 for one
	@exec .venv/bin/python -m tools.check matrix

matrix-table: setup-test ## the table of README.md and README.zh-CN.md, made of what `make matrix` found last
	@exec .venv/bin/python -m tools.check.table write

docs: setup ## the guides and a page for each module and role, as a site in .cache/docs/html
	@exec .venv/bin/python -m tools.docs

molecule: setup-test ## the molecule scenarios alone (root)
	@exec .venv/bin/python -m tools.check molecule

bench: setup ## what a tick costs, beside a ping and beside a heal as it is usually written; an hour, and root for the lab
	@exec .venv/bin/python -m bench

mutation: ## change the decisions one by one and see that their tests notice; no part of `make test`
	@exec $(PYTHON) -m tools.mutation

docs-commands: setup-test ## every command of the documents, on a lab (root)
	@exec .venv/bin/python -m tools.check docs

lab-up: setup ## an admin node and three bare compute hosts as containers (root)
	@exec $(PYTHON) -m lab up

lab-down: ## take the lab away and leave nothing behind
	@exec $(PYTHON) -m lab down

lab-status: ## what of the lab is there
	@exec $(PYTHON) -m lab status

zstack-measure: setup ## what the inventory of 3 and of 5,000 hosts takes: seconds, memory, calls
	@exec .venv/bin/python -m lab zstack --measure

setup:
	@$(PYTHON) tools/venv.py run

setup-test:
	@$(PYTHON) tools/venv.py test

build: setup ## the collection's artifact, as ansible-galaxy installs it
	@.venv/bin/ansible-galaxy collection build --force --output-path .cache/build
	@cp "$$(ls -t .cache/build/zstack-zbs-*.tar.gz | head -n 1)" .cache/build/zstack-zbs.tar.gz

clean: ## remove the virtual environment and the caches of this checkout
	@rm -rf .venv .cache .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output

# Underdesk: 'make pilot' deploys the example company on this machine, 'make test' proves the checkout.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PLAN := .venv/bin/plan
PYTHON ?= python3
ROOT := $(if $(filter 0,$(shell id -u)),,sudo --preserve-env=PATH)

# What takes minutes each: 'make test' leaves it out, 'make prove' runs it. It kills restores and deploys at ten moments, 'make test' at one.
UPGRADE := tests/platform/test_upgrade.py
KILLED := $(UPGRADE)::test_an_upgrade_killed_at_any_step_is_completed_by_the_same_command_and_no_acknowledged_post_is_lost
LONG := tests/platform/rolling/test_never_blinks.py tests/platform/test_seed.py \
  tests/platform/test_moved_hosts.py::test_a_platform_gets_other_host_names_with_everything_in_it_and_those_of_before_lead_on \
  $(UPGRADE)::test_a_new_image_that_never_becomes_healthy_is_taken_back_and_no_post_is_lost \
  $(UPGRADE)::test_an_upgrade_that_changes_tables_and_fails_its_test_is_taken_back_with_the_tables_and_no_acknowledged_post_is_lost \
  $(KILLED) \
  tests/platform/test_bad_ground.py::test_a_disk_that_is_full_at_any_stage_is_said_and_the_same_command_completes \
  tests/durability/test_power_cut.py::test_without_our_part_in_uploads_answered_pictures_are_lost_by_the_same_cut \
  tests/platform/keep/test_bucket.py tests/platform/keep/test_schedule.py \
  tests/platform/keep/test_backup.py::test_a_drill_fails_where_a_row_is_missing_or_a_page_is_another \
  tests/platform/test_steady.py::test_several_processes_drive_it_together_with_the_sessions_of_one \
  tests/platform/test_steady.py::test_people_at_once_are_driven_and_judged_and_gone \
  tests/lab

# On two cores: many unit tests wait for load that flows at its own pace, and model tests compute.
WORKERS := 4

# Three real hosts, the short way; the other tests of tests/lab are its long forms.
CLUSTER := tests/lab/test_cluster_short.py

.PHONY: help setup packages pilot test pure ready lint unit model platform cluster lab prove reference lock clean

help:
	@echo "make pilot   size, deploy and smoke-test the example company on this machine"
	@echo "make test    run the test suite, a cluster of three lab hosts included (under an hour on two cores)"
	@echo "make setup   only prepare the environment: .venv, with the command at $(PLAN)"
	@echo "make lint | unit | model | platform | cluster   parts of make test; make lab: all that needs hosts that systemd boots, after 'make pilot'"
	@echo "make prove   long tests, faults, and the figures in benchmarks/ again (hours)"

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml tools/prepare
	@tools/prepare "$(PYTHON)"

pilot: setup
	@$(PLAN) check examples/pilot.yaml
	@$(PLAN) size examples/pilot.yaml --output plan.json
	@$(ROOT) $(PLAN) deploy plan.json --yes
	@$(ROOT) $(PLAN) test smoke --name pilot
	@$(ROOT) $(PLAN) status --name pilot

# While the checks keep the processors busy, what the others begin with comes from the network and the disk.
test: setup
	@$(MAKE) --no-print-directory ready & made=$$!; trap "kill $$made" INT TERM; \
	$(MAKE) --no-print-directory lint pure; checked=$$?; wait $$made && exit $$checked
	@$(MAKE) --no-print-directory platform cluster

ready: setup packages
	@$(ROOT) .venv/bin/python -m tests.ready

packages:
	@tools/test-packages

lint: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	cd playbooks && ANSIBLE_HOME=../.ansible PATH="$(CURDIR)/.venv/bin:$$PATH" ansible-lint --offline --strict -q
	@tools/test-packages
	shellcheck $$(grep -rlE '^#!/(usr/)?bin/(env )?(ba)?sh' .ci tools infra tests)

unit: setup
	.venv/bin/pytest tests/unit -q -n 2 --dist worksteal

pure: setup
	.venv/bin/pytest tests/unit tests/model -q -n $(WORKERS) --dist worksteal --durations=15

model: setup
	.venv/bin/pytest tests/model -q -n 2 --dist worksteal

platform: setup packages
	$(ROOT) .venv/bin/pytest tests/platform tests/durability -v --tb=native --durations=60 $(addprefix --deselect ,$(LONG))

cluster: ready
	$(ROOT) .venv/bin/pytest $(CLUSTER) -v -s --tb=native --durations=0

lab: setup
	$(ROOT) .venv/bin/pytest tests/lab -v -s --tb=native --deselect $(CLUSTER)

prove: setup
	.venv/bin/pytest tests/unit tests/model -q -n 2 --dist worksteal -m hypothesis --hypothesis-profile=other
	.venv/bin/python -m benchmarks.figures
	.venv/bin/python -m benchmarks.queueing
	.venv/bin/python -m benchmarks.pool
	.venv/bin/python -m benchmarks.sizing
	.venv/bin/python -m benchmarks.coverage
	.venv/bin/python -m benchmarks.published
	.venv/bin/python -m benchmarks.observe
	.venv/bin/python -m benchmarks.comparison
	$(ROOT) env UNDERDESK_MOMENTS=10 .venv/bin/pytest $(LONG) tests/platform/keep/test_interrupted.py -v --tb=native --deselect $(CLUSTER)
	.venv/bin/python -m benchmarks.percentiles
	$(ROOT) .venv/bin/python -m benchmarks.selfwatch
	$(ROOT) .venv/bin/python -m benchmarks.generator
	$(ROOT) .venv/bin/python -m benchmarks.keep
	$(ROOT) .venv/bin/python -m benchmarks.alone
	$(ROOT) .venv/bin/python -m benchmarks.rolling
	$(ROOT) .venv/bin/python -m benchmarks.durability
	$(ROOT) .venv/bin/python -m benchmarks.stock
	$(ROOT) .venv/bin/python -m benchmarks.held_out
	$(ROOT) .venv/bin/python -m benchmarks.cluster --hosts 3 --faults 98 --all 3
	$(ROOT) .venv/bin/python -m benchmarks.cluster --hosts 7 --faults 7
	$(ROOT) .venv/bin/python -m benchmarks.cluster_rolling

reference: setup
	.venv/bin/python -c 'from sizing.writing import reference; print(reference(), end="")' > docs/reference/brief.md
	.venv/bin/python -c 'from infra.inventory.reading import reference; print(reference(), end="")' > docs/reference/inventory.md

lock:
	uv pip compile pyproject.toml --extra test --generate-hashes --universal --python-version 3.11 --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade -q -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible

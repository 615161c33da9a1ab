# The commands of a working day. Each installs what it needs and can be run on its own; docs/getting-started.md explains.

VENV ?= $(HOME)/.cache/deltaic/venv
export DELTAIC_VENV := $(VENV)
export PATH := $(VENV)/bin:$(PATH)

.PHONY: help demo build wheel gem node go test bench bench-cloud torture check fix fuzz tsan clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

demo: build wheel ## build everything, and run the main job on a year of real flights
	@dev/setup test
	@dev/demo

build: ## the command line (build/release/bin/deltaic) and the library
	@dev/setup build test
	@dev/build release deltaic_shared deltaic_cli deltaic_ingest_program deltaic_conformance

wheel: ## the Python package, dist/deltaic-*.whl
	@dev/setup build
	@dev/build_wheel

gem: ## the Ruby gem, dist/deltaic-*.gem
	@dev/setup build ruby
	@dev/build_gem

node: ## the Node packages, dist/node/*.tgz
	@dev/setup build node
	@dev/build_node
	@$(VENV)/bin/python3 dev/pack_node.py

go: ## the Go modules, dist/go, a folder that serves as a module proxy
	@dev/setup build go
	@dev/build release deltaic_shared
	@$(VENV)/bin/python3 dev/pack_go.py

test: build wheel gem ## all suites; the last line is the sum
	@dev/setup test spark || dev/setup test # without Spark its tests are skipped, and say so
	@dev/build dev
	@python3 dev/run_tests.py

bench: wheel ## against deltalake and Arrow, on the same data in the same run
	@dev/setup build test
	@python3 benchmarks/run.py $(ARGS)

bench-cloud: wheel ## against deltalake on an S3 server far away (DELTAIC_TESTSERVERS)
	@dev/setup build test
	@python3 benchmarks/cloud/run.py $(ARGS)

torture: wheel ## random operations, many writers, killed writers: TIMES (20) as much as CI does
	@dev/setup test
	@DELTAIC_TORTURE=$(or $(TIMES),20) python3 dev/run_tests.py torture

check: ## formatting, lint and layers
	@dev/setup lint ruby
	@dev/check
	@dev/tidy
	@rubocop --format quiet
	@dev/lint_bindings

fix: ## repair what a formatter can repair
	@dev/setup lint
	@dev/check --fix
	@dev/lint_bindings --fix

tsan: ## the concurrent tests with ThreadSanitizer
	@dev/setup build test
	@dev/tsan

fuzz: ## every fuzzer for FUZZ_SECONDS (60) with clang's libFuzzer
	@dev/setup build test fuzz
	@dev/fuzz

clean:
	rm -rf build dist

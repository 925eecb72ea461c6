# make quickstart   train a family of Transformers and fit its scaling laws, from nothing, in minutes
# make test         the default tests            make test-all   every test, slow ones too
# make test-isa     a part of them as on a processor without AVX, with one thread and with two
# make lint         style                        make docs       the documentation site, in build/site
# make clean        remove the environment and caches
#
# Each target first makes the environment it runs in. To change it, set on the command line:
#   PYTHON       which Python (3.11 or newer; the first that is found)
#   TORCH        which PyTorch
#   TORCH_INDEX  a further package index to look for it: PyTorch's own index of CPU builds saves gigabytes on Linux
#                without a GPU (its address is in the "Get started" selector on pytorch.org); empty by default
#   VENV         in which folder
#   PYTEST       options of pytest: one process a core, each file of tests in one of them

PYTHON ?=
TORCH ?= torch==2.13.0
TORCH_INDEX ?=
VENV ?= .venv
PYTEST ?= -n auto --dist loadfile
# What sums and ends in a printed number, and what asks the machine for a kernel.
THREADED = $(addprefix tests/test_,precision.py cli_checkpoints.py fit_nist.py models.py \
	measurements.py::test_the_page_of_our_own_runs_is_the_one_that_its_command_writes)
ISA_TESTS = $(THREADED) $(addprefix tests/test_,fit.py uncertainty.py which_rows.py report_numbers.py \
	compiled.py::test_gradients_are_as_exact_as_pytorchs_on_twenty_random_shapes)
export PYTHON TORCH TORCH_INDEX VENV

.DEFAULT_GOAL := help
.PHONY: help setup quickstart test test-all test-isa lint docs clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

setup:
	@sh .ci/setup

quickstart: setup
	@$(VENV)/bin/scalinglaws study quickstart --to quickstart

test: setup
	@OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest $(PYTEST)

test-all: setup
	@OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest $(PYTEST) -m ''

test-isa: setup
	@OMP_NUM_THREADS=1 sh .ci/narrow $(VENV)/bin/python -m pytest $(PYTEST) $(ISA_TESTS)
	@OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 sh .ci/narrow $(VENV)/bin/python -m pytest $(THREADED)

lint: setup
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --diff .

docs: setup
	@$(VENV)/bin/python pages/website.py --examples

clean:
	rm -rf $(VENV) $(VENV).lock build dist .cache .pytest_cache .ruff_cache .hypothesis
	find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +

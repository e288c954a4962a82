# Two commands do everything. A fresh machine needs only make and Python 3.10 or newer.
#   make demo   shows watchword at work
#   make test   runs the checks
# Both install into .venv and .tox, and change nothing outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

# Use the Pythons of pyenv directly: its shims work only for active versions.
PYENV_ROOT ?= $(HOME)/.pyenv
PYENV_BINS := $(sort $(wildcard $(PYENV_ROOT)/versions/3.1[0-3].*/bin))
empty :=
space := $(empty) $(empty)
export PATH := $(CURDIR)/$(BIN):$(subst $(space),:,$(PYENV_BINS))$(if $(PYENV_BINS),:)$(PATH)

.PHONY: demo test nightly bench generate constraints clean

demo: $(STAMP)
	@$(BIN)/python -m example_dags.demo

# Tox runs as many environments side by side as there are cores, and shows the output of each when it ends.
test: $(STAMP)
	@$(BIN)/tox run-parallel $(TOX_ARGS)

# All that there is, with more repetitions: about two hours on two cores. The same tests, on every Python and Airflow.
nightly: $(STAMP)
	@WATCHWORD_NIGHTLY=1 $(BIN)/tox run-parallel -m nightly $(TOX_ARGS)

bench: $(STAMP)
	@$(BIN)/python benchmarks/signing.py
	@$(BIN)/python benchmarks/pages.py
	@$(BIN)/python benchmarks/imports.py
	@$(BIN)/python benchmarks/cold_start.py
	@$(BIN)/python benchmarks/workers.py
	@$(BIN)/python benchmarks/secret_manager.py
	@$(BIN)/python benchmarks/console.py
	@$(BIN)/python benchmarks/triggers.py
	@$(BIN)/python benchmarks/hostile.py

# Writes the files that derive from the core's fields and codes: Airflow's form, Dagster's resources, tables in the docs.
generate: $(STAMP)
	@$(BIN)/python -m airflow_provider_watchword.generate
	@$(BIN)/python -m dagster_watchword.generate
	@$(BIN)/python docs/generate.py

# The stamp is written last, so that an interrupted installation is repeated.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "watchword needs Python 3.10 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing watchword, Airflow and Dagster into $(VENV) (about a minute the first time) ..."
	@if [ -e $(VENV) ]; then echo "Replacing the $(VENV) that is here: it is unfinished or out of date."; rm -rf $(VENV); fi
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@$(UV) --constraint constraints.txt --editable '.[airflow,console,dagster,playground,httpx,aiohttp,dlt,aws,gcp,postgres]' --group dev
	@touch $@

constraints:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate \
	  --all-extras --group dev --output-file constraints.txt pyproject.toml

clean:
	rm -rf $(VENV) .tox dist build

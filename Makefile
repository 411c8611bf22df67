# Everything sets itself up: a Python of at least 3.11 is all that a machine needs.
# PYTHON=python3.12 make test   chooses another one.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
TWIN := $(BIN)/python -m twin
LOADS := --jobs $(JOBS) --arm manual --arm smart --arm smart_misroute

.PHONY: demo test test-all guard baselines check docs declarations claims bench clean

# Days or hours? The dispatch question with the arrivals of a real city's request log.
demo: $(VENV)/.ready
	$(TWIN) run scenarios/dispatch_boston.yaml --jobs $(JOBS) --out outputs/demo --replace
	@echo "\n== The same at 14 and at 10 reports a day =="
	$(TWIN) run scenarios/dispatch_boston.yaml $(LOADS) --set "hotline.reports_per_day=14 /day"
	$(TWIN) run scenarios/dispatch_boston.yaml $(LOADS) --set "hotline.reports_per_day=10 /day"
	@echo "\nThe page to read or print: outputs/demo/summary.html"

# What CI runs.
test: $(VENV)/.ready-test
	$(BIN)/python -m pytest -m "not slow" -n $(JOBS) --dist loadfile

# The long statistical runs too: theory at many loads, coverage, the sensitivity of the headline.
test-all: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

# Results against their baselines, to the last digit that counts, and what planners expect of them.
guard: $(VENV)/.ready
	$(TWIN) check --tier exact --tier claims --jobs $(JOBS)

# Accept what all shipped scenarios give now: make baselines REASON="...". All arms with one seed; the long ones over
# their first days only, so that `make guard` takes two minutes on two cores. The files remember both. The headline has
# as many seeds as the tier of equivalence needs.
FIRST_DAYS := combined_renewal=150 dispatch_boston=60 elevator=120 everything=120 group_event=180 improvement_fund=730 \
	long_term=720 mediation=210 quiet_hours=210 renovation=150
HEADLINE := scenarios/dispatch.yaml
LONG := $(foreach one,$(FIRST_DAYS),scenarios/$(firstword $(subst =, ,$(one))).yaml)
ACCEPT := baseline accept -n 1 --jobs $(JOBS) --reason "$(REASON)"
baselines: $(VENV)/.ready
	$(TWIN) $(ACCEPT) $(filter-out $(LONG) $(HEADLINE),$(wildcard scenarios/*.yaml))
	$(TWIN) $(ACCEPT) -n 80 $(HEADLINE)
	$(foreach one,$(FIRST_DAYS),$(TWIN) $(ACCEPT) scenarios/$(firstword $(subst =, ,$(one))).yaml \
		--set days=$(lastword $(subst =, ,$(one))) &&) true

# Style and types.
check: $(VENV)/.ready-dev
	$(BIN)/ruff check twin tests benchmarks
	$(BIN)/mypy

# Documents that are generated: from the declarations (quick), and from runs (minutes).
docs: declarations
	$(BIN)/python -m benchmarks.headline > /dev/null

# What the source documents claim, and what the twin gives: docs/claims.md (twenty minutes; if stopped, it goes on there).
claims: $(VENV)/.ready
	$(BIN)/python -m benchmarks.claims --jobs $(JOBS)

declarations: export TWIN_PLUGINS = off
declarations: $(VENV)/.ready
	TWIN_LANG=en $(TWIN) params --csv > docs/parameters.csv.new && mv docs/parameters.csv.new docs/parameters.csv
	$(TWIN) schema --out docs/scenario.schema.json
	$(TWIN) odd --out docs/odd.md

# Side by side with the peers, as ratios within one run.
bench: $(VENV)/.ready-bench
	$(BIN)/python -m benchmarks

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "error: no Python of at least 3.11 was found; set PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)/.ready-bench: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info

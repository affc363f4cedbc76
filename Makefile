# What one does here. `make demo` and `make test` set up everything they need.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
RECAST := $(VENV)/bin/recast
# What the demo and the runs need; the tests' peers and witnesses come on top.
PACKAGES := python3-venv bubblewrap mmdebstrap buildah skopeo openssh-client
TEST_PACKAGES := $(PACKAGES) podman docker.io rootlesskit runc umoci busybox-static uidmap curl unzip mount procps graphviz docker-registry openssl squashfs-tools xrootd-server xrootd-client postgresql chromium fonts-dejavu-core
CEPH_PACKAGES := ceph-mon ceph-osd radosgw
SLURM_PACKAGES := slurmctld slurmd slurm-client slurmdbd munge slurm-wlm-basic-plugins slurm-wlm-mysql-plugin mariadb-server
VM_PACKAGES := qemu-system-x86 qemu-utils seabios ipxe-qemu mmdebstrap e2fsprogs openssh-client squashfs-tools
ARC_PACKAGES := nordugrid-arc-arex nordugrid-arc-client nordugrid-arc-plugins-arcrest nordugrid-arc-plugins-needed time
# More than there are cores: the tests against batch systems wait most of the time.
WORKERS := 3
# Those of real pilots first: they wait most of the time, and the rest fits beside them.
PANDA_TESTS := $(addprefix tests/testbeds/panda/,test_pilot.py test_search.py test_submit.py) tests/testbeds/panda
IMAGES := $(CURDIR)/.cache/images

.PHONY: help setup setup-test demo serve test rare desk-faults desk-judges images step-tests hostile lint grid conformance faults forge ci-demo fuzz bench docs pictures lock clean testbed-slurm testbed-arc testbed-htcondor testbed-ceph testbed-postgres testbed-docker testbed-panda testbed-oidc testbed-vm panda machines

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup:  ## install Debian packages and .venv
	@./scripts/need-packages $(PACKAGES)
	@./scripts/venv $(VENV) requirements/dev.lock --editable .
	@$(VENV)/bin/python -m compileall -q recast  # where PYTHONDONTWRITEBYTECODE is set, each start would compile it all

setup-test: setup  ## what the tests need on top: Podman, witnesses, the real yadage in .venv-yadage, judges in .venv-crate, .venv-sbom, .venv-hepdata, .venv-hepmc and .venv-judge-ci, pyhf in .venv-fit, Jupyter in .venv-notebook, parts of PanDA in .venv-panda, readers of hooks in .venv-forge, judges of the desk in .venv-desk-judges
	@./scripts/need-packages $(TEST_PACKAGES) $(SLURM_PACKAGES) $(ARC_PACKAGES) $(CEPH_PACKAGES) $(VM_PACKAGES)
	@./scripts/venv .venv-yadage requirements/yadage.lock
	@./scripts/venv .venv-crate requirements/crate.lock
	@./scripts/venv .venv-sbom requirements/sbom.lock
	@./scripts/venv .venv-hepdata requirements/hepdata.lock
	@./scripts/venv .venv-hepmc requirements/hepmc.lock
	@./scripts/venv .venv-judge-ci requirements/ci-judges.lock
	@./scripts/npm-ci gitlab-ci-local
	@./scripts/npm-ci oidc-provider
	@./scripts/venv .venv-notebook requirements/notebook.lock --editable .
	@./scripts/venv-panda .venv-panda
	@./scripts/venv .venv-forge requirements/forge.lock
	@./scripts/venv .venv-desk-judges requirements/desk-judges.lock
	@./scripts/forge-payloads .cache/forge-payloads
	@./scripts/venv .venv-fit specs/atlas-susy-2018-31/1.0.0/images/pyhf-fit/requirements.lock

demo: setup  ## run a published ATLAS search for twelve signal points, in your own home, and compare with the published numbers
	@USER_PATH="$$PATH" PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ./scripts/demo

serve: setup  ## the catalogue and the desk of your own home in a browser, until Ctrl-C
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RECAST) serve --print-url | { read -r url; echo "$$url"; $(VENV)/bin/python -m webbrowser "$$url" >/dev/null 2>&1 || :; cat; }

test: setup-test  ## lint, then all tests; those in a browser beside the others, since Playwright keeps a loop in their thread
	@$(MAKE) --no-print-directory lint
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n0 -q tests/browser $(PYTEST) >.cache/browser-tests.log 2>&1 & browser=$$!; \
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q --ignore tests/browser $(PYTEST); \
	others=$$?; wait $$browser; ended=$$?; echo "in a browser:"; cat .cache/browser-tests.log; \
	[ $$others -eq 0 ] && { [ $$ended -eq 0 ] || [ $$ended -eq 5 ]; }  # 5: none of them was chosen

testbed-slurm: setup  ## start a real Slurm with slurmdbd on this machine, for eight hours (python -m tests.testbeds.slurm --help)
	@./scripts/need-packages $(SLURM_PACKAGES)
	@$(VENV)/bin/python -m tests.testbeds.slurm start --accounts

testbed-arc: setup  ## start a real ARC computing element on this machine, for eight hours (python -m tests.testbeds.arc --help)
	@./scripts/need-packages $(ARC_PACKAGES) openssl procps
	@$(VENV)/bin/python -m tests.testbeds.arc start

testbed-htcondor: setup  ## start a real HTCondor pool of two nodes on this machine, for eight hours (python -m tests.testbeds.htcondor --help)
	@$(VENV)/bin/python -m tests.testbeds.htcondor start

testbed-ceph: setup  ## start a real S3 object store (Ceph's gateway) on this machine, for eight hours (python -m tests.testbeds.ceph --help)
	@./scripts/need-packages $(CEPH_PACKAGES)
	@$(VENV)/bin/python -m tests.testbeds.ceph start

testbed-postgres: setup  ## start a real PostgreSQL 15 on this machine, for eight hours (python -m tests.testbeds.postgres --help)
	@./scripts/need-packages postgresql
	@$(VENV)/bin/python -m tests.testbeds.postgres start

testbed-docker: setup  ## start a real Docker daemon on this machine, for eight hours (python -m tests.testbeds.docker --help)
	@./scripts/need-packages docker.io runc
	@$(VENV)/bin/python -m tests.testbeds.docker start

testbed-panda: setup  ## start parts of a real PanDA on this machine, for eight hours (python -m tests.testbeds.panda --help)
	@./scripts/need-packages bubblewrap curl openssl procps
	@./scripts/venv-panda .venv-panda
	@$(VENV)/bin/python -m tests.testbeds.panda start

testbed-oidc: setup  ## start a real OIDC provider on this machine, for eight hours (python -m tests.testbeds.oidc --help)
	@./scripts/npm-ci oidc-provider
	@$(VENV)/bin/python -m tests.testbeds.oidc start

testbed-vm: setup  ## start an ordinary machine (Debian 12, systemd, no root, Docker) in QEMU, for eight hours (python -m tests.testbeds.vm --help)
	@./scripts/need-packages $(VM_PACKAGES)
	@$(VENV)/bin/python -m tests.testbeds.vm start

images: setup-test  ## build the official base images into .cache/images, and test them (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RECAST) image build specs/base-images --store $(IMAGES)
	@RECAST_TEST_IMAGES=$(IMAGES) PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -q tests/images/test_base_images.py

step-tests: setup  ## the step tests of the shipped entries, each in its image (minutes the first time, for the images)
	@RECAST_IMAGE_STORE=$(IMAGES) PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RECAST) ci test . --out .cache/step-tests

hostile: setup-test  ## the corpus of hostile specs: what each refusal took (a second of CPU, 200 MB)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python scripts/hostile-table

lint: setup  ## ruff, mypy strict, the layers of the house, the table of trust
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check -q .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/python scripts/trust-table
	@mkdir -p .cache
	@$(VENV)/bin/lint-imports --verbose >.cache/lint-imports.log 2>&1 || { tail -n 40 .cache/lint-imports.log; exit 1; }

rare: setup-test  ## the tests that make test leaves out: other modes and faults of batch systems, mutations of the physics, builds made again
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q -m rare $(PYTEST)

grid: setup-test  ## a published search on Slurm, HTCondor and ARC, number by number beside the run on this machine
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m tests.e2e.grid

conformance: setup-test  ## the conformance suite against the real engines: executor x test (GRID="slurm arc")
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python scripts/grid-tables conformance $(GRID)

faults: setup-test  ## faults against the real engines: tried, ended right, lost, duplicates (GRID="slurm arc")
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python scripts/grid-tables faults $(GRID)

desk-faults: setup-test  ## the kill table of the desk: every transition x before, after, child started x web, dispatcher, driver, PostgreSQL (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n $(WORKERS) -q -m 'rare or not rare' tests/dispatch/test_kill_table.py tests/dispatch/test_kill_acts.py $(PYTEST)

desk-judges: setup-test  ## the desk's API, attacked: schemathesis over the whole OpenAPI, every route for everybody (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n0 -q -m 'rare or not rare' tests/service/test_permission_table.py tests/service/test_schemathesis.py $(PYTEST)

panda: setup-test  ## what real parts of PanDA say: prun's options and parameters, lost replies, a search by its pilot (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -n 5 --dist loadfile --no-loadscope-reorder -q -m "rare or not rare" --durations=8 $(PANDA_TESTS) $(PYTEST)

forge: setup-test  ## hooks of three forges against recast ci serve: dialect x event x fault, judged by Buildbot; 50 kills with a third of the hooks lost (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m tests.testbeds.forge.table
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pytest -q -s -m "rare or not rare" tests/ci/server/test_kill.py -k 50 $(PYTEST)

machines: setup-test  ## what holds on an ordinary machine: runtime x session x limit, power cuts, make demo (MACHINES="limits power"; hours)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m tests.machines --write $(MACHINES)

ci-demo: setup-test  ## nine pushes to a real git server, each judged with a real search: verdict, status, jobs, images, seconds (minutes)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m tests.ci.demo

fuzz: setup  ## strangers' bytes at every border, coverage-guided, for an hour (FUZZ_SECONDS=3600 FUZZ_JOBS=2 FUZZ_BORDERS="layers jq")
	@./scripts/venv .venv-fuzz requirements/fuzz.lock
	@.venv-fuzz/bin/python -m tests.fuzz.hour

bench: setup-test  ## compare speed with xargs, bare bubblewrap, yadage and Snakemake in the same run (BENCH=--quick)
	@./scripts/venv .venv-snakemake requirements/snakemake.lock
	@./scripts/venv .venv-desk-judges requirements/desk-judges.lock
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m benchmarks $(BENCH)

docs:  ## make the documentation as a site, in docs/_build/html; a warning is an error
	@./scripts/venv .venv-docs requirements/docs.lock --editable .
	@.venv-docs/bin/sphinx-build -q -W --keep-going -n -b html -d .cache/docs docs docs/_build/html
	@echo docs/_build/html/index.html

pictures: setup-test  ## make the pictures of pages in docs/images anew: the service on the searches of this checkout, in Chromium
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python scripts/page-pictures

lock:  ## write requirements/*.lock anew
	@./scripts/lock

clean:  ## remove what make made (not the images and runs in your own RECAST_HOME)
	rm -rf .venv .venv-yadage .venv-crate .venv-sbom .venv-hepdata .venv-hepmc .venv-judge-ci .venv-fit .venv-notebook .venv-panda .venv-forge .venv-desk-judges .venv-snakemake .venv-fuzz .venv-docs .cache docs/_build

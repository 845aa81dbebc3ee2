# A thin front to CMake and tools/. `make` leaves the binary at build/release/salvor.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 300
RELEASE := build/release

.PHONY: build server demo demo-bigquery test mutate fuzz sanitize bench install reference format lint clean
build:
	@tools/setup
	@cmake --preset release
	@cmake --build --preset release -j$(JOBS) --target salvor

# salvor-bigquery-server, to try salvor on BigQuery without a project: a test program, not installed.
server: build
	@cmake --build --preset release -j$(JOBS) --target bigquery_server

demo-bigquery: server
	@$(RELEASE)/salvor demo --warehouse bigquery

demo: build
	@$(RELEASE)/salvor demo

test:
	@tools/setup --format --judges
	@cmake --preset release
	@cmake --build --preset release -j$(JOBS)
	@rm -f build/skipped.txt
	@ctest --preset release -j$(JOBS)

# Takes guards out of the code one at a time; a test must notice each.
mutate:
	@tools/setup
	@cmake --preset release
	@tools/mutate -j $(JOBS)

# FUZZ_SECONDS for each target.
fuzz:
	@tools/setup --fuzz
	@tools/fuzz --seconds $(FUZZ_SECONDS) -j $(JOBS)

# All suites but the judges, under sanitizers.
sanitize:
	@tools/setup
	@for preset in asan tsan; do \
	  cmake --preset $$preset && cmake --build --preset $$preset -j$(JOBS) && \
	  ctest --preset $$preset -LE judges -j$(JOBS) || exit 1; \
	done

bench: build
	@tools/setup --judges
	@cmake --build --preset release -j$(JOBS) --target bigquery_server
	@PATH="$(CURDIR)/build/judges/bin:$$PATH" SALVOR_BIN="$(CURDIR)/$(RELEASE)/salvor" \
	  SALVOR_BIGQUERY_SERVER="$(CURDIR)/$(RELEASE)/salvor-bigquery-server" bench/run

install: build
	@cmake --build --preset release -j$(JOBS) --target libsalvor
	@cmake --install $(RELEASE) --prefix $(PREFIX) --strip

# The library's reference, from its headers.
reference:
	@tools/setup --reference
	@mkdir -p build/reference
	@SALVOR_REFERENCE=build/reference doxygen docs/Doxyfile
	@echo build/reference/html/index.html

format:
	@tools/setup --format
	@tools/format

lint:
	@tools/setup --lint
	@cmake --preset release
	@tools/lint

clean:
	@rm -rf build/release build/dev build/asan build/tsan build/fuzz build/mutate

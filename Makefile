# A thin front to CMake and tools/. `make` leaves the binary at build/release/salvor.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
RELEASE := build/release

.PHONY: build server demo demo-bigquery test bench install format lint clean
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

bench: build
	@tools/setup --judges
	@cmake --build --preset release -j$(JOBS) --target bigquery_server
	@PATH="$(CURDIR)/build/judges/bin:$$PATH" SALVOR_BIN="$(CURDIR)/$(RELEASE)/salvor" \
	  SALVOR_BIGQUERY_SERVER="$(CURDIR)/$(RELEASE)/salvor-bigquery-server" bench/run

install: build
	@cmake --install $(RELEASE) --prefix $(PREFIX)

format:
	@tools/setup --format
	@tools/format

lint:
	@tools/setup --lint
	@cmake --preset release
	@tools/lint

clean:
	@rm -rf build/release build/dev build/asan build/tsan

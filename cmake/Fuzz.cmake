# The fuzz targets: fuzz/X_fuzz.cc becomes build/fuzz/X_fuzz. Included where SALVOR_FUZZ is set, by the
# preset `fuzz`: clang with its sanitizers, and of the rooms only what reads bytes from outside, so that
# `make fuzz` builds in minutes. Not a room's library: that would compile all of it.

set(_fuzzed
  base/*.cc model/*.cc io/fs.cc io/path.cc io/late_library.cc journal/chain.cc config/*.cc
  http/date.cc http/curl_library.cc warehouse/*.cc delta/*.cc
  bigquery/api_json.cc bigquery/api_error.cc bigquery/partition_id.cc bigquery/table_name.cc)
# What writes, copies and reads rows.
set(_not_fuzzed
  "(_test|config/load|delta/(applied|copy_apart|commit.*|draft_manifest|engine|fingerprint|operations|placement|privacy|reader.*|restore|rows|rows_[a-eg-z].*|rows_file.*|source_file|saved_copies|staged_.*|staging.*|take_back|words))[.]cc$")

list(TRANSFORM _fuzzed PREPEND "${CMAKE_SOURCE_DIR}/src/")
list(APPEND _fuzzed "${CMAKE_SOURCE_DIR}/testing/mem_*.cc")
file(GLOB _fuzzed_sources CONFIGURE_DEPENDS ${_fuzzed})
list(FILTER _fuzzed_sources EXCLUDE REGEX "${_not_fuzzed}")

add_library(salvor_fuzzed STATIC EXCLUDE_FROM_ALL ${_fuzzed_sources})
target_include_directories(salvor_fuzzed PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
target_link_libraries(salvor_fuzzed
  PUBLIC fmt::fmt OpenSSL::Crypto tl::expected date::date nlohmann_json::nlohmann_json yaml-cpp
         duckdb::headers curl::headers simdjson::simdjson roaring::roaring Threads::Threads
         ${CMAKE_DL_LIBS}
  PRIVATE salvor_warnings)

add_custom_target(fuzzers)
file(GLOB _targets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/*_fuzz.cc")
foreach(source IN LISTS _targets)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL "${source}")
  target_link_libraries(${name} PRIVATE salvor_fuzzed salvor_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endforeach()

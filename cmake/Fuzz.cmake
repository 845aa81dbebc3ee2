# The fuzz targets: fuzz/X_fuzz.cc becomes build/fuzz/X_fuzz. Included where SALVOR_FUZZ is set, by the
# preset `fuzz`: clang with its sanitizers, and of the rooms only what reads bytes from outside, so that
# `make fuzz` builds in minutes. Not a room's library: that would compile all of it.

set(_fuzzed
  base/*.cc model/*.cc io/fs.cc io/path.cc io/dynamic_library.cc journal/chain.cc config/*.cc
  http/date.cc http/curl_library.cc warehouse/*.cc
  delta/files/folder_files.cc delta/protocol/*.cc delta/parquet/*.cc delta/duckdb/*.cc delta/log/*.cc delta/table/*.cc
  delta/staging/manifest*.cc delta/recovery/compatibility.cc
  bigquery/rest/resource_json.cc bigquery/rest/service_error.cc bigquery/rest/partition_id.cc
  bigquery/rest/table_name.cc)
set(_not_fuzzed "(_test|config/load)[.]cc$")

list(TRANSFORM _fuzzed PREPEND "${CMAKE_SOURCE_DIR}/src/")
list(APPEND _fuzzed "${CMAKE_SOURCE_DIR}/testing/mem_*.cc")
file(GLOB _fuzzed_sources CONFIGURE_DEPENDS ${_fuzzed})
list(FILTER _fuzzed_sources EXCLUDE REGEX "${_not_fuzzed}")

add_library(salvor_fuzzed STATIC EXCLUDE_FROM_ALL ${_fuzzed_sources})
# Most of clang's time goes to templates of these headers: compiled ahead, two fifths of it are saved.
target_precompile_headers(salvor_fuzzed PRIVATE
  <nlohmann/json.hpp> <fmt/format.h> <map> <string> <vector>)
# No warnings: the other presets' compiler gives them. A null or wild pointer ends in AddressSanitizer, too.
target_compile_options(salvor_fuzzed
  PUBLIC -gline-tables-only -fno-sanitize=null,alignment,object-size,vptr)
target_include_directories(salvor_fuzzed
  PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}")
target_link_libraries(salvor_fuzzed
  PUBLIC fmt::fmt OpenSSL::Crypto tl::expected date::date nlohmann_json::nlohmann_json yaml-cpp
         duckdb::headers curl::headers simdjson::simdjson roaring::roaring Threads::Threads
         ${CMAKE_DL_LIBS})

add_custom_target(fuzzers)
file(GLOB _targets CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/fuzz/*_fuzz.cc")
foreach(source IN LISTS _targets)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL "${source}")
  target_link_libraries(${name} PRIVATE salvor_fuzzed)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endforeach()

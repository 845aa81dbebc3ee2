# A system DuckDB where there is one, else the library that tools/setup brings.
#
#   duckdb::headers  duckdb.h alone: salvor opens the library by itself when it first needs it
#   duckdb::duckdb   the linked library, for programs that always need it

find_package(DuckDB CONFIG QUIET)
add_library(duckdb::duckdb INTERFACE IMPORTED)
add_library(duckdb::headers INTERFACE IMPORTED)
set(SALVOR_INSTALL_DUCKDB "")

if(DuckDB_FOUND)
  message(STATUS "DuckDB: ${DuckDB_DIR}")
  target_link_libraries(duckdb::duckdb INTERFACE duckdb)
  target_include_directories(duckdb::headers SYSTEM INTERFACE ${DuckDB_INCLUDE_DIRS})
else()
  set(SALVOR_DUCKDB_DIR "${CMAKE_SOURCE_DIR}/build/deps/duckdb"
      CACHE PATH "Folder with duckdb.h and libduckdb.so")
  foreach(file duckdb.h libduckdb.so)
    if(NOT EXISTS "${SALVOR_DUCKDB_DIR}/${file}")
      message(FATAL_ERROR "${SALVOR_DUCKDB_DIR}/${file} is missing: run tools/setup first")
    endif()
  endforeach()
  message(STATUS "DuckDB: ${SALVOR_DUCKDB_DIR}")
  add_library(salvor_libduckdb SHARED IMPORTED)
  set_target_properties(salvor_libduckdb PROPERTIES
    IMPORTED_LOCATION "${SALVOR_DUCKDB_DIR}/libduckdb.so"
    IMPORTED_SONAME libduckdb.so)
  target_include_directories(duckdb::headers SYSTEM INTERFACE "${SALVOR_DUCKDB_DIR}")
  target_link_libraries(duckdb::duckdb INTERFACE salvor_libduckdb)
  list(APPEND CMAKE_BUILD_RPATH "${SALVOR_DUCKDB_DIR}")  # where dlopen looks
  set(SALVOR_INSTALL_DUCKDB "${SALVOR_DUCKDB_DIR}/libduckdb.so")
endif()
target_link_libraries(duckdb::duckdb INTERFACE duckdb::headers)

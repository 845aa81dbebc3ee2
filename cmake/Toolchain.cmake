# How salvor's own targets are compiled. Libraries from outside are imported targets, hence SYSTEM.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# assert() stays in release: a stop is cheaper than a wrong write to somebody's table.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1" CACHE STRING "Flags of a release build" FORCE)
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -D_GLIBCXX_ASSERTIONS" CACHE STRING "Flags of a debug build" FORCE)

# What is built names no folder of the machine that built it, so that two checkouts give the same objects
# and share one ccache.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
find_program(SALVOR_CCACHE ccache)
if(SALVOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 "${SALVOR_CCACHE}")
endif()

find_program(SALVOR_LLD ld.lld)
if(SALVOR_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(salvor_warnings INTERFACE)
target_compile_options(salvor_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms inside std::string: GCC PR 105329, PR 105651.
  target_compile_options(salvor_warnings INTERFACE -Wno-restrict)
endif()

if(SALVOR_SANITIZE)
  add_compile_options(-fsanitize=${SALVOR_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SALVOR_SANITIZE})
endif()

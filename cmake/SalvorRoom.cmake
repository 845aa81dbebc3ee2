# One call per room. A room is a folder in src/, a namespace, a library and an include prefix.

define_property(GLOBAL PROPERTY SALVOR_ROOMS BRIEF_DOCS "Rooms declared so far")
define_property(GLOBAL PROPERTY SALVOR_TEST_SOURCES BRIEF_DOCS "Every *_test.cc that is built")

# Links `target` with the rooms in `rooms`; one that has no folder yet is left out, an undeclared one is
# an error, which is also what keeps the declarations in CMakeLists.txt bottom-up.
function(_salvor_link target scope rooms)
  get_property(declared GLOBAL PROPERTY SALVOR_ROOMS)
  foreach(room IN LISTS rooms)
    if(room STREQUAL "testing")
      if(EXISTS "${CMAKE_SOURCE_DIR}/testing")
        target_link_libraries(${target} ${scope} salvor::testing)
      endif()
    elseif(NOT room IN_LIST declared)
      message(FATAL_ERROR "${target} depends on room '${room}', which is not declared above it")
    elseif(TARGET salvor_${room})
      target_link_libraries(${target} ${scope} salvor::${room})
    endif()
  endforeach()
endfunction()

# A static library of `sources`, or a header-only one as long as there are none.
function(_salvor_library name include_root sources rooms libs)
  set(target salvor_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE salvor_warnings)
    set_target_properties(${target} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(salvor::${name} ALIAS ${target})
  target_include_directories(${target} ${scope} "${include_root}" "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(${target} ${scope} ${libs})
  _salvor_link(${target} ${scope} "${rooms}")
endfunction()

# What is not installed is built to be built again soon: a test's own code takes a third of the time at
# -O1, and what it tests stays as it is shipped.
function(_salvor_build_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# One GoogleTest executable `name` of `sources`; its cases are ctest tests called <prefix>.<Suite>.<Case>.
function(_salvor_gtest name prefix sources rooms)
  add_executable(${name} ${sources})
  set_property(GLOBAL APPEND PROPERTY SALVOR_TEST_SOURCES ${sources})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE salvor_warnings GTest::gmock_main)
  _salvor_build_quickly(${name})
  _salvor_link(${name} PRIVATE "${rooms}")
  gtest_discover_tests(${name}
    TEST_PREFIX "${prefix}."
    DISCOVERY_TIMEOUT 60
    NO_PRETTY_VALUES
    PROPERTIES TIMEOUT 300 LABELS ${prefix})
endfunction()

# salvor_room(<name> [DEPENDS <rooms>] [LIBS <libraries>] [TEST_DEPENDS <rooms>] [TEST_LIBS <libraries>])
#
# src/<name>/**.cc becomes the library salvor::<name>, its *_test.cc the executable <name>_test. The
# library is linked with what DEPENDS and LIBS name and nothing else; the test also with TEST_DEPENDS
# (`testing` for the fakes) and TEST_LIBS (a web server). A room without a folder is skipped. main.cc is left to salvor_program.
function(salvor_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "DEPENDS;LIBS;TEST_DEPENDS;TEST_LIBS")
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "salvor_room(${name}): unknown arguments ${ROOM_UNPARSED_ARGUMENTS}")
  endif()
  set_property(GLOBAL APPEND PROPERTY SALVOR_ROOMS ${name})
  set(folder "${CMAKE_SOURCE_DIR}/src/${name}")
  if(NOT IS_DIRECTORY "${folder}")
    message(STATUS "Room ${name}: not there yet, skipped")
    return()
  endif()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  _salvor_library(${name} "${CMAKE_SOURCE_DIR}/src" "${sources}" "${ROOM_DEPENDS}" "${ROOM_LIBS}")
  if(sources)  # libsalvor is made of these objects, and shows what its own headers declare alone
    set_target_properties(salvor_${name} PROPERTIES
      POSITION_INDEPENDENT_CODE ON
      CXX_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
  endif()
  if(tests AND SALVOR_BUILD_TESTS)
    set(seen ${name} ${ROOM_TEST_DEPENDS})
    _salvor_gtest(${name}_test ${name} "${tests}" "${seen}")
    target_link_libraries(${name}_test PRIVATE ${ROOM_TEST_LIBS})
  endif()
endfunction()

# salvor_version(<rooms>): the rooms that say which salvor this is get SALVOR_VERSION.
function(salvor_version)
  foreach(room IN LISTS ARGN)
    get_target_property(type salvor_${room} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      target_compile_definitions(salvor_${room} PRIVATE SALVOR_VERSION="${PROJECT_VERSION}")
    endif()
  endforeach()
endfunction()

# salvor_program(<name> ROOM <room>): the executable of src/<room>/main.cc, at the build folder's root,
# and its installation: bin/<name> beside <lib>/salvor/libduckdb.so.
function(salvor_program name)
  cmake_parse_arguments(PARSE_ARGV 1 PROGRAM "" "ROOM" "")
  set(main "${CMAKE_SOURCE_DIR}/src/${PROGRAM_ROOM}/main.cc")
  if(NOT EXISTS "${main}")
    message(STATUS "Program ${name}: no main.cc yet, skipped")
    return()
  endif()
  add_executable(${name} "${main}")
  target_link_libraries(${name} PRIVATE salvor_warnings)
  _salvor_link(${name} PRIVATE ${PROGRAM_ROOM})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}"
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/salvor")
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(SALVOR_INSTALL_DUCKDB)
    install(PROGRAMS "${SALVOR_INSTALL_DUCKDB}" DESTINATION ${CMAKE_INSTALL_LIBDIR}/salvor)
  endif()
endfunction()

# salvor_installed_library(<name> ROOM <room>): lib<name>.so of that room and all below it, which shows
# what include/<name>/ declares, and what find_package(<name>) and pkg-config need. Built with `all`.
function(salvor_installed_library name)
  cmake_parse_arguments(PARSE_ARGV 1 LIBRARY "" "ROOM" "")
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/include/${name}/*.h")
  add_library(lib${name} SHARED $<TARGET_OBJECTS:salvor_${LIBRARY_ROOM}>)
  target_link_libraries(lib${name} PRIVATE salvor_${LIBRARY_ROOM} PUBLIC tl::expected)
  target_sources(lib${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}/include" FILES ${headers})
  target_compile_features(lib${name} PUBLIC cxx_std_20)
  set(exported "${CMAKE_SOURCE_DIR}/cmake/lib${name}.map")
  target_link_options(lib${name} PRIVATE "-Wl,--version-script=${exported}" -Wl,--no-undefined)
  set_target_properties(lib${name} PROPERTIES
    OUTPUT_NAME ${name}
    EXPORT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib"
    LINK_DEPENDS "${exported}"
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}  # 0.x promises nothing to the next
    INSTALL_RPATH "$ORIGIN/salvor")
  set(package "${CMAKE_INSTALL_LIBDIR}/cmake/${name}")
  install(TARGETS lib${name}
    EXPORT ${name}Targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT ${name}Targets NAMESPACE ${name}:: DESTINATION ${package})
  include(CMakePackageConfigHelpers)
  configure_package_config_file(cmake/${name}Config.cmake.in ${name}Config.cmake
    INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${name}ConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES
    "${CMAKE_BINARY_DIR}/${name}Config.cmake" "${CMAKE_BINARY_DIR}/${name}ConfigVersion.cmake"
    DESTINATION ${package})
  file(RELATIVE_PATH PC_PREFIX "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES "${CMAKE_BINARY_DIR}/${name}.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# salvor_testing_room(DEPENDS <rooms>): the fakes in testing/, included as "testing/...".
function(salvor_testing_room)
  cmake_parse_arguments(PARSE_ARGV 0 ROOM "" "" "DEPENDS")
  set(folder "${CMAKE_SOURCE_DIR}/testing")
  if(NOT IS_DIRECTORY "${folder}")
    message(STATUS "Folder testing: not there yet, skipped")
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  list(FILTER sources EXCLUDE REGEX "^${folder}/bigquery_server/")  # salvor_testing_part's
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  _salvor_library(testing "${CMAKE_SOURCE_DIR}" "${sources}" "${ROOM_DEPENDS}" "")
  set_property(GLOBAL APPEND PROPERTY SALVOR_ROOMS testing)
  if(sources)
    _salvor_build_quickly(salvor_testing)
    set_target_properties(salvor_testing PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
  if(tests AND SALVOR_BUILD_TESTS)
    _salvor_gtest(testing_test testing "${tests}" "testing")
  endif()
endfunction()

# salvor_testing_part(<name> FOLDER <folder in testing/> [DEPENDS <rooms and parts>] [LIBS <libraries>])
#
# A part of testing/ with libraries of its own: the folder's *.cc, without those of a part declared above
# that lies inside it, become salvor::<name>, its *_test.cc the executable <name>_test, and each
# X_main.cc the program tests/X. Built with the tests only.
function(salvor_testing_part name)
  cmake_parse_arguments(PARSE_ARGV 1 PART "" "FOLDER" "DEPENDS;LIBS")
  if(NOT SALVOR_BUILD_TESTS)
    return()
  endif()
  set(folder "${CMAKE_SOURCE_DIR}/testing/${PART_FOLDER}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  get_property(inner GLOBAL PROPERTY SALVOR_TESTING_FOLDERS)
  foreach(other IN LISTS inner)
    list(FILTER sources EXCLUDE REGEX "^${other}/")
  endforeach()
  set_property(GLOBAL APPEND PROPERTY SALVOR_TESTING_FOLDERS "${folder}")
  set_property(GLOBAL APPEND PROPERTY SALVOR_ROOMS ${name})
  set(tests ${sources})
  set(programs ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER programs INCLUDE REGEX "_main\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|main)\\.cc$")
  _salvor_library(${name} "${CMAKE_SOURCE_DIR}" "${sources}" "${PART_DEPENDS}" "${PART_LIBS}")
  _salvor_build_quickly(salvor_${name})
  if(tests)
    _salvor_gtest(${name}_test ${name} "${tests}" "${name}")
  endif()
  foreach(main IN LISTS programs)
    string(REGEX REPLACE "^.*/(.*)_main\\.cc$" "\\1" program "${main}")
    add_executable(${program} "${main}")
    set_target_properties(${program} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_link_libraries(${program} PRIVATE salvor_warnings)
    _salvor_link(${program} PRIVATE "${name}")
  endforeach()
endfunction()

# salvor_suites(DEPENDS <rooms>): tests/**_test.cc (contract, scenario and crash suites) as one executable,
# which is told where the sources, the binary and the golden tables are.
function(salvor_suites)
  cmake_parse_arguments(PARSE_ARGV 0 SUITES "" "" "DEPENDS")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*.cc")
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")  # programs that judges run
  if(NOT sources OR NOT SALVOR_BUILD_TESTS)
    return()
  endif()
  _salvor_gtest(suites_test suites "${sources}" "${SUITES_DEPENDS}")
  target_compile_definitions(suites_test PRIVATE
    SALVOR_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    SALVOR_BIN="${CMAKE_BINARY_DIR}/salvor"
    SALVOR_GOLDEN_TABLES="${SALVOR_GOLDEN_TABLES}")
  if(TARGET salvor)
    add_dependencies(suites_test salvor)
  endif()
endfunction()

# salvor_judge_program(<name> DEPENDS <rooms>): tests/programs/<name>_main.cc, for judges to run; it lies
# beside the tests' executables.
function(salvor_judge_program name)
  cmake_parse_arguments(PARSE_ARGV 1 PROGRAM "" "" "DEPENDS")
  set(main "${CMAKE_SOURCE_DIR}/tests/programs/${name}_main.cc")
  if(NOT SALVOR_BUILD_TESTS)
    return()
  endif()
  add_executable(${name} "${main}")
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE salvor_warnings)
  _salvor_link(${name} PRIVATE "${PROGRAM_DEPENDS}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()

# Tests that are scripts: the layering test, one type to one name, the format check, whether the mutations
# are about today's code, and one ctest test per tests/judges/*_test.py.
function(salvor_script_tests)
  if(NOT SALVOR_BUILD_TESTS)
    return()
  endif()
  find_program(SALVOR_PYTHON python3 HINTS /usr/bin REQUIRED)
  set(root "${CMAKE_SOURCE_DIR}")
  add_test(NAME layering COMMAND ${SALVOR_PYTHON} "${root}/tests/layering_test.py" "${root}")
  add_test(NAME layering.self COMMAND ${SALVOR_PYTHON} "${root}/tests/layering_test.py" --self-test)
  add_test(NAME one_definition COMMAND ${SALVOR_PYTHON} "${root}/tests/one_definition_test.py" "${root}")
  add_test(NAME one_definition.self
    COMMAND ${SALVOR_PYTHON} "${root}/tests/one_definition_test.py" --self-test)
  add_test(NAME format COMMAND "${root}/tools/format" --check)
  set_tests_properties(format PROPERTIES SKIP_RETURN_CODE 77)
  add_test(NAME mutations COMMAND ${SALVOR_PYTHON} "${root}/tools/mutate" --check)

  file(GLOB judges CONFIGURE_DEPENDS "${root}/tests/judges/*_test.py")
  foreach(script IN LISTS judges)
    get_filename_component(name "${script}" NAME_WE)
    string(REGEX REPLACE "^(.*)_test$" "judges.\\1" name "${name}")
    add_test(NAME ${name} COMMAND "${root}/tools/judge" "${script}")
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "SALVOR_BIN=${CMAKE_BINARY_DIR}/salvor;SALVOR_GOLDEN=${SALVOR_GOLDEN_TABLES}"
      LABELS judges TIMEOUT 1200 SKIP_RETURN_CODE 77
      COST 1000)  # the long ones first
  endforeach()
endfunction()

# A *_test.cc that no executable contains would pass for ever: refuse to configure.
function(salvor_require_registered_tests)
  if(NOT SALVOR_BUILD_TESTS)
    return()
  endif()
  get_property(registered GLOBAL PROPERTY SALVOR_TEST_SOURCES)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/src/*_test.cc"
    "${CMAKE_SOURCE_DIR}/testing/*_test.cc"
    "${CMAKE_SOURCE_DIR}/tests/*_test.cc"
    "${CMAKE_SOURCE_DIR}/tests/judges/test_*.py")  # the suffix is what is looked for
  if(registered)
    list(REMOVE_ITEM found ${registered})
  endif()
  if(found)
    list(JOIN found "\n  " lines)
    message(FATAL_ERROR "Tests that nothing runs (declare the room with salvor_room; a Python suite is called *_test.py):\n  ${lines}")
  endif()
endfunction()

# httplib::httplib: cpp-httplib, the web server of the tests. Never linked into a room. The definitions are
# those that Debian compiles it with: they change the classes' layout, so they must agree.

add_library(httplib::httplib INTERFACE IMPORTED)
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY cpp-httplib)  # Debian's is compiled; elsewhere it is a header alone
mark_as_advanced(HTTPLIB_INCLUDE_DIR HTTPLIB_LIBRARY)
target_include_directories(httplib::httplib SYSTEM INTERFACE "${HTTPLIB_INCLUDE_DIR}")
target_compile_definitions(httplib::httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT
  CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
target_link_libraries(httplib::httplib INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
if(HTTPLIB_LIBRARY)
  target_link_libraries(httplib::httplib INTERFACE "${HTTPLIB_LIBRARY}")
endif()

#   curl::headers  curl/curl.h alone: salvor opens the library by itself when it first needs it

find_package(CURL 7.86 REQUIRED)
add_library(curl::headers INTERFACE IMPORTED)
get_target_property(_salvor_curl_includes CURL::libcurl INTERFACE_INCLUDE_DIRECTORIES)
if(_salvor_curl_includes)
  target_include_directories(curl::headers SYSTEM INTERFACE ${_salvor_curl_includes})
endif()

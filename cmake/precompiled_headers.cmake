# Reading the standard library's headers is about half of what a file's compilation takes; so the ones that most files include are read
# once for all parts, and once more, with GoogleTest, for the unit tests (programs are compiled with -fPIE, libraries with -fPIC).
# Each file still includes what it uses: clang-tidy reads it without these.
option(KIST_PRECOMPILED_HEADERS "Compile the headers that most files include only once" ON)

set(kist_precompiled <algorithm> <array> <chrono> <filesystem> <functional> <map> <memory> <mutex> <optional> <span> <string>
  <string_view> <thread> <unordered_map> <variant> <vector> <fmt/format.h>)

# kist_precompile(NAME [LIBRARIES target...] [HEADERS header...]): the headers above and HEADERS as the object library NAME.
function(kist_precompile name)
  if(NOT KIST_PRECOMPILED_HEADERS)
    return()
  endif()
  cmake_parse_arguments(PRECOMPILE "" "" "LIBRARIES;HEADERS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(${name} PRIVATE kist_flags ${PRECOMPILE_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${kist_precompiled} ${PRECOMPILE_HEADERS})
endfunction()

# kist_use_precompiled(TARGET NAME)
function(kist_use_precompiled target name)
  if(TARGET ${name})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      # -fpch-preprocess is for ccache. With precompiled headers GCC 12 takes libstdc++ for our code and warns of its own
      # std::string's moves, which it does not do without them (gcc.gnu.org/PR105651).
      target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-array-bounds)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

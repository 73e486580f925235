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
  if(CCACHE)
    kist_sum_precompiled(${name} ${kist_precompiled} ${PRECOMPILE_HEADERS})
  endif()
endfunction()

# kist_sum_precompiled(NAME header...): what stands for the precompiled file where ccache would read all of its 100 MB for each
# compilation, and find another one in each checkout (CCACHE_PCH_EXTSUM): the headers' text. Flags it compares by itself.
function(kist_sum_precompiled name)
  list(TRANSFORM ARGN PREPEND "#include ")
  list(JOIN ARGN "\n" text)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "@text@\n" @ONLY)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -P -E ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp
    OUTPUT_VARIABLE text RESULT_VARIABLE result ERROR_QUIET)
  if(result EQUAL 0)
    string(SHA256 sum "${text}")
    foreach(suffix gch pch)
      file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.${suffix}.sum CONTENT "${sum}\n")
    endforeach()
  endif()
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

# kist_part(NAME [DEPENDS part...] [LIBRARIES target...] [PRECOMPILED target])
# One folder of src/ with its public headers in include/kist/NAME, as the static library kist_NAME.
# DEPENDS names the folders below it that it may use; LIBRARIES are system libraries, private to it;
# PRECOMPILED is what kist_precompile made, by default the headers that all parts share.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(FMT REQUIRED IMPORTED_TARGET GLOBAL fmt)

add_library(kist_flags INTERFACE)
target_compile_definitions(kist_flags INTERFACE _FILE_OFFSET_BITS=64 _GNU_SOURCE)
target_compile_options(kist_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-qual -Wformat=2 -Wundef -Wimplicit-fallthrough -fstack-protector-strong)
if(KIST_SANITIZE)
  target_compile_options(kist_flags INTERFACE -fsanitize=${KIST_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(kist_flags INTERFACE -fsanitize=${KIST_SANITIZE})
  target_compile_definitions(kist_flags INTERFACE KIST_SANITIZED)
else()
  target_compile_definitions(kist_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()
target_link_libraries(kist_flags INTERFACE Threads::Threads PkgConfig::FMT)

function(kist_part name)
  cmake_parse_arguments(PART "" "PRECOMPILED" "DEPENDS;LIBRARIES" ${ARGN})
  if(NOT PART_PRECOMPILED)
    set(PART_PRECOMPILED kist_part_headers)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(kist_${name} STATIC ${sources})
  target_include_directories(kist_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM PART_DEPENDS PREPEND kist_)
  target_link_libraries(kist_${name} PUBLIC kist_flags ${PART_DEPENDS} PRIVATE ${PART_LIBRARIES})
  kist_use_precompiled(kist_${name} ${PART_PRECOMPILED})
  kist_unite(kist_${name} ${sources})
endfunction()

# kist_unit_tests(NAME): tests/unit/NAME/*_test.cpp as one program over kist_NAME.
function(kist_unit_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_executable(unit_${name} ${sources})
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(unit_${name} PRIVATE kist_${name} GTest::gmock_main)
  kist_use_precompiled(unit_${name} kist_test_headers)
  kist_unite(unit_${name} ${sources})
  gtest_discover_tests(unit_${name} TEST_PREFIX "unit.${name}." PROPERTIES LABELS unit)
endfunction()

# Compiling many files as one saves reading the same headers for each: a build from nothing takes a fraction of the time, and one
# after a small change takes longer. So it is for builds that are seldom changed and often begun: those of the sanitizers.
option(KIST_UNITY "Compile files together that mention no name which another of them defines" OFF)
set(KIST_UNITY_MOST 16 CACHE STRING "How many files are compiled as one, at most")

# kist_unite(TARGET SOURCE...)
function(kist_unite target)
  if(NOT KIST_UNITY)
    return()
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  execute_process(COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/cmake/source_groups.py ${KIST_UNITY_MOST} ${ARGN}
    OUTPUT_VARIABLE numbers COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "\n" ";" numbers "${numbers}")
  foreach(source number IN ZIP_LISTS ARGN numbers)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${number})
  endforeach()
  # A file that is edited may take a name that another of its group has.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

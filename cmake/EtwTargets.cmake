# The two libraries and the helpers that the folders use to list their files.
#
#   etw_sources(a.c b.c ...)   adds files of the current folder to the library
#   etw_stepped_sources(a.c)   the same for files that tests halt and kill (engine/step.h)
#   etw_test(name [SOURCES])   one test program, registered with ctest
#   etw_fuzzer(name)           one fuzz target and the test that replays its corpus

include(GNUInstallDirs)
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_package(EXPAT REQUIRED)
# Threads of Windows are part of the system.
if(NOT WIN32)
  find_package(Threads REQUIRED)
  set(ETW_SYSTEM Threads::Threads)
else()
  # Random numbers, when the system started, and waiting for words of memory.
  set(ETW_SYSTEM bcrypt ntdll synchronization)
endif()

# Flags of our own code; users of the library inherit none of them.
add_library(etw_flags INTERFACE)
target_include_directories(etw_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(etw_flags INTERFACE _FILE_OFFSET_BITS=64 _POSIX_C_SOURCE=200809L)
if(ETW_PLAIN_C)
  target_compile_definitions(etw_flags INTERFACE ETWI_PLAIN_C)
endif()
if(MSVC)
  # Standard atomics are behind a flag of their own. Names of POSIX that Microsoft calls deprecated
  # are used where the standard has them (fopen, getenv, strerror).
  target_compile_definitions(etw_flags INTERFACE _CRT_SECURE_NO_WARNINGS)
  target_compile_options(etw_flags INTERFACE /W4 /utf-8 /experimental:c11atomics)
  if(ETW_WERROR)
    target_compile_options(etw_flags INTERFACE /WX)
  endif()
else()
  target_compile_options(etw_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef -Wwrite-strings
    -Wstrict-prototypes -Wmissing-prototypes -Wno-sign-conversion)
  if(MINGW)
    # The macros of its math.h convert between kinds of numbers.
    target_compile_options(etw_flags INTERFACE -Wno-float-conversion)
  endif()
  if(ETW_WERROR)
    target_compile_options(etw_flags INTERFACE -Werror)
  endif()
endif()

# Instrumentation has to reach everything that links, so it is its own target.
add_library(etw_instrument INTERFACE)
if(ETW_SANITIZE)
  target_compile_options(etw_instrument INTERFACE
    -fsanitize=${ETW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  target_link_options(etw_instrument INTERFACE -fsanitize=${ETW_SANITIZE})
endif()
if(ETW_COVERAGE)
  target_compile_options(etw_instrument INTERFACE --coverage -O0)
  target_link_options(etw_instrument INTERFACE --coverage)
endif()

function(etw_sources)
  foreach(file IN LISTS ARGN)
    set_property(GLOBAL APPEND PROPERTY ETW_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
endfunction()

function(etw_stepped_sources)
  foreach(file IN LISTS ARGN)
    set_property(GLOBAL APPEND PROPERTY ETW_STEPPED_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
endfunction()

function(etw_setup_library name)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:etw_flags>
    $<BUILD_INTERFACE:etw_instrument> EXPAT::EXPAT ${ETW_SYSTEM})
  # Where sessions find the program that keeps their files.
  target_compile_definitions(${name} PRIVATE ETW_BUILDING
    ETWI_KEEPER_BUILT="${CMAKE_BINARY_DIR}/keeper/etw-keeper${CMAKE_EXECUTABLE_SUFFIX}"
    ETWI_KEEPER_INSTALLED="${CMAKE_INSTALL_FULL_LIBEXECDIR}/etw-keeper${CMAKE_EXECUTABLE_SUFFIX}")
endfunction()

# Call once, after every folder has listed its files.
function(etw_finish_library)
  get_property(sources GLOBAL PROPERTY ETW_SOURCES)
  get_property(stepped GLOBAL PROPERTY ETW_STEPPED_SOURCES)
  add_library(etw_objects OBJECT ${sources})
  add_library(etw_stepped OBJECT ${stepped})
  target_compile_definitions(etw_stepped PRIVATE ETWI_STEPPED)
  add_library(etw $<TARGET_OBJECTS:etw_objects> $<TARGET_OBJECTS:etw_stepped>)
  add_library(etw::etw ALIAS etw)
  foreach(library etw_objects etw_stepped etw)
    etw_setup_library(${library})
    set_target_properties(${library} PROPERTIES C_VISIBILITY_PRESET hidden)
    if(BUILD_SHARED_LIBS)
      set_target_properties(${library} PROPERTIES POSITION_INDEPENDENT_CODE ON)
      target_compile_definitions(${library} PUBLIC ETW_SHARED)
    endif()
  endforeach()
  set_target_properties(etw PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(BUILD_SHARED_LIBS AND WIN32 AND ETW_BUILD_CLI)
    # Programs look for DLLs beside themselves.
    set_target_properties(etw PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/cli)
  endif()
  if(ETW_BUILD_TESTS OR ETW_BUILD_FUZZERS OR ETW_BUILD_BENCH)
    # For tests and fuzzers: with internals visible, and a hook at every step of the engine.
    add_library(etw_testing STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:etw_objects> ${stepped})
    etw_setup_library(etw_testing)
    target_compile_definitions(etw_testing PUBLIC ETWI_TESTING)
    target_include_directories(etw_testing PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests/support)
  endif()
endfunction()

# Registers a program as a test. It succeeds if it exits with 0, and where it runs under Wine only if
# it also prints a line that matches the pattern.
function(etw_add_program_test name target pattern)
  if(CMAKE_CROSSCOMPILING)
    add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/wine_test.sh ${pattern}
      $<TARGET_FILE:${target}> ${ARGN})
  else()
    add_test(NAME ${name} COMMAND ${target} ${ARGN})
  endif()
endfunction()

# A path by which scripts start a program: its own, or that of a script that runs it under Wine and
# is called like it.
function(etw_program out target)
  set(path $<TARGET_FILE:${target}>)
  if(CMAKE_CROSSCOMPILING)
    get_target_property(name ${target} OUTPUT_NAME)
    if(NOT name)
      set(name ${target})
    endif()
    set(path ${CMAKE_BINARY_DIR}/programs/${name})
    get_property(is_made GLOBAL PROPERTY ETW_PROGRAM_${target})
    if(NOT is_made)
      file(GENERATE OUTPUT ${path}
        CONTENT "#!/bin/sh\nexec '${CMAKE_CROSSCOMPILING_EMULATOR}' '$<TARGET_FILE:${target}>' \"$@\"\n"
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
      set_property(GLOBAL PROPERTY ETW_PROGRAM_${target} TRUE)
    endif()
  endif()
  set(${out} ${path} PARENT_SCOPE)
endfunction()

function(etw_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;ARGS" ${ARGN})
  add_executable(test_${name} test_${name}.c ${arg_SOURCES})
  if(NOT MSVC)
    # The optimiser would take longer over them than they run; what they test is optimised.
    target_compile_options(test_${name} PRIVATE -O0)
  endif()
  target_link_libraries(test_${name} PRIVATE etw_testing etw_test_support etw_flags etw_instrument)
  etw_add_program_test(${name} test_${name} " passed, 0 failed" ${arg_ARGS})
endfunction()

function(etw_fuzzer name)
  if(ETW_BUILD_FUZZERS)
    add_executable(fuzz_${name} fuzz_${name}.c)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE etw_testing etw_flags etw_instrument)
  endif()
  if(ETW_BUILD_TESTS)
    # Every corpus replays as an ordinary test, with any compiler.
    add_executable(replay_${name} fuzz_${name}.c standalone.c)
    target_link_libraries(replay_${name} PRIVATE etw_testing etw_flags etw_instrument)
    etw_add_program_test(fuzz_replay_${name} replay_${name} " inputs replayed"
      ${CMAKE_CURRENT_SOURCE_DIR}/corpora/${name})
  endif()
endfunction()

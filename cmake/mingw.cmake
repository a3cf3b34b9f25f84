# What the toolchain files of both widths share; they set ETW_MINGW_TRIPLE.
set(CMAKE_SYSTEM_NAME Windows)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR ${ETW_MINGW_TRIPLE})

# Debian has the compiler in two variants. Ours needs nothing of pthreads, and programs should not
# need its DLL.
find_program(ETW_MINGW_COMPILER NAMES ${ETW_MINGW_TRIPLE}-gcc-win32 ${ETW_MINGW_TRIPLE}-gcc)
set(CMAKE_C_COMPILER ${ETW_MINGW_COMPILER})
set(CMAKE_RC_COMPILER ${ETW_MINGW_TRIPLE}-windres)

# The libraries that tools/mingw_expat.sh builds.
get_filename_component(ETW_MINGW_ROOT ${CMAKE_CURRENT_LIST_DIR}/../build/${ETW_MINGW_TRIPLE}
  ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${ETW_MINGW_ROOT} /usr/${ETW_MINGW_TRIPLE})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Tests run through Wine; -static keeps them free of the compiler's DLLs.
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../tools/wine_run.sh)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static)

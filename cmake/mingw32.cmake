# Builds for 32-bit Windows with Debian's cross compiler. Nothing here runs what is built.
set(ETW_MINGW_TRIPLE i686-w64-mingw32)
include(${CMAKE_CURRENT_LIST_DIR}/mingw.cmake)

# Builds for 64-bit Windows with Debian's cross compiler; what is built runs under Wine, see
# tools/wine_run.sh.
set(ETW_MINGW_TRIPLE x86_64-w64-mingw32)
include(${CMAKE_CURRENT_LIST_DIR}/mingw.cmake)

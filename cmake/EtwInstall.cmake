# Headers, library, CMake package, relocatable pkg-config file, command and man pages.

include(CMakePackageConfigHelpers)

set(ETW_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/etw)

install(TARGETS etw-keeper RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR})
install(TARGETS etw EXPORT etwTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/etw DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT etwTargets NAMESPACE etw:: DESTINATION ${ETW_CMAKE_DIR})

configure_package_config_file(cmake/etwConfig.cmake.in ${CMAKE_BINARY_DIR}/etwConfig.cmake
  INSTALL_DESTINATION ${ETW_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/etwConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/etwConfig.cmake ${CMAKE_BINARY_DIR}/etwConfigVersion.cmake
  DESTINATION ${ETW_CMAKE_DIR})

# ${pcfiledir} makes the installed tree movable; the way back up depends on libdir.
string(REGEX REPLACE "[^/]+" ".." ETW_PC_UP "${CMAKE_INSTALL_LIBDIR}")
set(ETW_PC_SYSTEM -lpthread)
if(WIN32)
  set(ETW_PC_SYSTEM "-lbcrypt -lntdll -lsynchronization")
endif()
configure_file(cmake/etw.pc.in ${CMAKE_BINARY_DIR}/etw.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/etw.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(ETW_BUILD_CLI)
  install(TARGETS etw_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  file(GLOB man_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.1)
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# What `cmake --install` puts where: library, headers, command line, CMake and pkg-config packages.
#
# Where Arrow comes from the wheel, its libraries are installed beside ours,
# and found by a relative run path, so that the installed tree works wherever it is moved.

include(CMakePackageConfigHelpers)

install(TARGETS deltaic_shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET deltaic_cli)
  install(TARGETS deltaic_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  set_target_properties(deltaic_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()
set_target_properties(deltaic_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
if(TARGET deltaic_ingest_program)
  install(TARGETS deltaic_ingest_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  set_target_properties(deltaic_ingest_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()
install(DIRECTORY include/deltaic DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

configure_package_config_file(
  cmake/deltaicConfig.cmake.in
  "${CMAKE_BINARY_DIR}/deltaicConfig.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/deltaic"
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR
)
write_basic_package_version_file(
  "${CMAKE_BINARY_DIR}/deltaicConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion
)
install(
  FILES "${CMAKE_BINARY_DIR}/deltaicConfig.cmake" "${CMAKE_BINARY_DIR}/deltaicConfigVersion.cmake"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/deltaic"
)

# The prefix is known only when installing, so the file is filled in then.
install(
  CODE
    "
  set(PROJECT_VERSION \"${PROJECT_VERSION}\")
  set(CMAKE_INSTALL_LIBDIR \"${CMAKE_INSTALL_LIBDIR}\")
  set(CMAKE_INSTALL_INCLUDEDIR \"${CMAKE_INSTALL_INCLUDEDIR}\")
  configure_file(\"${CMAKE_SOURCE_DIR}/cmake/deltaic.pc.in\" \"${CMAKE_BINARY_DIR}/deltaic.pc\" @ONLY)"
)
install(FILES "${CMAKE_BINARY_DIR}/deltaic.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

if(TARGET deltaic_wheel_arrow)
  foreach(library arrow parquet arrow_compute)
    get_target_property(location deltaic_wheel_${library} IMPORTED_LOCATION)
    install(FILES "${location}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  endforeach()
endif()

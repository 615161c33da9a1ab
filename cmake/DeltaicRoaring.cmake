# Finds CRoaring and defines deltaic::roaring: its CMake package, else the bare library (Debian 12).

find_package(roaring CONFIG QUIET)
if(roaring_FOUND)
  set_target_properties(roaring::roaring PROPERTIES IMPORTED_GLOBAL TRUE)
  add_library(deltaic::roaring ALIAS roaring::roaring)
else()
  find_library(DELTAIC_ROARING_LIBRARY roaring REQUIRED)
  find_path(DELTAIC_ROARING_INCLUDE_DIR roaring/roaring.h REQUIRED)
  add_library(deltaic_imported_roaring UNKNOWN IMPORTED GLOBAL)
  set_target_properties(
    deltaic_imported_roaring
    PROPERTIES
      IMPORTED_LOCATION "${DELTAIC_ROARING_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${DELTAIC_ROARING_INCLUDE_DIR}"
  )
  add_library(deltaic::roaring ALIAS deltaic_imported_roaring)
endif()

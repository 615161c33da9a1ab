# Finds CRoaring and defines deltaic::roaring.

find_package(roaring CONFIG QUIET)
if(roaring_FOUND)
  set_target_properties(roaring::roaring PROPERTIES IMPORTED_GLOBAL TRUE)
  add_library(deltaic::roaring ALIAS roaring::roaring)
  add_library(PkgConfig::ROARING ALIAS roaring::roaring)
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(ROARING REQUIRED IMPORTED_TARGET GLOBAL roaring)
  add_library(deltaic::roaring ALIAS PkgConfig::ROARING)
endif()

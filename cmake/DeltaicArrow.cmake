# Finds Arrow C++ and Parquet, and defines deltaic::arrow (core), deltaic::parquet and deltaic::arrow_compute.
#
# A CMake package is preferred. Without one the headers and libraries inside the pinned pyarrow wheel serve:
# the wheel names them libarrow.so.2600, so the links that -larrow wants are made in the build folder.

set(DELTAIC_PYARROW_DIR "" CACHE PATH "Folder of an installed pyarrow wheel; found by itself when empty")

find_package(Arrow CONFIG QUIET)
find_package(Parquet CONFIG QUIET)
if(Arrow_FOUND AND Parquet_FOUND AND NOT DELTAIC_PYARROW_DIR)
  add_library(deltaic::arrow ALIAS Arrow::arrow_shared)
  add_library(deltaic::parquet ALIAS Parquet::parquet_shared)
  find_package(ArrowCompute CONFIG QUIET)
  if(TARGET ArrowCompute::arrow_compute_shared)
    add_library(deltaic::arrow_compute ALIAS ArrowCompute::arrow_compute_shared)
  else()
    add_library(deltaic::arrow_compute ALIAS Arrow::arrow_shared)
  endif()
  message(STATUS "deltaic: Arrow ${Arrow_VERSION} from its CMake package")
  return()
endif()

if(NOT DELTAIC_PYARROW_DIR)
  set(DELTAIC_VENV_DIR "$ENV{HOME}/.cache/deltaic/venv")
  if(DEFINED ENV{DELTAIC_VENV})
    set(DELTAIC_VENV_DIR "$ENV{DELTAIC_VENV}")
  endif()
  find_program(DELTAIC_PYTHON NAMES python3 HINTS "${DELTAIC_VENV_DIR}/bin")
  execute_process(
    COMMAND
      "${DELTAIC_PYTHON}" -c
      "import importlib.util as u; print(u.find_spec('pyarrow').submodule_search_locations[0])"
    OUTPUT_VARIABLE DELTAIC_PYARROW_FOUND
    OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET
    RESULT_VARIABLE DELTAIC_PYARROW_RESULT
  )
  if(NOT DELTAIC_PYARROW_RESULT EQUAL 0)
    message(FATAL_ERROR "deltaic: no Arrow CMake package and no pyarrow wheel found; run dev/setup first")
  endif()
  set(DELTAIC_PYARROW_DIR "${DELTAIC_PYARROW_FOUND}" CACHE PATH "" FORCE)
endif()

function(deltaic_import_wheel_library name)
  file(GLOB found "${DELTAIC_PYARROW_DIR}/lib${name}.so.*")
  list(FILTER found EXCLUDE REGEX "\\.so\\.[0-9]+\\.[0-9]")
  list(LENGTH found count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "deltaic: expected one lib${name}.so.N in ${DELTAIC_PYARROW_DIR}, found '${found}'")
  endif()
  add_library(deltaic_wheel_${name} SHARED IMPORTED GLOBAL)
  set_target_properties(
    deltaic_wheel_${name}
    PROPERTIES
      IMPORTED_LOCATION "${found}"
      INTERFACE_INCLUDE_DIRECTORIES "${DELTAIC_PYARROW_DIR}/include"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DELTAIC_PYARROW_DIR}/include"
  )
  add_library(deltaic::${name} ALIAS deltaic_wheel_${name})
endfunction()

deltaic_import_wheel_library(arrow)
deltaic_import_wheel_library(parquet)
deltaic_import_wheel_library(arrow_compute)
set_target_properties(
  deltaic_wheel_parquet
  deltaic_wheel_arrow_compute
  PROPERTIES INTERFACE_LINK_LIBRARIES deltaic_wheel_arrow
)
message(STATUS "deltaic: Arrow from the wheel in ${DELTAIC_PYARROW_DIR}")

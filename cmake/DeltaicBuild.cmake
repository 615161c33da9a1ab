# Compiler settings, and the functions that each folder's CMakeLists.txt uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
# One code model everywhere, so that programs and libraries share the precompiled headers.
add_compile_options(-fPIC)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

find_program(DELTAIC_CCACHE ccache)
if(DELTAIC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness settings are the ones ccache asks for with precompiled headers.
  set(
    launcher
    ${CMAKE_COMMAND}
    -E
    env
    "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
    CCACHE_NOHASHDIR=1
    ${DELTAIC_CCACHE}
  )
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()

# Sanitized programs link in a tenth of the time. Releases keep the system's linker.
if(DELTAIC_SANITIZE)
  find_program(DELTAIC_MOLD mold)
  if(DELTAIC_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

add_compile_options(-Wall -Wextra $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
if(DELTAIC_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()
if(DELTAIC_SANITIZE)
  add_compile_options(-fsanitize=${DELTAIC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DELTAIC_SANITIZE})
endif()

# A folder or source that is listed before it is written is left out, and looked for again at each build.
function(deltaic_add_subdirectory dir)
  set(list_file "${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt")
  if(EXISTS "${list_file}")
    add_subdirectory(${dir})
  else()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list_file}")
  endif()
endfunction()
function(deltaic_existing_sources out)
  set(found "")
  foreach(source ${ARGN})
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}" OR IS_ABSOLUTE "${source}")
      list(APPEND found "${source}")
    else()
      message(WARNING "deltaic: ${CMAKE_CURRENT_SOURCE_DIR}/${source} is not there yet")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
    endif()
  endforeach()
  if(NOT found)
    set(found "${CMAKE_BINARY_DIR}/pch/empty.cc")
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# The least x86-64 processor; docs/decisions/0006-x86-64-v2.md.
set(DELTAIC_SIMD_OPTIONS "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(DELTAIC_SIMD_OPTIONS -march=x86-64-v2 -mpclmul)
endif()

# deltaic_layer(NAME SOURCES a.cc ... [PUBLIC lib ...] [PRIVATE lib ...] [ARROW | SIMD])
#
# One folder of src/ as the static library deltaic_NAME. ARROW: the layer compiles against Arrow, with the
# precompiled Arrow headers. SIMD: it compiles for the least processor's vector instructions, without precompiled
# headers, since those are compiled for another processor.
function(deltaic_layer name)
  cmake_parse_arguments(arg "ARROW;SIMD" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  deltaic_existing_sources(sources ${arg_SOURCES})
  add_library(deltaic_${name} STATIC ${sources})
  target_include_directories(
    deltaic_${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include"
  )
  target_link_libraries(deltaic_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(arg_ARROW)
    target_link_libraries(deltaic_${name} PUBLIC deltaic::arrow deltaic::parquet deltaic::arrow_compute)
    target_precompile_headers(deltaic_${name} REUSE_FROM deltaic_pch_arrow)
  elseif(arg_SIMD)
    target_compile_options(deltaic_${name} PRIVATE ${DELTAIC_SIMD_OPTIONS})
  else()
    target_precompile_headers(deltaic_${name} REUSE_FROM deltaic_pch_std)
  endif()
endfunction()

# Tests themselves are compiled in a third of the time without optimization and UBSan; what they test keeps both.
set(DELTAIC_TEST_OPTIONS "")
if(DELTAIC_SANITIZE MATCHES "address")
  set(DELTAIC_TEST_OPTIONS -O0 -fno-sanitize=undefined)
endif()

# deltaic_test(NAME SOURCES a_test.cc ... [LIBS lib ...] [ARROW])
#
# The GoogleTest program NAME, run by ctest as one test.
function(deltaic_test name)
  if(NOT DELTAIC_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "ARROW" "" "SOURCES;LIBS" ${ARGN})
  deltaic_existing_sources(sources ${arg_SOURCES})
  add_executable(${name} ${sources})
  target_include_directories(
    ${name}
    PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/include"
  )
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${DELTAIC_TEST_OPTIONS})
  if(arg_ARROW)
    target_link_libraries(${name} PRIVATE deltaic::arrow deltaic::parquet deltaic::arrow_compute)
    target_precompile_headers(${name} REUSE_FROM deltaic_pch_test_arrow)
  else()
    target_precompile_headers(${name} REUSE_FROM deltaic_pch_test_std)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  # Arrow is not instrumented, so containers that cross into it would raise false alarms.
  set_tests_properties(
    ${name}
    PROPERTIES
      ENVIRONMENT "ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0;UBSAN_OPTIONS=print_stacktrace=1"
      TIMEOUT 600
  )
endfunction()

# The few OpenCV module macros that CMakeLists.txt uses, for a build outside an OpenCV tree against an installed OpenCV.

# As OpenCV's own build has it: 406 for 4.6.
string(REGEX REPLACE "^.$" "0\\0" OPENCV_SOVERSION ${OpenCV_VERSION_MINOR})
string(PREPEND OPENCV_SOVERSION ${OpenCV_VERSION_MAJOR})

macro(ocv_add_module name)
  set(the_module opencv_${name})
  set(_ocv_dependencies)
  set(_ocv_keyword)
  foreach(_ocv_word ${ARGN})
    if(_ocv_word MATCHES "^(WRAP|OPTIONAL|PRIVATE_REQUIRED)$")
      set(_ocv_keyword ${_ocv_word})
    elseif(NOT _ocv_keyword)
      list(APPEND _ocv_dependencies ${_ocv_word})
    endif()
  endforeach()
endmacro()

macro(ocv_set_module_sources)
  cmake_parse_arguments(OCV_MODULE "" "" "HEADERS;SOURCES" ${ARGN})
endmacro()

macro(ocv_module_include_directories)
  set(_ocv_include_directories ${ARGN})
endmacro()

macro(ocv_create_module)
  add_library(${the_module} ${OCV_MODULE_SOURCES} ${OCV_MODULE_HEADERS})
  target_include_directories(${the_module} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${ANOMALY_INSTALL_INCLUDEDIR}>)
  target_include_directories(${the_module} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_BINARY_DIR} ${_ocv_include_directories})
  target_compile_features(${the_module} PUBLIC cxx_std_11)
  target_compile_definitions(${the_module} PRIVATE CVAPI_EXPORTS ANOMALY_VERSION="${PROJECT_VERSION}")
  set_target_properties(${the_module} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    POSITION_INDEPENDENT_CODE ON
    INSTALL_RPATH_USE_LINK_PATH ON)
  target_link_libraries(${the_module} PUBLIC ${_ocv_dependencies} PRIVATE ${ARGN})
endmacro()

macro(ocv_target_link_libraries target)
  target_link_libraries(${target} ${ARGN})
endmacro()

macro(ocv_add_accuracy_tests)
  if(ANOMALY_BUILD_TESTS)
    set(_ocv_test opencv_test_anomaly)
    file(GLOB _ocv_test_sources CONFIGURE_DEPENDS test/*.cpp)
    add_executable(${_ocv_test} ${_ocv_test_sources})
    target_compile_features(${_ocv_test} PRIVATE cxx_std_14) # GoogleTest 1.12 asks for it
    target_compile_definitions(${_ocv_test} PRIVATE ANOMALY_TEST_DATA_DIR="${PROJECT_SOURCE_DIR}/test_data")
    target_link_libraries(${_ocv_test} PRIVATE ${the_module} GTest::gtest ${ARGN})
    add_test(NAME ${_ocv_test} COMMAND ${_ocv_test})
    set_tests_properties(${_ocv_test} PROPERTIES TIMEOUT 1200)
    if(ANOMALY_SANITIZE)
      set_tests_properties(${_ocv_test} PROPERTIES TIMEOUT 7200)
    endif()
  endif()
endmacro()

macro(ocv_add_perf_tests)
endmacro()

# Programs of samples/ are named as OpenCV's tree names them. A wheel has no place for them.
macro(ocv_add_samples)
  if(ANOMALY_BUILD_SAMPLES AND NOT SKBUILD)
    file(GLOB _ocv_samples CONFIGURE_DEPENDS samples/*.cpp)
    foreach(_ocv_sample ${_ocv_samples})
      get_filename_component(_ocv_name ${_ocv_sample} NAME_WE)
      add_executable(example_anomaly_${_ocv_name} ${_ocv_sample})
      target_link_libraries(example_anomaly_${_ocv_name} PRIVATE ${the_module})
      if(OpenCV_VERSION VERSION_LESS 5) # programs of users of OpenCV 4 may be C++11
        set_target_properties(example_anomaly_${_ocv_name} PROPERTIES CXX_STANDARD 11)
      endif()
    endforeach()
  endif()
endmacro()

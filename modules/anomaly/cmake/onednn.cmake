# oneDNN, which runs the backbone on the processor, where wanted and found. Gives ANOMALY_ONEDNN_SOURCES, _DEFINITIONS,
# _LIBRARIES and _INCLUDE_DIRS; empty where it is left out. They are no targets: a static library's users would have to
# find those again.
set(ANOMALY_ONEDNN_SOURCES)
set(ANOMALY_ONEDNN_DEFINITIONS)
set(ANOMALY_ONEDNN_LIBRARIES)
set(ANOMALY_ONEDNN_INCLUDE_DIRS)

if(DEFINED ANOMALY_WITH_ONEDNN AND NOT ANOMALY_WITH_ONEDNN)
  message(STATUS "anomaly: cv::dnn runs the backbone, ANOMALY_WITH_ONEDNN is OFF")
  return()
endif()
if(NOT "HAVE_ANOMALY_HALIDE" IN_LIST ANOMALY_HALIDE_DEFINITIONS)
  message(STATUS "anomaly: cv::dnn runs the backbone, oneDNN belongs to ENGINE_HALIDE, which is not built")
  return()
endif()
find_path(ANOMALY_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(ANOMALY_ONEDNN_LIBRARY dnnl)
mark_as_advanced(ANOMALY_ONEDNN_INCLUDE_DIR ANOMALY_ONEDNN_LIBRARY)
if(NOT ANOMALY_ONEDNN_INCLUDE_DIR OR NOT ANOMALY_ONEDNN_LIBRARY)
  message(STATUS "anomaly: cv::dnn runs the backbone, oneDNN was not found (Debian: libdnnl-dev)")
  return()
endif()
# A strip of a layer runs on one thread. How many there are is set by OpenMP's interface.
file(STRINGS ${ANOMALY_ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_config.h _openmp
  REGEX "^#define DNNL_CPU_THREADING_RUNTIME DNNL_RUNTIME_OMP")
find_package(OpenMP QUIET COMPONENTS CXX)
if(NOT _openmp OR NOT OpenMP_CXX_FOUND)
  message(STATUS "anomaly: cv::dnn runs the backbone, this oneDNN does not compute by OpenMP, or the compiler has none")
  return()
endif()
set(ANOMALY_ONEDNN_SOURCES src/backbone/onednn_layers.cpp src/backbone/onednn_network.cpp src/backbone/onednn_strips.cpp
  src/backbone/winograd.cpp)
set(ANOMALY_ONEDNN_DEFINITIONS HAVE_ANOMALY_ONEDNN)
set(ANOMALY_ONEDNN_LIBRARIES ${ANOMALY_ONEDNN_LIBRARY} ${OpenMP_CXX_LIBRARIES})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # it finds its own by name, which lies in a folder of its version
  set(ANOMALY_ONEDNN_LIBRARIES ${ANOMALY_ONEDNN_LIBRARY} ${OpenMP_CXX_LIB_NAMES})
endif()
set(ANOMALY_ONEDNN_INCLUDE_DIRS ${ANOMALY_ONEDNN_INCLUDE_DIR} ${OpenMP_CXX_INCLUDE_DIRS})
message(STATUS "anomaly: oneDNN runs the backbone (${ANOMALY_ONEDNN_LIBRARY})")

# opencv_anomaly_train, which alone includes LibTorch. A shared build loads it when fit first needs it, so that programs
# that only predict do not carry LibTorch; a static build links it.
set(ANOMALY_TRAINING_LIBRARIES)
set(ANOMALY_TRAINING_DEFINITIONS
  ANOMALY_TRAINING_FILE="${CMAKE_SHARED_LIBRARY_PREFIX}opencv_anomaly_train${CMAKE_SHARED_LIBRARY_SUFFIX}")

if(NOT DEFINED ANOMALY_WITH_TORCH OR ANOMALY_WITH_TORCH)
  find_package(Torch QUIET)
endif()
if(TORCH_FOUND)
  message(STATUS "anomaly: training with LibTorch ${Torch_VERSION}")
  add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/train ${CMAKE_CURRENT_BINARY_DIR}/train)
  if(NOT BUILD_SHARED_LIBS)
    set(ANOMALY_TRAINING_LIBRARIES opencv_anomaly_train)
    list(APPEND ANOMALY_TRAINING_DEFINITIONS ANOMALY_TRAINING_LINKED)
  endif()
else()
  message(STATUS "anomaly: no training (LibTorch not found or ANOMALY_WITH_TORCH=OFF); stored models still predict")
endif()

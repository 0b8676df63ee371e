# opencv_anomaly_train, which alone includes LibTorch. A shared build has a helper process load it when fit first needs
# it, so that programs that only predict do not carry LibTorch, and those that train may hold another one; a static
# build links it. The file's name carries OpenCV's version, so that one
# built for another OpenCV is never loaded.
if(WIN32)
  set(_suffix ${CMAKE_SHARED_LIBRARY_SUFFIX})
elseif(APPLE)
  set(_suffix .${OPENCV_SOVERSION}${CMAKE_SHARED_LIBRARY_SUFFIX})
else()
  set(_suffix ${CMAKE_SHARED_LIBRARY_SUFFIX}.${OPENCV_SOVERSION})
endif()
set(ANOMALY_TRAINING_LIBRARIES)
set(ANOMALY_TRAINER_PROGRAM opencv_anomaly_trainer.${OPENCV_SOVERSION})
set(ANOMALY_TRAINING_DEFINITIONS ANOMALY_TRAINING_FILE="${CMAKE_SHARED_LIBRARY_PREFIX}opencv_anomaly_train${_suffix}"
  ANOMALY_TRAINER_PROGRAM="${ANOMALY_TRAINER_PROGRAM}")

# In a wheel the helper process is a Python program, python/wheel/trainer.py.
if(SKBUILD)
  list(APPEND ANOMALY_TRAINING_DEFINITIONS ANOMALY_TRAINS_BY_PYTHON)
  install(PROGRAMS ${PROJECT_SOURCE_DIR}/python/wheel/opencv_anomaly_trainer.sh DESTINATION cv_anomaly RENAME ${ANOMALY_TRAINER_PROGRAM})
  message(STATUS "anomaly: training with the torch of the Python that the wheel is installed for")
  return()
endif()

# The file of LibTorch's own code.
function(anomaly_torch_file out)
  get_target_property(_configurations torch_cpu IMPORTED_CONFIGURATIONS)
  list(GET _configurations 0 _configuration)
  get_target_property(_file torch_cpu IMPORTED_LOCATION_${_configuration})
  set(${out} ${_file} PARENT_SCOPE)
endfunction()

# Debian's LibTorch links OpenCV itself, and two versions of OpenCV must not meet in one process.
# Gives the version that a library links, as 406; nothing where it links none.
function(anomaly_linked_opencv file out)
  set(${out} "" PARENT_SCOPE)
  if(CMAKE_READELF)
    execute_process(COMMAND ${CMAKE_READELF} -d ${file} OUTPUT_VARIABLE _needed ERROR_QUIET)
    if(_needed MATCHES "libopencv_core\\.so\\.([0-9]+)")
      set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

if(DEFINED ANOMALY_WITH_TORCH AND NOT ANOMALY_WITH_TORCH)
  message(STATUS "anomaly: no training, ANOMALY_WITH_TORCH is OFF; stored models still predict")
  return()
endif()
if(DEFINED OPENCV_INITIAL_PASS AND NOT BUILD_SHARED_LIBS)
  message(STATUS "anomaly: no training, OpenCV's static libraries cannot carry LibTorch; stored models still predict")
  return()
endif()
# An OpenCV that builds Protobuf itself, as it does by default, names it where CMake takes that for its own finding of the
# system's, which Debian's LibTorch then misses. Other variables of that finding are read by nobody later.
set(_protobuf ${Protobuf_LIBRARIES})
unset(Protobuf_LIBRARIES)
find_package(Torch QUIET)
set(Protobuf_LIBRARIES ${_protobuf})
if(NOT TORCH_FOUND)
  message(STATUS "anomaly: no training, LibTorch was not found (Debian: libtorch-dev); stored models still predict")
  return()
endif()
anomaly_torch_file(_torch)
anomaly_linked_opencv(${_torch} _linked)
if(_linked AND NOT _linked STREQUAL OPENCV_SOVERSION)
  message(STATUS "anomaly: no training, this LibTorch links an OpenCV of its own (${_linked}, not ${OPENCV_SOVERSION}); stored models still predict")
  return()
endif()
if(_linked AND DEFINED OPENCV_INITIAL_PASS AND NOT HAVE_OPENCL)
  message(STATUS "anomaly: no training, this LibTorch links OpenCV modules that an OpenCV without OpenCL cannot carry (WITH_OPENCL); stored models still predict")
  return()
endif()
message(STATUS "anomaly: training with LibTorch ${Torch_VERSION}")
add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/train ${CMAKE_CURRENT_BINARY_DIR}/train)
list(APPEND ANOMALY_TRAINING_DEFINITIONS ANOMALY_TORCH_FILE="${_torch}" ANOMALY_TORCH_VERSION="${Torch_VERSION}")
get_filename_component(_torch ${_torch} DIRECTORY)
set_target_properties(opencv_anomaly_train PROPERTIES ANOMALY_TORCH_FOLDER ${_torch}) # for pkg-config's file
if(NOT BUILD_SHARED_LIBS)
  set(ANOMALY_TRAINING_LIBRARIES opencv_anomaly_train)
  list(APPEND ANOMALY_TRAINING_DEFINITIONS ANOMALY_TRAINING_LINKED)
endif()

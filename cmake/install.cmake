# What `cmake --install` puts in place. Components: libraries, training, development, tools and, where it is built, python.
# All paths are relative, so that the prefix may be moved.
include(CMakePackageConfigHelpers)

set(ANOMALY_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/opencv_anomaly)
set(trained_in_static FALSE)
if(TARGET opencv_anomaly_train AND NOT BUILD_SHARED_LIBS)
  set(trained_in_static TRUE)
endif()

# anomaly_find_beside(<target> <folder that it goes to>): where it finds opencv_anomaly, unless the loader looks there by itself.
function(anomaly_find_beside target folder)
  if(BUILD_SHARED_LIBS AND NOT CMAKE_INSTALL_FULL_LIBDIR IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
    file(RELATIVE_PATH way /prefix/${folder} /prefix/${CMAKE_INSTALL_LIBDIR})
    set_property(TARGET ${target} APPEND PROPERTY INSTALL_RPATH $<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>/${way})
  endif()
  set_target_properties(${target} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
endfunction()

install(TARGETS opencv_anomaly EXPORT opencv_anomaly
  RUNTIME COMPONENT libraries
  LIBRARY COMPONENT libraries NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development)
install(DIRECTORY modules/anomaly/include/opencv2 DESTINATION ${ANOMALY_INSTALL_INCLUDEDIR} COMPONENT development)

# A shared one is loaded by name, from beside opencv_anomaly: nothing links it.
if(trained_in_static)
  install(TARGETS opencv_anomaly_train EXPORT opencv_anomaly ARCHIVE COMPONENT development)
elseif(TARGET opencv_anomaly_train)
  install(TARGETS opencv_anomaly_train RUNTIME COMPONENT training LIBRARY COMPONENT training NAMELINK_SKIP)
  if(TARGET opencv_anomaly_trainer)
    install(TARGETS opencv_anomaly_trainer RUNTIME DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT training)
  endif()
endif()

if(ANOMALY_BUILD_SAMPLES)
  set(programs anomaly_train anomaly_evaluate anomaly_predict anomaly_update anomaly_export anomaly_camera anomaly_benchmark)
  foreach(program ${programs})
    anomaly_find_beside(${program} ${CMAKE_INSTALL_BINDIR})
  endforeach()
  install(TARGETS ${programs} RUNTIME COMPONENT tools)
endif()
if(TARGET cv_anomaly)
  set(folder ${ANOMALY_PYTHON_INSTALL_DIR}/cv_anomaly)
  anomaly_find_beside(cv_anomaly ${folder})
  install(TARGETS cv_anomaly LIBRARY DESTINATION ${folder} COMPONENT python)
  install(FILES python/cv_anomaly/__init__.py python/cv_anomaly/py.typed ${CMAKE_BINARY_DIR}/python/cv_anomaly/__init__.pyi
    DESTINATION ${folder} COMPONENT python)
endif()
install(FILES tests/consumer/CMakeLists.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/opencv_anomaly/samples COMPONENT development)
install(DIRECTORY modules/anomaly/samples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/opencv_anomaly/samples COMPONENT development
  FILES_MATCHING PATTERN *.cpp)

# CMake's package
install(EXPORT opencv_anomaly FILE opencv_anomalyTargets.cmake DESTINATION ${ANOMALY_INSTALL_CMAKEDIR} COMPONENT development)
configure_package_config_file(cmake/opencv_anomalyConfig.cmake.in opencv_anomalyConfig.cmake INSTALL_DESTINATION ${ANOMALY_INSTALL_CMAKEDIR})
write_basic_package_version_file(opencv_anomalyConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/opencv_anomalyConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/opencv_anomalyConfigVersion.cmake
  DESTINATION ${ANOMALY_INSTALL_CMAKEDIR} COMPONENT development)

# pkg-config's file. OpenCV's own links all of its modules, and most installations of OpenCV have none.
file(RELATIVE_PATH way_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
list(TRANSFORM OpenCV_INCLUDE_DIRS PREPEND -I OUTPUT_VARIABLE opencv_includes)
list(JOIN opencv_includes " " opencv_includes)
set(training_libraries)
set(system_libraries)
if(NOT BUILD_SHARED_LIBS)
  set(system_libraries "-lz -ldl -pthread")
  get_target_property(definitions opencv_anomaly COMPILE_DEFINITIONS)
  if("HAVE_ANOMALY_LIBDEFLATE" IN_LIST definitions)
    string(APPEND system_libraries " -ldeflate")
  endif()
  if("HAVE_ANOMALY_ONEDNN" IN_LIST definitions)
    string(APPEND system_libraries " -ldnnl -lgomp")
  endif()
endif()
if(trained_in_static)
  get_target_property(torch_folder opencv_anomaly_train ANOMALY_TORCH_FOLDER)
  set(training_libraries "-lopencv_anomaly_train -L${torch_folder} -ltorch_cpu -lc10")
endif()
configure_file(cmake/opencv_anomaly.pc.in opencv_anomaly.pc.generate @ONLY)
file(GENERATE OUTPUT opencv_anomaly.pc INPUT ${CMAKE_CURRENT_BINARY_DIR}/opencv_anomaly.pc.generate)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/opencv_anomaly.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

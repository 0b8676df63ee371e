# What pip installs (pyproject.toml): the folder cv_anomaly, whose module holds the programs too, and cv_anomaly_programs.py, by which
# pip's commands start them.
if(NOT TARGET cv_anomaly)
  message(FATAL_ERROR "anomaly: a wheel needs the headers of Python ${ANOMALY_PYTHON} and pybind11 2.12 or newer: see the lines above that start with 'anomaly:'")
endif()

install(TARGETS cv_anomaly LIBRARY DESTINATION cv_anomaly)
install(FILES python/cv_anomaly/__init__.py python/cv_anomaly/py.typed ${CMAKE_BINARY_DIR}/python/cv_anomaly/__init__.pyi
  python/wheel/trainer.py DESTINATION cv_anomaly)
install(FILES python/wheel/cv_anomaly_programs.py DESTINATION .)
set(ANOMALY_WHEEL_LICENSES "" CACHE STRING "Licenses of libraries that the wheel carries along: files")
install(FILES ${ANOMALY_WHEEL_LICENSES} DESTINATION ${SKBUILD_METADATA_DIR}/licenses)

# An OpenCV in a place of its own is found there.
set_target_properties(cv_anomaly PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)

# An OpenCV inside shows none of its names, so that no other in the process is taken for it, nor it for another.
if(CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF")
  target_link_options(cv_anomaly PRIVATE -Wl,--exclude-libs,ALL -Wl,--version-script=${PROJECT_SOURCE_DIR}/python/wheel/exported_names)
  set_property(TARGET cv_anomaly APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/python/wheel/exported_names)
endif()

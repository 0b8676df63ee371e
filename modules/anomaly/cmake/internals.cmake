# opencv_anomaly_internals: what programs link that test or measure functions of src, which a shared opencv_anomaly does
# not export. It takes the place of opencv_anomaly and holds the same objects: a program that linked both would have two
# copies of the library's state.
add_library(opencv_anomaly_internals INTERFACE)
get_target_property(_type ${the_module} TYPE)
if(_type STREQUAL "SHARED_LIBRARY")
  get_target_property(_public_libraries ${the_module} INTERFACE_LINK_LIBRARIES)
  target_sources(opencv_anomaly_internals INTERFACE $<TARGET_OBJECTS:${the_module}>)
  target_include_directories(opencv_anomaly_internals INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/include)
  # TARGET_OBJECTS has no objects that CMake does not compile: those of Halide, which the module's own link makes.
  target_link_libraries(opencv_anomaly_internals INTERFACE
    ${ANOMALY_HALIDE_OBJECTS} ${_public_libraries} ${ANOMALY_PRIVATE_LIBRARIES})
  add_dependencies(opencv_anomaly_internals ${the_module})
else()
  target_link_libraries(opencv_anomaly_internals INTERFACE ${the_module})
endif()
if("HAVE_ANOMALY_HALIDE" IN_LIST ANOMALY_HALIDE_DEFINITIONS) # tests of classes that only builds with Halide have
  target_compile_definitions(opencv_anomaly_internals INTERFACE HAVE_ANOMALY_HALIDE)
endif()

# anomaly_link_internals(<program>): for a program that OpenCV's macros have made, if they did, and linked with the
# module.
function(anomaly_link_internals program)
  if(TARGET ${program})
    get_target_property(libraries ${program} LINK_LIBRARIES)
    list(REMOVE_ITEM libraries ${the_module})
    set_target_properties(${program} PROPERTIES LINK_LIBRARIES "${libraries}")
    target_link_libraries(${program} PRIVATE opencv_anomaly_internals)
  endif()
endfunction()

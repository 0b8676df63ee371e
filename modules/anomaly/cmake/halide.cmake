# The Halide kernels, where wanted and found: one object with all of them and their run time.
set(ANOMALY_HALIDE_SOURCES src/device/halide_runtime.cpp)
set(ANOMALY_HALIDE_DEFINITIONS)
set(ANOMALY_HALIDE_LIBRARIES)
set(ANOMALY_HALIDE_OBJECTS)
set(ANOMALY_HALIDE_INCLUDE_DIRS)

if(NOT DEFINED ANOMALY_WITH_HALIDE)
  set(ANOMALY_WITH_HALIDE ON)
endif()
set(ANOMALY_HALIDE_GENERATORS_DIR ${CMAKE_CURRENT_LIST_DIR}/../../../halide_generators CACHE PATH "Folder of the kernels' generators")
if(NOT ANOMALY_WITH_HALIDE)
  message(STATUS "anomaly: plain C++ scorer, ANOMALY_WITH_HALIDE is OFF")
  return()
endif()
if(NOT EXISTS ${ANOMALY_HALIDE_GENERATORS_DIR}/CMakeLists.txt)
  message(STATUS "anomaly: plain C++ scorer, no generators in ANOMALY_HALIDE_GENERATORS_DIR (${ANOMALY_HALIDE_GENERATORS_DIR})")
  return()
endif()
find_package(Halide QUIET COMPONENTS Halide)
if(NOT Halide_FOUND)
  message(STATUS "anomaly: plain C++ scorer, Halide was not found (Debian: libhalide14-0-dev)")
  return()
endif()

# The first target that the processor can run is taken, at run time; the last runs everywhere.
set(_targets ${Halide_CMAKE_TARGET}-user_context-no_runtime)
if(Halide_CMAKE_TARGET MATCHES "^x86-64")
  foreach(_features sse41 avx2-avx-fma-f16c-sse41 avx512_skylake-avx512-avx2-avx-fma-f16c-sse41)
    string(PREPEND _targets ${Halide_CMAKE_TARGET}-${_features}-user_context-no_runtime,)
  endforeach()
elseif(NOT Halide_CMAKE_TARGET MATCHES "^arm-64")
  message(STATUS "anomaly: plain C++ scorer, no kernels for ${Halide_CMAKE_TARGET}")
  return()
endif()

set(_folder ${CMAKE_CURRENT_BINARY_DIR}/halide)
file(MAKE_DIRECTORY ${_folder})
# Where another processor is compiled for, the generators still run on this machine.
set(ANOMALY_GENERATORS "" CACHE FILEPATH "Empty, or the program anomaly_generators of a build for this machine, which writes the kernels of a cross build")
if(ANOMALY_GENERATORS)
  add_executable(anomaly_generators IMPORTED)
  set_target_properties(anomaly_generators PROPERTIES IMPORTED_LOCATION ${ANOMALY_GENERATORS})
elseif(CMAKE_CROSSCOMPILING)
  message(FATAL_ERROR "anomaly: a cross build takes its kernels from a build for this machine: name its program anomaly_generators as "
                      "ANOMALY_GENERATORS, or set ANOMALY_WITH_HALIDE to OFF")
else()
  add_subdirectory(${ANOMALY_HALIDE_GENERATORS_DIR} ${CMAKE_CURRENT_BINARY_DIR}/halide_generators)
  target_include_directories(anomaly_generators PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src/kernels) # kernel_sizes.hpp
endif()

# Schedules are written by hand, where doc/kernels.md shows them to be faster than what Halide finds itself.
set(ANOMALY_HALIDE_AUTOSCHEDULER "" CACHE STRING "Empty, or Halide's own scheduler for the kernels: Mullapudi2016, Adams2019 or Li2018")
set(_automatic)
if(ANOMALY_HALIDE_AUTOSCHEDULER)
  if(NOT TARGET Halide::${ANOMALY_HALIDE_AUTOSCHEDULER})
    message(FATAL_ERROR "ANOMALY_HALIDE_AUTOSCHEDULER is '${ANOMALY_HALIDE_AUTOSCHEDULER}', which this Halide does not have: leave it empty, or take Mullapudi2016, Adams2019 or Li2018")
  endif()
  if(Halide_VERSION VERSION_LESS 15)
    set(_automatic -p $<TARGET_FILE:Halide::${ANOMALY_HALIDE_AUTOSCHEDULER}> -s ${ANOMALY_HALIDE_AUTOSCHEDULER} auto_schedule=true)
  else()
    set(_automatic -p $<TARGET_FILE:Halide::${ANOMALY_HALIDE_AUTOSCHEDULER}> autoscheduler=${ANOMALY_HALIDE_AUTOSCHEDULER})
  endif()
endif()

# What a GPU runs: PTX that its driver compiles, so that no toolkit is needed here. The OpenCL form serves to test kernels and their callers
# without a GPU, on a processor by PoCL.
set(ANOMALY_GPU_KERNELS cuda CACHE STRING "Kernels for GPUs: cuda, none, or opencl for tests")
set(_gpu_target ${Halide_CMAKE_TARGET}-user_context-no_runtime)
set(_runtime_target ${Halide_CMAKE_TARGET})
if(ANOMALY_GPU_KERNELS STREQUAL "cuda")
  string(APPEND _gpu_target -cuda-cuda_capability_80)
elseif(ANOMALY_GPU_KERNELS STREQUAL "opencl")
  string(APPEND _gpu_target -opencl)
elseif(NOT ANOMALY_GPU_KERNELS STREQUAL "none")
  message(FATAL_ERROR "ANOMALY_GPU_KERNELS is '${ANOMALY_GPU_KERNELS}', expected cuda, none or opencl")
endif()

set(_archives)
set(_headers)
set(_archive_suffix ${CMAKE_STATIC_LIBRARY_SUFFIX})
if(Halide_CMAKE_TARGET MATCHES "-windows")
  set(_archive_suffix .lib) # so Halide names them, for MinGW too
endif()
# anomaly_kernel_for(<targets> <function> <generator> [parameters])
macro(anomaly_kernel_for targets function generator)
  set(_archive ${_folder}/${function}${_archive_suffix})
  add_custom_command(OUTPUT ${_archive} ${_folder}/${function}.h
    COMMAND anomaly_generators -g ${generator} -f ${function} -n ${function} -o ${_folder} -e static_library,c_header target=${targets} ${ARGN}
    DEPENDS anomaly_generators
    COMMENT "Halide kernel ${function}" VERBATIM)
  list(APPEND _archives ${_archive})
  list(APPEND _headers ${_folder}/${function}.h)
endmacro()
macro(anomaly_kernel)
  anomaly_kernel_for("${_targets}" ${ARGN} ${_automatic})
endmacro()

# 1 neighbor is what SPADE asks for, 3 are predict's, 6 = K + J are fit's.
anomaly_kernel(anomaly_nearest_1 nearest_centers K=1)
anomaly_kernel(anomaly_nearest_3 nearest_centers K=3)
anomaly_kernel(anomaly_nearest_6 nearest_centers K=6)
anomaly_kernel(anomaly_group_bounds_3 group_bounds K=3)
anomaly_kernel(anomaly_group_bounds_6 group_bounds K=6)
anomaly_kernel(anomaly_center_bounds center_bounds)
anomaly_kernel(anomaly_exact_distances exact_distances)
anomaly_kernel(anomaly_row_distances exact_distances strict=true)
anomaly_kernel(anomaly_shorten shorten)
anomaly_kernel(anomaly_quantize_2 quantize valuesInWord=2)
anomaly_kernel(anomaly_quantize_4 quantize valuesInWord=4)
anomaly_kernel(anomaly_project project)
anomaly_kernel(anomaly_project_averaged project averages=false)
anomaly_kernel(anomaly_convolution convolution)
foreach(_kernel 3 5)
  foreach(_stride 1 2)
    anomaly_kernel(anomaly_depthwise_${_kernel}_${_stride} depthwise kernel=${_kernel} stride=${_stride})
  endforeach()
endforeach()
foreach(_count 1 2)
  anomaly_kernel(anomaly_add_upsampled_${_count} add_upsampled coarse.size=${_count})
endforeach()
anomaly_kernel(anomaly_map_kernel anomaly_map)
anomaly_kernel(anomaly_mahalanobis mahalanobis)
foreach(_side 2 4)
  anomaly_kernel(anomaly_winograd_input_${_side} winograd_input side=${_side})
  anomaly_kernel(anomaly_winograd_output_${_side} winograd_output side=${_side})
endforeach()

set(_halide_cpp
  src/backbone/convolution_layers.cpp
  src/backbone/winograd_transforms.cpp
  src/map/anomaly_map_halide.cpp
  src/padim/position_gaussians_halide.cpp
  src/patches/projection_halide.cpp
  src/search/bounded_pairs.cpp
  src/search/greedy_coreset_halide.cpp
  src/search/neighbor_search_halide.cpp
  src/search/pruned_search.cpp
  src/search/quantized_search.cpp
  src/search/row_distances_halide.cpp
  src/spade/nearest_rows_halide.cpp)
set(ANOMALY_HALIDE_DEFINITIONS HAVE_ANOMALY_HALIDE ANOMALY_HALIDE_VERSION="${Halide_VERSION}")
# Products of whole numbers, in C++ for one instruction set each.
if(Halide_CMAKE_TARGET MATCHES "^x86-64")
  set(_sets avx2 avx512vnni)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-mavxvnni ANOMALY_COMPILER_HAS_AVX_VNNI) # GCC 11, Clang 12
  if(ANOMALY_COMPILER_HAS_AVX_VNNI)
    list(APPEND _sets avxvnni)
    list(APPEND ANOMALY_HALIDE_DEFINITIONS HAVE_ANOMALY_AVX_VNNI)
  endif()
  foreach(_set ${_sets})
    list(APPEND ANOMALY_HALIDE_SOURCES src/search/quantized_bounds_${_set}.cpp src/backbone/int8_kernels_${_set}.cpp)
  endforeach()
  list(APPEND ANOMALY_HALIDE_DEFINITIONS HAVE_ANOMALY_QUANTIZED_BOUNDS HAVE_ANOMALY_INT8_KERNELS)
  if(NOT MSVC) # which takes all instructions without an option
    set_source_files_properties(src/search/quantized_bounds_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    set_source_files_properties(src/search/quantized_bounds_avxvnni.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mavxvnni")
    set(_uninitialized $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>) # which GCC 12 finds in its own header
    set_source_files_properties(src/search/quantized_bounds_avx512vnni.cpp PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512vnni;${_uninitialized}")
    set_source_files_properties(src/backbone/int8_kernels_avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-ffp-contract=off")
    set_source_files_properties(src/backbone/int8_kernels_avxvnni.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mavxvnni;-ffp-contract=off")
    set_source_files_properties(src/backbone/int8_kernels_avx512vnni.cpp PROPERTIES COMPILE_OPTIONS
      "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-ffp-contract=off;$<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>;${_uninitialized}")
  endif()
endif()
set(_hooks set_error_handler set_custom_do_par_for set_custom_malloc set_custom_free set_custom_can_use_target_features default_can_use_target_features)
if(NOT ANOMALY_GPU_KERNELS STREQUAL "none")
  anomaly_kernel_for(${_gpu_target} anomaly_gpu_add_upsampled add_upsampled coarse.size=1)
  foreach(_kernel add_maps bfloat_parts clip_map image_planes max_pool patch_scores pool_patches upsample_scores)
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_${_kernel} ${_kernel})
  endforeach()
  foreach(_kernel 3 5)
    foreach(_stride 1 2)
      anomaly_kernel_for(${_gpu_target} anomaly_gpu_depthwise_${_kernel}_${_stride} gpu_depthwise kernel=${_kernel} stride=${_stride})
    endforeach()
  endforeach()
  foreach(_neighbors 3 6)
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_rank_${_neighbors} rank_neighbors K=${_neighbors})
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_measure_${_neighbors} measure_neighbors K=${_neighbors})
  endforeach()
  anomaly_kernel_for(${_gpu_target} anomaly_gpu_smooth_columns smooth_map down=true)
  anomaly_kernel_for(${_gpu_target} anomaly_gpu_smooth_rows smooth_map down=false)
  string(APPEND _runtime_target -${ANOMALY_GPU_KERNELS})
  list(APPEND _halide_cpp src/backbone/gpu_layers.cpp src/device/gpu_memory.cpp src/backbone/gpu_network.cpp src/device/gpu_queue.cpp src/scoring/nearest_score_map_gpu.cpp)
  list(APPEND _hooks set_custom_load_library ${ANOMALY_GPU_KERNELS}_device_interface device_malloc device_free
    copy_to_device copy_to_host device_sync device_crop device_release_crop)
  if(ANOMALY_GPU_KERNELS STREQUAL "cuda")
    list(APPEND _hooks set_cuda_acquire_context set_cuda_release_context set_cuda_get_stream)
    list(APPEND ANOMALY_HALIDE_DEFINITIONS HAVE_ANOMALY_CUDA)
    list(APPEND _halide_cpp src/device/cuda_compute.cpp src/device/cuda_libraries.cpp src/device/cuda_queue.cpp)
  else()
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_plain_convolution plain_convolution)
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_plain_product plain_product a.type=float32 b.type=float32)
    anomaly_kernel_for(${_gpu_target} anomaly_gpu_plain_product_bfloat plain_product a.type=uint16 b.type=uint16 bfloat=true)
    list(APPEND _halide_cpp src/device/plain_libraries.cpp)
  endif()
  string(TOUPPER ${ANOMALY_GPU_KERNELS} _api)
  list(APPEND ANOMALY_HALIDE_DEFINITIONS HAVE_ANOMALY_GPU ANOMALY_GPU_KERNELS=GPU_KERNELS_${_api}
    ANOMALY_GPU_INTERFACE=halide_${ANOMALY_GPU_KERNELS}_device_interface)
endif()

set(_runtime ${_folder}/anomaly_halide_runtime${_archive_suffix})
add_custom_command(OUTPUT ${_runtime}
  COMMAND anomaly_generators -r anomaly_halide_runtime -o ${_folder} -e static_library target=${_runtime_target}
  DEPENDS anomaly_generators
  COMMENT "Halide run time" VERBATIM)

# One object in which all but the kernels' entry points and a few hooks is local: it exports nothing, it brings no static library into an
# export set, and an application's own Halide is left alone even in a static build.
if(CMAKE_OBJCOPY AND CMAKE_LINKER AND CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF")
  set(_symbols)
  foreach(_hook ${_hooks})
    list(APPEND _symbols --redefine-sym halide_${_hook}=anomaly_halide_${_hook} --keep-global-symbol=anomaly_halide_${_hook})
  endforeach()
  foreach(_header ${_headers})
    get_filename_component(_function ${_header} NAME_WE)
    list(APPEND _symbols --keep-global-symbol=${_function})
  endforeach()
  set(_kernels ${_folder}/anomaly_kernels.o)
  add_custom_command(OUTPUT ${_kernels}
    COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${_kernels}.all --whole-archive ${_archives} ${_runtime}
    COMMAND ${CMAKE_OBJCOPY} ${_symbols} ${_kernels}.all ${_kernels}
    DEPENDS ${_archives} ${_runtime}
    COMMENT "One object of all kernels" VERBATIM)
  set_source_files_properties(${_kernels} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  list(APPEND ANOMALY_HALIDE_OBJECTS ${_kernels})
  list(APPEND ANOMALY_HALIDE_DEFINITIONS ANOMALY_HALIDE_PRIVATE_RUNTIME)
else()
  list(APPEND ANOMALY_HALIDE_LIBRARIES ${_archives} ${_runtime})
  list(APPEND ANOMALY_HALIDE_SOURCES ${_archives} ${_runtime}) # so that they are made before the link
endif()

# HalideBuffer.h and Halide 19's run time ask for C++17, OpenCV 4's own default is C++11.
get_target_property(ANOMALY_HALIDE_INCLUDE_DIRS Halide::Runtime INTERFACE_INCLUDE_DIRECTORIES)
list(APPEND ANOMALY_HALIDE_SOURCES ${_halide_cpp} ${ANOMALY_HALIDE_OBJECTS})
set_source_files_properties(src/device/halide_runtime.cpp ${_halide_cpp} PROPERTIES
  INCLUDE_DIRECTORIES "${_folder}"
  COMPILE_DEFINITIONS "$<$<NOT:$<CXX_COMPILER_ID:MSVC>>:HALIDE_FUNCTION_ATTRS=__attribute__((visibility(\"hidden\")))>"
  COMPILE_OPTIONS "$<IF:$<CXX_COMPILER_ID:MSVC>,/std:c++17,-std=c++17>"
  OBJECT_DEPENDS "${_headers}"
  SKIP_PRECOMPILE_HEADERS ON)
message(STATUS "anomaly: Halide ${Halide_VERSION} scorer for ${Halide_CMAKE_TARGET}; GPU kernels: ${ANOMALY_GPU_KERNELS}")

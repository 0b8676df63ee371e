# The Halide kernels, where wanted and found.
set(ANOMALY_HALIDE_SOURCES)
set(ANOMALY_HALIDE_DEFINITIONS)
set(ANOMALY_HALIDE_LIBRARIES)

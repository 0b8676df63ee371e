#!/bin/sh
# opencv_anomaly starts this script to train with the torch of the Python that CV_ANOMALY_PYTHON names. OpenMP threads that
# wait must sleep, because the process that calls fit searches on the same cores.
export OMP_WAIT_POLICY=passive
exec "${CV_ANOMALY_PYTHON:-python3}" -W ignore "$(dirname "$0")/trainer.py"

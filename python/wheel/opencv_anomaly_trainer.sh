#!/bin/sh
# opencv_anomaly starts this to train; CV_ANOMALY_PYTHON names the Python whose torch is to do it. Threads that wait must sleep,
# since the search of the process that fits wants their cores.
export OMP_WAIT_POLICY=passive
exec "${CV_ANOMALY_PYTHON:-python3}" -W ignore "$(dirname "$0")/trainer.py"

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

#include "anomaly_programs.hpp"

#include <cstring>
#include <iostream>

int anomaly_train_main(int, char**);
int anomaly_evaluate_main(int, char**);
int anomaly_predict_main(int, char**);
int anomaly_update_main(int, char**);
int anomaly_export_main(int, char**);
int anomaly_camera_main(int, char**);
int anomaly_benchmark_main(int, char**);

namespace {

const struct
{
    const char* name;
    int (*main)(int, char**);
} programs[] = {{"anomaly_train", anomaly_train_main},        {"anomaly_evaluate", anomaly_evaluate_main},
                {"anomaly_predict", anomaly_predict_main},    {"anomaly_update", anomaly_update_main},
                {"anomaly_export", anomaly_export_main},      {"anomaly_camera", anomaly_camera_main},
                {"anomaly_benchmark", anomaly_benchmark_main}};

} // namespace

int runProgram(int argc, char** argv)
{
    for (const auto& program : programs)
        if (argc > 0 && std::strcmp(argv[0], program.name) == 0)
            return program.main(argc, argv);
    std::cerr << "there is no such program, expected one of:";
    for (const auto& program : programs)
        std::cerr << " " << program.name;
    std::cerr << "\n";
    return 2;
}

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// anomaly_programs NAME ARGUMENTS...: all programs in one executable, for the Python wheel. There OpenCV may be linked
// statically into each executable, so that several ones would multiply the size. The build renames the main function of
// each program: see CMakeLists.txt.
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

int main(int argc, char** argv)
{
    for (const auto& program : programs)
        if (argc > 1 && std::strcmp(argv[1], program.name) == 0)
            return program.main(argc - 1, argv + 1);
    std::cerr << "usage: anomaly_programs NAME ARGUMENTS...; there are:";
    for (const auto& program : programs)
        std::cerr << " " << program.name;
    std::cerr << "\n";
    return 2;
}

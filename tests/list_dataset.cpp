// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Prints which images anomaly_train would learn from, and which anomaly_evaluate would test with. inputs_test.py uses
// it in order not to run a model for each layout.
#include "command_line.hpp"
#include "dataset.hpp"

#include <iostream>

namespace {

int list(int argc, char** argv)
{
    if (argc != 2)
        throw UsageError("expected a category");
    for (const std::string& file : readGoodImages(argv[1]).files)
        std::cout << "learn\t" << file << '\n';
    for (const TestImage& image : readTestSet(argv[1]).images)
    {
        std::cout << image.type << '\t' << image.file;
        for (const std::string& mask : image.masks)
            std::cout << '\t' << mask;
        std::cout << '\n';
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("list_dataset", list, argc, argv);
}

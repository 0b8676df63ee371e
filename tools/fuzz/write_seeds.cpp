// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* write_seeds FOLDER: what the fuzzers start from, models of all formats. */
#include "fuzz_model.hpp"

#include <fstream>
#include <sstream>

// Documents that follow the model, at which cv::FileStorage's parser does not return.
static void writeEndings(const std::string& folder)
{
    std::ostringstream model;
    model << std::ifstream(folder + "/short.yml", std::ios::binary).rdbuf();
    int number = 0;
    for (const char* end : {"...-1\n", "...\n- !!float\n", "---\n-", "   a: !!float"})
        std::ofstream(folder + "/ending" + std::to_string(number++) + ".yml", std::ios::binary) << model.str() << end;
}

int main(int argc, char** argv)
{
    require(argc == 2);
    const cv::Ptr<cv::anomaly::CFA> whole = smallModel(), shortened = smallModel(0.1);
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz", ".xml.gz", ".json.gz"})
    {
        whole->save(std::string(argv[1]) + "/whole" + extension);
        shortened->save(std::string(argv[1]) + "/short" + extension);
    }
    writeEndings(argv[1]);
    return 0;
}

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
/* write_seeds FOLDER: what the fuzzers start from, models of all formats. */
#include "fuzz_model.hpp"

int main(int argc, char** argv)
{
    require(argc == 2);
    const cv::Ptr<cv::anomaly::CFA> whole = smallModel(), shortened = smallModel(0.1);
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz", ".xml.gz", ".json.gz"})
    {
        whole->save(std::string(argv[1]) + "/whole" + extension);
        shortened->save(std::string(argv[1]) + "/short" + extension);
    }
    return 0;
}

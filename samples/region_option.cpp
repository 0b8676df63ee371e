// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "region_option.hpp"
#include "masks.hpp"

void addRegionOption(CommandLine& line, std::string& file, const std::string& what)
{
    line.option("mask", "FILE", file, "image of the size of all others: " + what + " only where it is not black");
}

cv::Mat readRegion(const std::string& program, const std::string& file)
{
    if (file.empty())
        return cv::Mat();
    const cv::Mat region = readMask(file);
    if (cv::countNonZero(region) == 0)
        throw std::runtime_error("the mask '" + file +
                                 "' is all black: it must not be black where images are to be looked at");
    if (isLossy(file))
        printNotes(program,
                   {"the mask '" + file + "' is JPEG or of another lossy format, of which only values over 127 count"});
    return region;
}

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "feature_file.hpp"
#include "../base/standard_streams.hpp"

#include <cstdio>

namespace cv { namespace anomaly {

FeatureFile::FeatureFile() : usable(true), count(0), bytesEach(0) {}

FeatureFile::~FeatureFile()
{
    stream.close();
    if (!name.empty())
        std::remove(name.c_str()); // only in Windows, where an open file keeps its name
}

void FeatureFile::open()
{
    openMissingStreams();
    name = tempfile(".features");
    stream.open(name.c_str(), std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc);
    if (!stream)
        stopUsing("cannot be made");
    else if (std::remove(name.c_str()) == 0)
        name.clear();
}

void FeatureFile::stopUsing(const char* why)
{
    usable = false;
    CV_LOG_WARNING(NULL, "anomaly: a temporary file for features "
                             << why
                             << ", so features are computed again in each epoch, which takes longer: "
                                "make room, name another folder by OPENCV_TEMP_PATH, or allow more memory (cacheMiB)");
}

int FeatureFile::append(const std::vector<Mat>& maps)
{
    if (!stream.is_open() && usable)
    {
        open();
        for (const Mat& map : maps)
        {
            shapes.push_back(std::vector<int>(map.size.p, map.size.p + map.dims));
            bytesEach += map.total() * map.elemSize();
        }
    }
    if (!usable)
        return -1;
    stream.seekp(count * bytesEach);
    for (const Mat& map : maps)
        stream.write(map.ptr<char>(), map.total() * map.elemSize());
    if (!stream.flush())
    {
        stopUsing("cannot be written, is the disk full?");
        stream.clear(); // so that features which are already in the file can be read
        return -1;
    }
    return count++;
}

std::vector<Mat> FeatureFile::read(int place)
{
    std::vector<Mat> maps;
    stream.seekg(place * bytesEach);
    for (const std::vector<int>& shape : shapes)
    {
        maps.push_back(Mat(int(shape.size()), shape.data(), CV_32F));
        stream.read(maps.back().ptr<char>(), maps.back().total() * sizeof(float));
    }
    if (!stream)
        CV_Error(Error::StsError, "The temporary file of features can no longer be read: the disk fails. Fit again "
                                  "with more memory (cacheMiB)");
    return maps;
}

}} // namespace cv::anomaly

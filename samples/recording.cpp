// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "recording.hpp"
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/imgcodecs.hpp"

#include <cstdio>
#include <stdexcept>
#include <vector>

using namespace cv;

Recording::Recording(const std::string& folder_, int mostPictures_, double mostBytes_)
    : folder(folder_),
      mostPictures(size_t(mostPictures_)),
      mostBytes(mostBytes_),
      bytesInAll(0)
{}

void Recording::makeRoom(double bytes)
{
    while (!files.empty() && (files.size() >= mostPictures || bytesInAll + bytes > mostBytes))
    {
        std::remove(files.front().name.c_str());
        bytesInAll -= files.front().bytes;
        files.pop_front();
    }
}

void Recording::add(const std::string& name, const Mat& picture)
{
    const std::string file = joined(folder, name + ".jpg");
    if (utils::fs::exists(file))
        throw std::runtime_error("'" + file + "' is there already, and stays as it is");
    std::vector<uchar> jpeg;
    imencode(".jpg", picture, jpeg);
    const double bytes = double(jpeg.size());
    if (bytes > mostBytes)
        throw std::runtime_error(
            format("'%s' has %.0f bytes and the limit is %.0f: it is not kept", file.c_str(), bytes, mostBytes));
    makeRoom(bytes);
    try
    {
        writeFile(file, std::string(jpeg.begin(), jpeg.end()));
    }
    catch (const std::exception&)
    {
        std::remove(file.c_str());
        throw;
    }
    files.push_back({file, bytes});
    bytesInAll += bytes;
}

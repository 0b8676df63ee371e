// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "video_frames.hpp"
#include "files.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <algorithm>

using namespace cv;

bool isVideoFile(const std::string& source)
{
    return utils::fs::exists(source) && !utils::fs::isDirectory(source) && !isSpecialFile(source);
}

// Whether the count of frames that OpenCV gives is exact. MP4, QuickTime and AVI files list their frames. For other
// formats OpenCV multiplies the duration, which may be that of the sound, by a mean frame rate.
static bool listsFrames(const std::string& file)
{
    const std::string start = firstBytes(file, 12), box = start.size() == 12 ? start.substr(4, 4) : std::string();
    return box == "ftyp" || box == "moov" || box == "mdat" || box == "wide" || start.substr(0, 4) == "RIFF";
}

VideoFrames::VideoFrames(const std::string& file)
    : video(file),
      countIsExact(listsFrames(file)),
      total(0),
      frames(0),
      failures(0),
      lastNumber(-1),
      placesAhead(0),
      damaged(0),
      seconds(0)
{
    if (video.isOpened())
        total = int(std::min(std::max(0., video.get(CAP_PROP_FRAME_COUNT)), 1e9));
}

// Decides after a failed read whether the video has ended. Some damaged videos have readable frames further on.
bool VideoFrames::isEnd(int failuresInARow) const
{
    const int mostWithoutCount = 100, most = 100000; // A damaged header may announce any number of frames.
    return total > 0 ? frames + failures > total || failuresInARow > most : failuresInARow > mostWithoutCount;
}

bool VideoFrames::next(Mat& frame)
{
    if (!video.isOpened())
        return false;
    for (int failuresInARow = 0; !video.read(frame);)
    {
        failures++;
        if (isEnd(++failuresInARow))
            return false;
    }
    const double time = video.get(CAP_PROP_POS_MSEC) / 1000, rate = video.get(CAP_PROP_FPS);
    const int place = time > 0 && rate > 0 ? cvRound(std::min(time * rate, 1e9)) : 0;
    lastNumber = failures > 0 ? std::max(lastNumber + 1, place - placesAhead) : lastNumber + 1;
    if (failures == 0)
        placesAhead = place > 0 ? place - lastNumber : 0;
    seconds = std::max(seconds, rate > 0 ? time + 1 / rate : 0);
    damaged = failures;
    frames++;
    return true;
}

// Whether the frames end clearly before the announced end, as in a file that was cut off.
bool VideoFrames::isShort() const
{
    const double rate = video.isOpened() ? video.get(CAP_PROP_FPS) : 0, duration = rate > 0 ? total / rate : 0;
    return duration - seconds > std::max(0.5, 0.1 * duration);
}

int VideoFrames::lost() const
{
    const int missing = std::max(0, total - frames);
    return countIsExact || isShort() ? std::max(missing, damaged) : damaged;
}

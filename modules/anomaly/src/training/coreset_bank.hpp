// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CORESET_BANK_HPP
#define OPENCV_ANOMALY_CORESET_BANK_HPP

#include "training_images.hpp"

namespace cv { namespace anomaly {

struct CoresetBankSettings
{
    int poolSize;   // patches that the bank is chosen from, drawn evenly from all images; 0: all there are
    int bankSize;   // patches that are chosen at most
    int projection; // dimensions in which they are chosen, 0: as many as the vectors have
    int seed;
    int engine;
    double contamination; // share of the images that are not good: what only they have is left out
    Size grid;            // of the patches of an image
    int window;           // each chosen patch covers those this near to its place only (see windowCoreset), 0: all
};

//! Patches of good images, and where they come from.
struct PatchRows
{
    Mat rows;                // patches x length, CV_32F
    std::vector<int> images; // that each is of, by TrainingData::sources; -1: of an earlier bank
    std::vector<int> places; // of each on the grid, row by row
};

/** @brief Chosen patches, and what is needed to tell how the bank would look without one of the images.

Were an image not there, the patches that it taught would not just be missing: the choice would take similar ones of
other images in their place. Scores against a bank with holes are too high: casting's good images have 2.293 as the mean
of their scores' logarithms, for 2.257 with stand-ins and 2.256 for new images.
*/
struct CoresetBank
{
    PatchRows chosen;              // in the order of choice
    PatchRows standIns;            // for chosen ones
    std::vector<Vec2i> standInsOf; // for each chosen one the rows of two stand-ins from different images, -1: none
    std::vector<int> sources;      // TrainingData's

    /** @brief The bank as it would be without the image that a piece of the training data is of.

    Left out with it is the image that resembles it most, as the stand-ins for its patches tell: photographs often show
    a part or a place twice, and a new image has no such twin. Where nothing else would be left, that one stays.
    */
    PatchRows without(int piece) const;

private:
    int mostSimilar(int image) const;
    PatchRows withoutImages(int image, int other) const;
};

//! Gives the vectors of all patches of an image, length x patches, CV_32F, from its pooled maps.
typedef std::function<void(const std::vector<Mat>& pooled, Mat& phi)> DescribePatches;

/** @brief A greedy coreset of the patches of all images, and of those of an earlier bank where one is given.

Fewer than bankSize come back where there are fewer different patches. Masked patches are never chosen. All features are
read twice: what waits for the choice is a projection in few dimensions (see PatchPool), and the chosen patches are kept
as they are. Memory does not grow with the number of images.

Reports the stages "patches", "coreset" and `lastStage`.
@param before an earlier bank of as long vectors, with `places` where there is a window, or null
*/
CoresetBank coresetBank(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                        const char* lastStage, const FitReporter& reporter, const PatchRows* before = nullptr);

}} // namespace cv::anomaly

#endif

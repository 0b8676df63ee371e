// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CORESET_BANK_HPP
#define OPENCV_ANOMALY_CORESET_BANK_HPP

#include "training_images.hpp"

namespace cv { namespace anomaly {

//! How a bank is chosen.
struct CoresetBankSettings
{
    int poolSize;   // number of patches that the bank is chosen from, drawn evenly from all images; 0: all patches
    int bankSize;   // largest number of patches to choose
    int projection; // number of dimensions in which they are chosen; 0: all dimensions of the vectors
    int seed;
    int engine;
    double contamination; // share of the images that are not good: what only the most unlike ones have is left out
    Size grid;            // patch grid of an image
    int window;           // largest distance at which a patch covers others (see windowCoreset); 0: any distance
};

//! Patches of good images, and where they come from.
struct PatchRows
{
    Mat rows;                // patches x length, CV_32F
    std::vector<int> images; // image that each comes from, an element of TrainingData::sources; -1: an earlier bank
    std::vector<int> places; // place of each on the grid, row by row
};

/** @brief Chosen patches, and what is needed to tell what the bank would be without one of the images.

If an image had not been learned, its patches would not just be missing: similar patches of other images would have been
chosen instead. Scores against a bank with holes are too high. For casting, the mean logarithm of good images' scores is
2.293 with holes, 2.257 with stand-ins, and 2.256 for new images.
*/
struct CoresetBank
{
    PatchRows chosen;              // in the order of choice
    PatchRows standIns;            // patches that can replace chosen ones
    std::vector<Vec2i> standInsOf; // for each chosen patch the rows of two stand-ins from different images; -1: none
    std::vector<int> sources;      // TrainingData::sources

    /** @brief The bank as it would be without the image to which a piece of the training data belongs.

    The image that resembles it most, according to the stand-ins for its patches, is left out as well: photographs often
    show a part or a place twice, and a new image has no such twin. The twin stays if nothing else would be left.
    */
    PatchRows without(int piece) const;

private:
    int mostSimilar(int image) const;
    PatchRows withoutImages(int image, int other) const;
};

//! Computes the vectors of all patches of an image, length x patches, CV_32F, from its maps after the 3x3 average.
typedef std::function<void(const std::vector<Mat>& pooled, Mat& phi)> DescribePatches;

/** @brief Chooses a greedy coreset of the patches of all images and, if there is one, of an earlier bank.

The result has fewer than bankSize patches if there are fewer different ones. Masked patches are never chosen. All
features are read twice: patches wait for the choice as projections to few dimensions (see PatchPool), and afterwards
the vectors of the chosen ones are computed. Memory does not grow with the number of images.

It reports the stages "patches", "coreset" and `lastStage`.
@param before an earlier bank with vectors of the same length, and with `places` if there is a window; or null
*/
CoresetBank coresetBank(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                        const char* lastStage, const FitReporter& reporter, const PatchRows* before = nullptr);

}} // namespace cv::anomaly

#endif

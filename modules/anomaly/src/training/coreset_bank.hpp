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

struct CoresetBank
{
    Mat rows;                // patches x length, CV_32F, in the order of choice
    std::vector<int> pieces; // of the training data that each comes from
    std::vector<int> places; // of each on the grid, row by row
};

//! Gives the vectors of all patches of an image, length x patches, CV_32F, from its pooled maps.
typedef std::function<void(const std::vector<Mat>& pooled, Mat& phi)> DescribePatches;

/** @brief A greedy coreset of the patches of all images, and of those of an earlier bank where one is given.

Fewer than bankSize come back where there are fewer different patches. Masked patches are never chosen. All features are
read twice: what waits for the choice is a projection in few dimensions (see PatchPool), and the chosen patches are kept
as they are. Memory does not grow with the number of images.

Reports the stages "patches", "coreset" and `lastStage`.
@param before an earlier bank of as long vectors, with `places` where there is a window, or null. Its rows that are
chosen again have -1 as piece
*/
CoresetBank coresetBank(const TrainingData& data, const CoresetBankSettings& settings, const DescribePatches& describe,
                        const char* lastStage, const FitReporter& reporter, const CoresetBank* before = nullptr);

//! Numbers of the rows that were taught by other pieces of the training data than those left out. pieces: of each row.
std::vector<int> rowsWithout(const std::vector<int>& pieces, const std::vector<int>& left);

}} // namespace cv::anomaly

#endif

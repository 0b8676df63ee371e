// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_POOL_HPP
#define OPENCV_ANOMALY_PATCH_POOL_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

struct CoresetSettings
{
    int fromImage;    // patches of an image that are drawn to choose from at most, 0: all
    int bankSize;     // patches that are chosen at most
    int projection;   // dimensions in which they are chosen, 0: as many as the features
    size_t poolBytes; // memory for what they are chosen from
    int seed;
    int engine;
    double contamination; // share of the images that are not good: what only they have is left out
    Size grid;            // of the patches of an image
    int window;           // each chosen patch covers those this near to its place only (see windowCoreset), 0: all
};

/** @brief Chooses a coreset of the patches of many images, from one image after the other.

Patches wait for the choice in a random projection to few dimensions, which leaves distances nearly as they are (Johnson
and
Lindenstrauss) and takes an eighth of the features' memory. Where they would take more than poolBytes, those that wait
are
replaced by a coreset of theirs: a coreset of coresets, so that memory does not grow with the number of images.
*/
class PatchPool
{
public:
    //! A patch of an image, or of an earlier bank.
    struct Place
    {
        bool isOfBank() const { return image < 0 && bankRow >= 0; }
        bool isNone() const { return image < 0 && bankRow < 0; }
        int image;   // -1: a row of the bank, or none
        int patch;   // on the grid, row by row
        int bankRow; // of the bank
    };
    typedef std::function<void(int chosen, int count)> Progress;

    explicit PatchPool(const CoresetSettings& settings);

    //! phi: features x patches, CV_32F; mask: empty, or 1 x patches, nonzero on the patches to learn. Throws where the
    //! patches that are drawn hold NaN or infinity.
    void add(int image, const Mat& phi, const Mat& mask);

    //! Adds all patches of an earlier bank. places: of each on the grid; empty: without a window they do not matter.
    void addBank(const Mat& bank, const std::vector<int>& places);

    //! In the order of choice; fewer than bankSize where there are fewer different patches. Throws where there are
    //! none.
    std::vector<Place> choose(const Progress& progress);

    //! Of each chosen patch the most similar patch of another image, and that of a third one: what the choice might
    //! have taken had the patch's own image not been there. None where there is no such image. sources: what counts as
    //! one image, by the numbers given to add; an earlier bank counts as one, too.
    std::vector<std::pair<Place, Place>> standIns(const std::vector<int>& sources) const;

private:
    std::vector<int> draw(int image, int count, const Mat& mask) const;
    std::vector<int> chooseRows(int count, const Progress& progress) const;
    void append(Mat patches, const std::vector<Place>& placesOfPatches);
    void reduce();
    void leaveOutliersOut();
    void keepRows(const std::vector<int>& rows);

    CoresetSettings settings;
    Mat projection;            // features x dimensions, empty: none
    Mat rows;                  // memory for the patches that wait, a row each; the first places.size() are in use
    std::vector<Place> places; // of each row
    std::vector<int> chosen;   // of these
};

}} // namespace cv::anomaly

#endif

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PATCH_POOL_HPP
#define OPENCV_ANOMALY_PATCH_POOL_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <set>
#include <vector>

namespace cv { namespace anomaly {

//! How a coreset is chosen from a pool.
struct CoresetSettings
{
    int fromImage;    // largest number of patches that are drawn from each image; 0: all
    int bankSize;     // largest number of patches to choose
    int projection;   // number of dimensions in which they are chosen; 0: all features
    size_t poolBytes; // memory for the patches to choose from
    int seed;
    int engine;
    double
        contamination; // share of the images that are not good: what only those most unlike all others have is left out
    Size grid;         // patch grid of an image
    int window;        // largest distance at which a patch covers others (see windowCoreset); 0: any distance
};

/** @brief Chooses a coreset of the patches of many images, which are added one after the other.

Until the choice, patches are kept in a random projection to few dimensions, which nearly preserves distances (Johnson
and Lindenstrauss) and takes an eighth of the features' memory. If they would take more than poolBytes, those in the
pool are replaced by a coreset of them. The result is then a coreset of coresets, and memory does not grow with the
number of images.
*/
class PatchPool
{
public:
    //! A patch of an image, or of an earlier bank.
    struct Place
    {
        bool isOfBank() const { return image < 0 && bankRow >= 0; }
        bool isNone() const { return image < 0 && bankRow < 0; }
        int image;   // -1: a row of an earlier bank, or no patch
        int patch;   // place on the grid, row by row
        int bankRow; // row of the earlier bank
    };
    typedef std::function<void(int chosen, int count)> Progress;

    //! sources: for each index given to add, the image that it belongs to, of which it is a tile or a turned copy.
    PatchPool(const CoresetSettings& settings, const std::vector<int>& sources);

    //! Draws patches of an image. phi: features x patches, CV_32F. mask: empty, or 1 x patches, nonzero on patches that
    //! may be drawn. Throws if drawn patches hold NaN or infinity.
    void add(int image, const Mat& phi, const Mat& mask);

    //! Adds all patches of an earlier bank. places: the place of each on the grid; may be empty if there is no window.
    void addBank(const Mat& bank, const std::vector<int>& places);

    //! Chooses patches and returns them in the order of choice. There are fewer than bankSize if there are fewer
    //! different patches. Throws if there are none.
    std::vector<Place> choose(const Progress& progress);

    //! For each chosen patch, finds the most similar patch of another image, and of a third image: patches that might
    //! have been chosen if the patch's own image had not been there. An earlier bank counts as one image. A result is
    //! none if there is no such image.
    std::vector<std::pair<Place, Place>> standIns() const;

private:
    std::vector<int> draw(int image, int count, const Mat& mask) const;
    std::vector<int> chooseRows(int count, const Progress& progress) const;
    void append(Mat patches, const std::vector<Place>& placesOfPatches);
    void reduce();
    void leaveOutliersOut();
    int sourceOf(int row) const;
    void keepRows(const std::vector<int>& rows);

    CoresetSettings settings;
    std::vector<int> sources;
    std::set<int> added;       // images of which patches were added
    std::set<int> bad;         // those of them that are taken as not good
    Mat projection;            // features x dimensions; empty if patches are not projected
    Mat rows;                  // projected patches, one in each row
    std::vector<Place> places; // of each row
    std::vector<int> chosen;   // indices of the chosen rows
};

}} // namespace cv::anomaly

#endif

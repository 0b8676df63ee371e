// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PRUNED_SEARCH_HPP
#define OPENCV_ANOMALY_PRUNED_SEARCH_HPP

#include "shortened_bank.hpp"
#include "../base/workspace_pool.hpp"

namespace cv { namespace anomaly {

/** @brief The nearest centers of a tile of patches without looking at most of them.

1. Patches are shortened as the bank's centers are (see ShortenedBank): a few products a pair bound its distance from
below.
2. The K groups of 8 centers with the lowest bounds each give a center whose distance is computed: none of the K nearest
is farther than these.
3. What may be as near is looked at: groups by a bound on few axes, their centers by one on as many or more, then the
distance itself, in the
   original basis.

Exact: rounding errors widen the limit of step 2.
*/
class PrunedSearch
{
public:
    static const int tileWidth = 64; // patches
    static const int mostNeighbors = 6;

    //! Axes on which groups and centers are bounded.
    struct Form
    {
        int groups, centers;
    };

    explicit PrunedSearch(const Mat& C);

    //! Those that descriptors are long enough for; the first is the cheapest for a trained bank.
    const std::vector<Form>& forms() const { return allForms; }

    //! phi: D' x up to tileWidth patches. False, and nothing is written, where too little is ruled out to be worth it.
    bool search(const Mat& phi, int k, const Form& form, Mat squaredDistances, Mat indices) const;

    //! Operations that these patches take, as a share of those of a search that computes all products.
    double cost(const Mat& phi, int k, const Form& form) const;

private:
    //! The bank shortened to some axes, packed for the kernels.
    struct Level
    {
        int axes;
        Mat bank;
        double error; // of a shortened center
    };

    struct Workspace
    {
        // The last two lie in the first, and are of the centers' and the groups' axes
        Mat memory, coarseMemory, shortened, coarse;
        Mat lowest, promising, patches;
        float groupLimits[tileWidth], limits[tileWidth]; // on the lowest distances, less the patch's energy
        std::vector<Vec2i> groups, centers;              // to look at: patch and group, patch and center
        std::vector<float> bounds, distances;            // of the centers of `groups`, of `centers`
    };

    const Level& level(int axes) const;
    void findBounds(const Mat& phi, int k, const Form& form, Workspace& work) const;
    void shorten(const Mat& phi, const Form& form, Workspace& work) const;
    void dropAxes(int few, int many, Workspace& work) const;
    void setLimits(int k, const Form& form, Workspace& work) const;
    float limit(const Level& level, const Mat& shortened, int patch, float squaredDistance) const;
    bool listCandidates(const Form& form, Workspace& work) const;
    void boundCenters(const Form& form, Workspace& work) const;
    void measure(Workspace& work) const;
    double costOfLists(const Form& form, const Workspace& work) const;

    int length, count, groupCount;
    Mat C, mean, axisPanels, norms; // C with zeros up to whole vectors, the rest packed
    float greatestNorm;
    std::vector<Level> levels;
    std::vector<Form> allForms;
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif

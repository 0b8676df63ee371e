// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PRUNED_SEARCH_HPP
#define OPENCV_ANOMALY_PRUNED_SEARCH_HPP

#include "shortened_bank.hpp"
#include "workspace_pool.hpp"

namespace cv {
namespace anomaly {

/** @brief The nearest centres of a tile of patches without looking at most of them.

1. Patches are shortened as the bank's centres are (see ShortenedBank): 16 or 64 products a pair bound its distance from below.
2. The K groups of 8 centres with the lowest bounds each give a centre whose distance is computed: none of the K nearest is farther than these.
3. What may be as near is looked at: groups first, then their centres, then the distance itself, in the original basis.

Exact: rounding errors widen the limit of step 2.
*/
class PrunedSearch
{
public:
    static const int tileWidth = 64; // patches
    static const int mostNeighbours = 6;

    PrunedSearch(const Mat& C, const PrincipalAxes& principal);

    int axisCount() const { return axes; }

    //! phi: D' x up to tileWidth patches. False, and nothing is written, where too little is ruled out to be worth it.
    bool search(const Mat& phi, int k, Mat squaredDistances, Mat indices) const;

    //! Operations that these patches take, as a share of those of a search that computes all products.
    double cost(const Mat& phi, int k) const;

private:
    struct Workspace
    {
        Mat shortened, lowest, promising, patches;
        float limits[tileWidth]; // on the lowest distances, less the patch's energy
        std::vector<Vec2i> groups, centres; // to look at: patch and group, patch and centre
        std::vector<float> bounds, distances; // of the centres of `groups`, of `centres`
    };

    void findBounds(const Mat& phi, int k, Workspace& work) const;
    void setLimits(int k, Workspace& work) const;
    bool listCandidates(Workspace& work) const;
    void boundCentres(Workspace& work) const;
    void measure(Workspace& work) const;
    float limit(const Workspace& work, int patch, float squaredDistance) const;
    double costOfLists(const Workspace& work) const;

    int length, axes, count;
    Mat C, mean, axisPanels, bank, norms; // C with zeros up to whole vectors, the rest packed
    float greatestNorm;
    double centreError;
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif

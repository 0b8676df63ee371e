// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_PRUNED_SEARCH_HPP
#define OPENCV_ANOMALY_PRUNED_SEARCH_HPP

#include "shortened_bank.hpp"
#include "../base/workspace_pool.hpp"

namespace cv { namespace anomaly {

/** @brief Finds the nearest centers of a tile of patches without looking at most centers.

1. Patches are shortened in the same way as the bank's centers (see ShortenedBank): a few products for each pair give a
lower bound of its distance.
2. In each of the K groups of 8 centers with the lowest bounds, the distance of one center is computed. None of the K
nearest centers is farther away than the farthest of these.
3. All pairs that may be as near are looked at: groups and their centers by bounds on few axes; then, if many centers
are left, each of them by a bound on 63 axes; then the distance itself, in the original basis.

The result is exact: the limit of step 2 is increased by all rounding errors that can occur.
*/
class PrunedSearch
{
public:
    static const int tileWidth = 64; // number of patches in a tile

    //! A variant of the search: the number of axes on which groups and their centers are bounded.
    struct Form
    {
        int axes;
    };

    //! C: the bank, centers x D', CV_32F. axes: as searchAxes() returns them for this bank or a similar one. costOfAll:
    //! the cost of a search that compares all centers, as a share of computing all products in float.
    PrunedSearch(const Mat& C, const PrincipalAxes& axes, double costOfAll);

    //! The variants for which descriptors are long enough. The first one is the cheapest for a trained bank.
    const std::vector<Form>& forms() const { return allForms; }

    //! phi: D' x up to tileWidth patches, CV_32F. Returns false and writes nothing if too few centers are ruled out to
    //! be faster than the dense search.
    bool search(const Mat& phi, int k, const Form& form, Mat squaredDistances, Mat indices) const;

    //! Estimated time for these patches, as a share of the time of a search that compares all centers.
    double cost(const Mat& phi, int k, const Form& form) const;

    //! What every tile takes, even one whose bounds rule out all but its neighbors.
    double leastCost(const Form& form) const { return costOfLists(form, Workspace()); }

private:
    //! The bank shortened to some axes: packed for the kernels, or as rows for the second look.
    struct Level
    {
        int axes;
        Mat bank;
        double error; // largest rounding error of a shortened center
    };

    struct Workspace
    {
        Mat memory, shortened; // patches shortened to the form's axes; `shortened` is a part of `memory`
        Mat lookMemory, look;  // the same for the second look, where `look` has one row for each patch
        Mat lowest, promising, patches;
        float limits[tileWidth];              // limit of each patch's lower bounds, minus the patch's energy
        float farthest[tileWidth];            // squared distance that none of the patch's k nearest centers exceeds
        std::vector<Vec2i> groups, centers;   // pairs to look at: (patch, group) and (patch, center)
        std::vector<float> bounds, distances; // results for the centers of `groups`, and for `centers`
        size_t lookedAt = 0;                  // number of centers in the second look
    };

    const Level& level(int axes) const;
    void findBounds(const Mat& phi, int k, const Form& form, Workspace& work) const;
    Mat shorten(const Mat& phi, int axes, Mat& memory) const;
    void setLimits(int k, const Form& form, Workspace& work) const;
    double reach(const Level& level, double energy, double rest, float squaredDistance) const;
    float limit(const Level& level, const Mat& shortened, int patch, float squaredDistance) const;
    float limitOfLook(double energy, double rest, float squaredDistance) const;
    bool listCandidates(const Mat& phi, const Form& form, Workspace& work) const;
    void boundCenters(const Form& form, Workspace& work) const;
    bool deservesLook(const Form& form, const Workspace& work) const;
    void lookAgain(const Mat& phi, Workspace& work) const;
    double costOfShortenedTile(int axes) const;
    double costOfLists(const Form& form, const Workspace& work) const;

    double costOfAll;
    int length, count, groupCount;
    Mat C, mean, axisPanels, norms; // C: the bank padded with zeros to whole vectors; the others are packed
    float greatestNorm;
    std::vector<Level> levels;
    Level secondLook;
    std::vector<Form> allForms;
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif

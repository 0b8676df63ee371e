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
3. What may be as near is looked at: groups and their centers by bounds on few axes, then, where many centers are left,
   each of them by a bound on 63 axes, then the distance itself, in the original basis.

Exact: rounding errors widen the limit of step 2.
*/
class PrunedSearch
{
public:
    static const int tileWidth = 64; // patches

    //! On how many axes groups and their centers are bounded.
    struct Form
    {
        int axes;
    };

    //! `axes`: as searchAxes() finds them for this bank or a similar one. costOfAll: of a search that takes all centers,
    //! as a share of all products in floats.
    PrunedSearch(const Mat& C, const PrincipalAxes& axes, double costOfAll);

    //! Those that descriptors are long enough for; the first is the cheapest for a trained bank.
    const std::vector<Form>& forms() const { return allForms; }

    //! phi: D' x up to tileWidth patches. False, and nothing is written, where too little is ruled out to be worth it.
    bool search(const Mat& phi, int k, const Form& form, Mat squaredDistances, Mat indices) const;

    //! The time that these patches take, as a share of that of a search that takes all centers.
    double cost(const Mat& phi, int k, const Form& form) const;

private:
    //! The bank shortened to some axes, packed for the kernels, or in rows for a second look.
    struct Level
    {
        int axes;
        Mat bank;
        double error; // of a shortened center
    };

    struct Workspace
    {
        Mat memory, shortened; // patches shortened to the form's axes lie in `memory`
        Mat lookMemory, look;  // the same for a second look, in rows
        Mat lowest, promising, patches;
        float limits[tileWidth];              // on the lowest distances, less the patch's energy
        float farthest[tileWidth];            // a squared distance that no neighbor exceeds
        std::vector<Vec2i> groups, centers;   // to look at: patch and group, patch and center
        std::vector<float> bounds, distances; // of the centers of `groups`, of `centers`
        size_t lookedAt;                      // centers that had a second look
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
    Mat C, mean, axisPanels, norms; // C with zeros up to whole vectors, the rest packed
    float greatestNorm;
    std::vector<Level> levels;
    Level secondLook;
    std::vector<Form> allForms;
    mutable WorkspacePool<Workspace> workspaces;
};

}} // namespace cv::anomaly

#endif

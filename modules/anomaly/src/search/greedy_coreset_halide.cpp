// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "greedy_coreset.hpp"
#include "../kernels/kernel_sizes.hpp"
#include "../kernels/panels.hpp"
#include "row_distances.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

namespace {

// A round ends when the largest squared distance has fallen to this share (0.95 for the distance itself). For 25,000 of
// 250,880 patches of Lite0, 0.9 and 0.97 took nearly twice the time: with 0.9 too many rows take part in each round,
// with 0.97 there are too many rounds.
const float roundEnds = 0.9025f;

// Number of centers that a row is compared with before it is decided again which further centers can be nearer.
const int centersAtOnce = 8;

// Number of rows that one task compares with a new center. With 128 columns that takes about 20 microseconds.
const int rowsInTask = 2048;

/** @brief The greedy choice without computing most of the distances.

The distance of a row to its nearest center only falls while centers are added, so a distance that was computed earlier
is an upper bound of the present one. Rows with a bound below a threshold are left out while some other row is farther
away than the threshold:

1. A round starts with a lower threshold. Each row whose bound reaches it is compared with the centers that were chosen
since its last comparison, until its bound falls below the threshold. Rows that stay above it are active.
2. Each new center is compared with the active rows only, and the farthest of them is the next center.
3. The round ends when no row is active.

In step 1 the triangle inequality rules out most centers: if the nearest center a of row x is at distance d, a center c
with |ac| >= |ax| + d is not nearer than d. Rows with the same nearest center share the distances |ac|.

For 4,000 centers of 250,880 patches of Lite0 in 128 dimensions, 5 % of the distances are computed. Each of them, and so
the choice, is the same as in the plain implementation.
*/
class LazyCoreset
{
public:
    // A squared distance is a sum of length / 32 + 13 roundings at most, and three distances meet in a comparison.
    static int roundingsOf(int length) { return length / partialSums + 16; }

    LazyCoreset(const Mat& matrix, int count, const CoresetProgress& progress_)
        : rows(withWholeVectors(matrix, partialSums)),
          centers(count, rows.cols, CV_32F),
          activeRows(rows),
          slack(1 + 4 * FLT_EPSILON * float(roundingsOf(matrix.cols))),
          progress(progress_),
          bounds(rows.rows, FLT_MAX),
          nearest(rows.rows, -1),
          compared(rows.rows, 0),
          threshold(FLT_MAX)
    {}

    std::vector<int> choose(int start)
    {
        for (int row = 0; row < rows.rows; row++)
            active.push_back({row, row});
        addCenter(start);
        while (int(chosen.size()) < centers.rows)
        {
            if (!active.empty())
                addCenter(farthest());
            else if (!startRound())
                break;
        }
        return chosen;
    }

private:
    //! A row that can be the next center, or that the next center can be nearest to.
    struct Active
    {
        int row, copy; // index in `rows`, and of its copy in `activeRows`
    };

    //! A row that is being compared with the centers of a list.
    struct Scan
    {
        int row;
        size_t next;               // index of the next center in the list
        float toCenter, toNearest; // distances to the row's center when the scan began, and to its nearest one so far
    };

    //! A center that may be nearer to some rows than their own. `center` is its place in the order of choice.
    struct Reach
    {
        int center;
        float distance; // from the center that these rows have now
    };

    //! Buffers of one task.
    struct Workspace
    {
        std::vector<Vec2i> pairs;
        std::vector<float> squared;
        std::vector<Reach> reaches;
        std::vector<Scan> scans;
    };

    int farthest() const
    {
        int best = active[0].row;
        for (const Active& candidate : active)
            if (bounds[candidate.row] > bounds[best])
                best = candidate.row;
        return best;
    }

    void addCenter(int row)
    {
        rows.row(row).copyTo(centers.row(int(chosen.size())));
        chosen.push_back(row);
        if (progress)
            progress(row);
        parallel_for_(Range(0, divideUp(int(active.size()), rowsInTask)), [&](const Range& tasks) {
            compareActive(size_t(tasks.start) * rowsInTask, std::min(active.size(), size_t(tasks.end) * rowsInTask));
        });
        dropCovered();
    }

    //! Compares active rows [first, end) with the last chosen center.
    void compareActive(size_t first, size_t end)
    {
        Workspace work;
        const int last = int(chosen.size()) - 1;
        work.pairs.reserve(end - first);
        for (size_t i = first; i < end; i++)
            work.pairs.push_back(Vec2i(active[i].copy, last));
        squaredRowDistancesHalide(work.pairs, activeRows, centers, work.squared);
        for (size_t i = first; i < end; i++)
        {
            offer(active[i].row, last, work.squared[i - first]);
            compared[active[i].row] = last + 1;
        }
    }

    //! Takes the center as the row's nearest if it is nearer than the row's bound.
    void offer(int row, int center, float squaredDistance)
    {
        if (squaredDistance < bounds[row])
        {
            bounds[row] = squaredDistance;
            nearest[row] = center;
        }
    }

    void dropCovered()
    {
        const auto covered = [this](const Active& candidate) { return bounds[candidate.row] < threshold; };
        active.erase(std::remove_if(active.begin(), active.end(), covered), active.end());
    }

    //! Lowers the threshold and finds the active rows. Returns false if all rows equal a center.
    bool startRound()
    {
        const float greatest = *std::max_element(bounds.begin(), bounds.end());
        if (greatest == 0)
            return false;
        threshold = std::min(greatest, roundEnds * greatest);
        compareWithMissed();
        for (int row = 0; row < rows.rows; row++)
            if (bounds[row] >= threshold)
                active.push_back({row, int(active.size())});
        // Copies in one block are read three times as fast as rows that lie all over the matrix.
        activeRows.create(int(active.size()), rows.cols, CV_32F);
        for (const Active& candidate : active)
            rows.row(candidate.row).copyTo(activeRows.row(candidate.copy));
        return true;
    }

    //! Compares rows whose bound reaches the threshold with the centers that were chosen while they were left out.
    void compareWithMissed()
    {
        std::vector<int> order, starts;
        for (int row = 0; row < rows.rows; row++)
            if (bounds[row] >= threshold && compared[row] < int(chosen.size()))
                order.push_back(row);
        std::stable_sort(order.begin(), order.end(), [this](int a, int b) { return nearest[a] < nearest[b]; });
        for (int i = 0; i < int(order.size()); i++)
            if (i == 0 || nearest[order[i]] != nearest[order[i - 1]])
                starts.push_back(i);
        starts.push_back(int(order.size()));
        parallel_for_(
            Range(0, int(starts.size()) - 1),
            [&](const Range& clusters) {
                Workspace work;
                for (int c = clusters.start; c < clusters.end; c++)
                    compareCluster(&order[starts[c]], starts[c + 1] - starts[c], work);
            },
            tasksInRound);
    }

    //! Does this for rows that have the same nearest center among those that they were compared with.
    void compareCluster(const int* members, int count, Workspace& work)
    {
        startScans(members, count, work);
        listReaches(nearest[members[0]], work);
        for (Scan& scan : work.scans)
            scan.next = std::lower_bound(work.reaches.begin(), work.reaches.end(), compared[scan.row],
                                         [](const Reach& reach, int from) { return reach.center < from; }) -
                        work.reaches.begin();
        while (!work.scans.empty())
            advance(work);
    }

    void startScans(const int* members, int count, Workspace& work) const
    {
        work.scans.clear();
        for (int i = 0; i < count; i++)
        {
            const float distance = std::sqrt(bounds[members[i]]);
            work.scans.push_back({members[i], 0, distance, distance});
        }
    }

    //! Lists the centers that may be nearer to one of the scanned rows than the row's own center.
    void listReaches(int center, Workspace& work) const
    {
        int from = int(chosen.size());
        float widest = 0;
        for (const Scan& scan : work.scans)
        {
            from = std::min(from, compared[scan.row]);
            widest = std::max(widest, scan.toCenter);
        }
        work.pairs.clear();
        for (int c = from; c < int(chosen.size()); c++)
            work.pairs.push_back(Vec2i(c, center));
        squaredRowDistancesHalide(work.pairs, centers, centers, work.squared);
        work.reaches.clear();
        const float beyond = certain(2 * widest);
        for (int c = from; c < int(chosen.size()); c++)
        {
            const float distance = std::sqrt(work.squared[c - from]);
            if (distance < beyond)
                work.reaches.push_back({c, distance});
        }
    }

    //! Compares each scanned row with its next centers. Removes scans that are finished.
    void advance(Workspace& work)
    {
        work.pairs.clear();
        for (Scan& scan : work.scans)
            takeCenters(scan, work);
        squaredRowDistancesHalide(work.pairs, rows, centers, work.squared);
        for (size_t i = 0; i < work.pairs.size(); i++)
            offer(work.pairs[i][0], work.pairs[i][1], work.squared[i]);
        const auto done = [&](Scan& scan) {
            const bool atEnd = scan.next == work.reaches.size();
            compared[scan.row] = atEnd ? int(chosen.size()) : work.reaches[scan.next].center;
            scan.toNearest = std::sqrt(bounds[scan.row]);
            return atEnd || bounds[scan.row] < threshold;
        };
        work.scans.erase(std::remove_if(work.scans.begin(), work.scans.end(), done), work.scans.end());
    }

    void takeCenters(Scan& scan, Workspace& work) const
    {
        const float beyond = certain(scan.toCenter + scan.toNearest);
        for (int taken = 0; taken < centersAtOnce && scan.next < work.reaches.size(); scan.next++)
        {
            const Reach& reach = work.reaches[scan.next];
            if (reach.distance >= beyond)
                continue;
            work.pairs.push_back(Vec2i(scan.row, reach.center));
            taken++;
        }
    }

    //! Limit for the triangle inequality that includes rounding errors: for sum = |ax| + d and |ac| >= certain(sum),
    //! the computed |cx| is at least d. The constant covers squares that underflow.
    float certain(float sum) const { return sum * slack + 1e-18f; }

    static constexpr double tasksInRound = 64; // enough to balance clusters of different sizes between threads

    const Mat rows;
    Mat centers;    // copies of the chosen rows, in the order of choice
    Mat activeRows; // copies of the rows that were active when the round started
    const float slack;
    const CoresetProgress& progress;
    std::vector<int> chosen;
    std::vector<float> bounds;  // upper bound of each row's squared distance to its nearest center
    std::vector<int> nearest;   // place in the order of choice of the center at that distance
    std::vector<int> compared;  // number of first centers that were compared with the row, or that cannot be nearer
    std::vector<Active> active; // rows at or above the threshold, compared with all centers, in rising order
    float threshold;
};

} // namespace

std::vector<int> greedyCoresetHalide(const Mat& rows, int count, const CoresetProgress& progress, int start)
{
    return LazyCoreset(rows, std::min(count, rows.rows), progress).choose(start);
}

}} // namespace cv::anomaly

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

// A round ends when the farthest row has come this much nearer (as a squared distance: 0.95 of the distance). For
// 25,000 of 250,880 patches of Lite0, 0.9 and 0.97 took nearly twice the time: with 0.9 too many rows take part in each
// round, with 0.97 there are too many rounds.
const float roundEnds = 0.9025f;

// Centers that a row is compared with before the next look at what they leave to do.
const int centersAtOnce = 8;

// Rows that one task compares with a new center: about 20 microseconds' work at 128 columns.
const int rowsInTask = 2048;

/** @brief The greedy choice without most of its distances.

A row's distance to the nearest center only falls, so one that was computed some centers ago bounds the present one from
above. Rows with a bound below a threshold are left alone while some row is farther than that:

1. A round starts with a lower threshold. Rows whose bounds reach it are compared with the centers that were chosen
   since their last comparison, until they fall below the threshold; what stays above it is active.
2. Each new center is compared with the active rows only, and the farthest of them is the next center.
3. The round ends when no row is active.

In step 1 most centers are skipped by the triangle inequality: if row x has center a at distance d, a center c with
|ac| >= |ax| + d is no nearer than d. Rows that share a center share the distances |ac|.

Of 250,880 patches of Lite0 in 128 dimensions and 4,000 centers this computes 5 % of the distances. All of them, and
thus the choice, are those of the plain form.
*/
class LazyCoreset
{
public:
    // A squared distance is off by (length / 32 + 13) roundings at most, and three distances meet in a test.
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
    //! A row that the next center may be, or may cover.
    struct Active
    {
        int row, copy; // in `rows` and in `activeRows`
    };

    //! A row on its way through the centers of a list.
    struct Scan
    {
        int row;
        size_t next;               // place in the list
        float toCenter, toNearest; // distances to the row's center when the scan began, and to its nearest one so far
    };

    //! A center that may be the nearest of some rows, by its place in the order of choice.
    struct Reach
    {
        int center;
        float distance; // from the center that these rows have
    };

    //! Memory of one task.
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

    //! Compares some active rows with the last center.
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

    //! False: all rows equal a center.
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
        // Side by side, rows are read three times as fast as from all over the matrix.
        activeRows.create(int(active.size()), rows.cols, CV_32F);
        for (const Active& candidate : active)
            rows.row(candidate.row).copyTo(activeRows.row(candidate.copy));
        return true;
    }

    //! Compares rows at the threshold or above with the centers that were chosen while they were left alone.
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

    //! The same for rows that have one center, which is their nearest of those compared.
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

    //! The centers that may be nearer to one of the scans' rows than the row's own.
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

    //! Compares each scan's row with its next centers, and drops the scans that are done.
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

    //! A distance from which on a triangle's third side is the longer one for certain, roundings included: with |ac|
    //! no less than this for |ax| + d, |cx| computes to d or more. The small term is for squares that underflow.
    float certain(float sum) const { return sum * slack + 1e-18f; }

    static constexpr double tasksInRound = 64;

    const Mat rows;
    Mat centers;    // copies of the chosen rows, in the order of choice
    Mat activeRows; // copies of the rows that were active when the round started
    const float slack;
    const CoresetProgress& progress;
    std::vector<int> chosen;
    std::vector<float> bounds;  // of each row's squared distance to its nearest center, from above
    std::vector<int> nearest;   // the center that the bound is the distance to, by its place in the order of choice
    std::vector<int> compared;  // centers that the row has been compared with, or that cannot be nearer
    std::vector<Active> active; // at the threshold or above and compared with all centers, in rising order
    float threshold;
};

} // namespace

std::vector<int> greedyCoresetHalide(const Mat& rows, int count, const CoresetProgress& progress, int start)
{
    return LazyCoreset(rows, std::min(count, rows.rows), progress).choose(start);
}

}} // namespace cv::anomaly

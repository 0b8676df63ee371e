// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COUNTED_SCORES_HPP
#define OPENCV_ANOMALY_COUNTED_SCORES_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief How often each score occurs: exactly, for any number of scores, in memory that stops growing.

Scores are packed as differences from one to the next and their counts, highest first. Few scores take about the 4
bytes that they are given as; many share their values, since single precision has 8 million of them from a score to
its double, which take 2 to 3 bytes each.
*/
class CountedScores
{
public:
    CountedScores() : total(0) {}

    void add(float score);
    size_t size() const { return total; }
    void clear();

    size_t packedBytes() const { return packed.size(); }

    //! To be called before scores are read, once all are added.
    void pack();

    //! Adds all scores of one list to another in two steps, so that several lists can grow together or not at all: only
    //! the constructor may throw, since memory ends, and it changes no count. Both lists must stay as they are until
    //! commit.
    class Addition
    {
    public:
        Addition(CountedScores& to, const CountedScores& from);
        void commit();

    private:
        CountedScores* to;
        const CountedScores* from;
        std::vector<uchar> both; // the packed scores of the two; empty where `from` has none
    };

    //! Passes over the scores from the highest on.
    class Cursor
    {
    public:
        explicit Cursor(const CountedScores& scores);

        bool atEnd() const { return count == 0; }
        double score() const { return value; }
        //! Passes over all that are equal to this one, if it is the next.
        void pass(double score);
        int64 passed() const { return before; }

    private:
        void next();

        const std::vector<uchar>& packed;
        size_t at;
        unsigned key;
        uint64 count;
        double value;
        int64 before;
    };

private:
    std::vector<unsigned> fresh; // keys of scores that are not packed yet
    std::vector<uchar> packed;
    size_t total;
};

inline CountedScores::Cursor cursorOf(const CountedScores& scores)
{
    return CountedScores::Cursor(scores);
}

}} // namespace cv::anomaly

#endif

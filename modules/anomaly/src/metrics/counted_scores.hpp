// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_COUNTED_SCORES_HPP
#define OPENCV_ANOMALY_COUNTED_SCORES_HPP

#include "opencv2/core.hpp"

#include <vector>

namespace cv { namespace anomaly {

/** @brief Counts how often each score occurs: exactly, for any number of scores, in memory that stops growing.

Scores are packed as differences between neighboring scores and their counts, highest score first. Few scores take about
4 bytes each, as much as a float. Many scores share values: single precision has 8 million values between a number and
its double, and each packed value takes 2 to 3 bytes.

Not safe for concurrent calls that change the object.
*/
class CountedScores
{
public:
    CountedScores() : total(0) {}

    void add(float score);
    size_t size() const { return total; }
    void clear();

    size_t packedBytes() const { return packed.size(); }

    //! Packs all scores. Must be called after the last add and before scores are read.
    void pack();

    //! Adds all scores of one object to another in two steps, so that several objects can be extended together or not
    //! at all. Only the constructor may throw, if memory runs out; it changes no count. Neither object may change until
    //! commit.
    class Addition
    {
    public:
        Addition(CountedScores& to, const CountedScores& from);
        void commit();

    private:
        CountedScores* to;
        const CountedScores* from;
        std::vector<uchar> both; // packed scores of both objects; empty if `from` has no packed scores
    };

    //! Visits the scores from the highest one downwards.
    class Cursor
    {
    public:
        explicit Cursor(const CountedScores& scores);

        bool atEnd() const { return count == 0; }
        double score() const { return value; }
        //! Moves behind all scores that equal this one, if it is the next score.
        void pass(double score);
        //! Number of scores passed so far.
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

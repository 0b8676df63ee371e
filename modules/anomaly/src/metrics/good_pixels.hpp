// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GOOD_PIXELS_HPP
#define OPENCV_ANOMALY_GOOD_PIXELS_HPP

#include "counted_scores.hpp"

#include <map>

namespace cv { namespace anomaly {

/** @brief Counts scores of good pixels.

Pixels of good images are counted separately from good pixels of defective images, because AUPIMO takes its false
positive rate from good images only. That rate is the mean of the rates of the images, in which a pixel of a small map
weighs more than one of a large map. So good images with different numbers of pixels are counted in different lists.
Usually all maps have the same size, and there are two lists.
*/
class GoodPixels
{
public:
    class Addition;
    class Cursor;

    //! Sets the good pixels of one map. The object must be empty.
    void setMap(CountedScores& scores, bool isGoodImage);
    size_t size() const;
    //! Number of good images with at least one pixel.
    size_t imageCount() const;
    //! Lowest false positive rate above 0 that can occur: that of one pixel in the largest good image. It is infinite
    //! if there is no good image.
    double lowestRate() const;
    //! Packs all scores. Must be called after the last addition and before scores are read.
    void pack();

private:
    std::map<size_t, CountedScores> lists; // key: number of pixels of a good image; 0: pixels of defective images
};

//! Adds all scores of one object to another in two steps, as CountedScores::Addition does.
class GoodPixels::Addition
{
public:
    Addition(GoodPixels& to, const GoodPixels& from);
    void commit();

private:
    std::vector<CountedScores::Addition> additions;
};

//! Visits the scores of all lists together, from the highest one downwards.
class GoodPixels::Cursor
{
public:
    explicit Cursor(const GoodPixels& scores);
    Cursor(Cursor&&) = default;
    Cursor(const Cursor&) = delete; // the heap of a copy would point to the lists of this object

    bool atEnd() const { return waiting.empty(); }
    double score() const { return waiting.front()->score(); }
    //! Moves behind all scores that equal this one, if it is the next score.
    void pass(double score);
    int64 passed() const { return before; }
    //! False positive rate so far: mean over the good images of the share of their pixels that were passed.
    double goodImageRate() const;

private:
    std::vector<CountedScores::Cursor> lists;
    std::vector<size_t> imageSizes;              // number of pixels of each list's images; 0: defective images
    std::vector<CountedScores::Cursor*> waiting; // heap of the lists that have scores left, highest next score first
    double imageCount;
    int64 before;
};

inline GoodPixels::Cursor cursorOf(const GoodPixels& scores)
{
    return GoodPixels::Cursor(scores);
}

}} // namespace cv::anomaly

#endif

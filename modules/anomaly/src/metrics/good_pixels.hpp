// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GOOD_PIXELS_HPP
#define OPENCV_ANOMALY_GOOD_PIXELS_HPP

#include "counted_scores.hpp"

#include <map>

namespace cv { namespace anomaly {

/** @brief Scores of good pixels, each as often as it occurs.

Those of good images are held apart from those beside defects, since AUPIMO takes its false positive rate from good
images alone. That rate is the mean of the images' own rates, in which a pixel of a small map weighs more than one of a
large map, so that good images of different numbers of pixels have lists of their own. As a rule all maps have the same
size, and there are two lists.
*/
class GoodPixels
{
public:
    class Addition;
    class Cursor;

    //! Adds the good pixels of one map to an object that has none yet.
    void setMap(CountedScores& scores, bool isGoodImage);
    size_t size() const;
    //! Good images with at least one pixel.
    size_t imageCount() const;
    //! The lowest false positive rate over 0 that can occur: of one pixel in the largest good image. Infinity where
    //! there is no good image.
    double lowestRate() const;
    //! To be called before scores are read, once all are added.
    void pack();

private:
    std::map<size_t, CountedScores> lists; // by the pixels of an image that is good; 0: those beside defects
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

//! Passes over the scores of all lists from the highest on.
class GoodPixels::Cursor
{
public:
    explicit Cursor(const GoodPixels& scores);
    Cursor(Cursor&&) = default;
    Cursor(const Cursor&) = delete; // its heap points to the lists of this one

    bool atEnd() const { return waiting.empty(); }
    double score() const { return waiting.front()->score(); }
    //! Passes over all that are equal to this one, if it is the next.
    void pass(double score);
    int64 passed() const { return before; }
    //! Mean over the good images of the share of their pixels that were passed.
    double goodImageRate() const;

private:
    std::vector<CountedScores::Cursor> lists;
    std::vector<size_t> imageSizes;              // of each list; 0: beside defects
    std::vector<CountedScores::Cursor*> waiting; // a heap of the lists that have scores left, the highest score first
    double imageCount;
    int64 before;
};

inline GoodPixels::Cursor cursorOf(const GoodPixels& scores)
{
    return GoodPixels::Cursor(scores);
}

}} // namespace cv::anomaly

#endif

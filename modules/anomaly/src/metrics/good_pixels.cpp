// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "good_pixels.hpp"

namespace cv { namespace anomaly {

typedef std::map<size_t, CountedScores> Lists;

// Key of the list for good pixels of defective images. Good images have at least one pixel, so 0 is not used otherwise.
static const size_t besideDefects = 0;

void GoodPixels::setMap(CountedScores& scores, bool isGoodImage)
{
    CV_DbgAssert(lists.empty());
    std::swap(lists[isGoodImage ? scores.size() : besideDefects], scores);
}

size_t GoodPixels::size() const
{
    size_t count = 0;
    for (const Lists::value_type& list : lists)
        count += list.second.size();
    return count;
}

size_t GoodPixels::imageCount() const
{
    size_t count = 0;
    for (const Lists::value_type& list : lists)
        if (list.first != besideDefects)
            count += list.second.size() / list.first;
    return count;
}

double GoodPixels::lowestRate() const
{
    const size_t images = imageCount();
    if (images == 0)
        return std::numeric_limits<double>::infinity();
    Lists::const_reverse_iterator largest = lists.rbegin();
    while (largest->second.size() == 0)
        ++largest;
    return 1 / (double(images) * double(largest->first));
}

void GoodPixels::pack()
{
    for (Lists::value_type& list : lists)
        list.second.pack();
}

GoodPixels::Addition::Addition(GoodPixels& to, const GoodPixels& from)
{
    additions.reserve(from.lists.size());
    for (const Lists::value_type& list : from.lists)
        additions.emplace_back(to.lists[list.first], list.second); // if nothing is added, an empty list does no harm
}

void GoodPixels::Addition::commit()
{
    for (CountedScores::Addition& addition : additions)
        addition.commit();
}

static bool scoresLower(const CountedScores::Cursor* a, const CountedScores::Cursor* b)
{
    return a->score() < b->score();
}

GoodPixels::Cursor::Cursor(const GoodPixels& scores) : imageCount(double(scores.imageCount())), before(0)
{
    lists.reserve(scores.lists.size()); // so that pointers to its elements stay valid
    for (const Lists::value_type& list : scores.lists)
    {
        lists.emplace_back(list.second);
        imageSizes.push_back(list.first);
        if (!lists.back().atEnd())
            waiting.push_back(&lists.back());
    }
    std::make_heap(waiting.begin(), waiting.end(), scoresLower);
}

void GoodPixels::Cursor::pass(double score)
{
    while (!atEnd() && this->score() == score)
    {
        std::pop_heap(waiting.begin(), waiting.end(), scoresLower);
        CountedScores::Cursor& list = *waiting.back();
        const int64 passedBefore = list.passed();
        list.pass(score);
        before += list.passed() - passedBefore;
        if (list.atEnd())
            waiting.pop_back();
        else
            std::push_heap(waiting.begin(), waiting.end(), scoresLower);
    }
}

double GoodPixels::Cursor::goodImageRate() const
{
    double sum = 0;
    for (size_t i = 0; i < lists.size(); i++)
        if (imageSizes[i] != besideDefects)
            sum += double(lists[i].passed()) / double(imageSizes[i]);
    return sum / imageCount;
}

}} // namespace cv::anomaly

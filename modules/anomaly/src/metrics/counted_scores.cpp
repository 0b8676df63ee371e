// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "counted_scores.hpp"
#include "reserve_more.hpp"

#include <cstring>

namespace cv { namespace anomaly {

// 16 MiB of scores that are not packed yet. To pack them takes one pass over all that is packed already.
static const size_t mostFresh = 1 << 22;

static const unsigned signBit = 1u << 31;

// Maps a float to an integer that rises as the score falls. 0 and -0 are the same score.
static unsigned keyOf(float score)
{
    const float unsignedZero = score + 0.f;
    unsigned bits;
    std::memcpy(&bits, &unsignedZero, sizeof(bits));
    return bits & signBit ? bits : ~(bits | signBit);
}

// The score for a key. -0 has become 0.
static float scoreOfKey(unsigned key)
{
    const unsigned bits = key & signBit ? key : ~key & ~signBit;
    float score;
    std::memcpy(&score, &bits, sizeof(score));
    return score;
}

namespace {

// Seven bits in a byte, lowest first. The highest bit of a byte says that more bytes follow.
void putNumber(uint64 number, std::vector<uchar>& bytes)
{
    for (; number >= 128; number >>= 7)
        bytes.push_back(uchar(number | 128));
    bytes.push_back(uchar(number));
}

// Reads a number that putNumber wrote, and moves `at` behind it.
uint64 takeNumber(const std::vector<uchar>& bytes, size_t& at)
{
    uint64 number = 0;
    for (int shift = 0;; shift += 7)
    {
        const uchar byte = bytes[at++];
        number |= uint64(byte & 127) << shift;
        if (byte < 128)
            return number;
    }
}

//! A key and the number of its occurrences; count 0 marks the end.
struct Run
{
    unsigned key;
    uint64 count;
};

//! Reads runs from packed scores.
class PackedRuns
{
public:
    explicit PackedRuns(const std::vector<uchar>& b) : bytes(b), at(0), key(0) {}

    Run next()
    {
        if (at == bytes.size())
            return Run{0, 0};
        key += unsigned(takeNumber(bytes, at));
        return Run{key, takeNumber(bytes, at)};
    }

private:
    const std::vector<uchar>& bytes;
    size_t at;
    unsigned key;
};

//! Reads runs from a sorted list of keys.
class SortedRuns
{
public:
    explicit SortedRuns(const std::vector<unsigned>& k) : keys(k), at(0) {}

    Run next()
    {
        if (at == keys.size())
            return Run{0, 0};
        const size_t first = at;
        while (at < keys.size() && keys[at] == keys[first])
            at++;
        return Run{keys[first], at - first};
    }

private:
    const std::vector<unsigned>& keys;
    size_t at;
};

// Merges two sorted sequences of runs into packed scores.
template <typename OtherRuns> std::vector<uchar> merged(const std::vector<uchar>& packed, OtherRuns others)
{
    PackedRuns runs(packed);
    std::vector<uchar> bytes;
    bytes.reserve(packed.size() + packed.size() / 8);
    unsigned last = 0;
    for (Run a = runs.next(), b = others.next(); a.count || b.count;)
    {
        const unsigned key = !b.count || (a.count && a.key < b.key) ? a.key : b.key;
        const bool takesA = a.count && a.key == key, takesB = b.count && b.key == key;
        putNumber(key - last, bytes);
        putNumber((takesA ? a.count : 0) + (takesB ? b.count : 0), bytes);
        last = key;
        if (takesA)
            a = runs.next();
        if (takesB)
            b = others.next();
    }
    return bytes;
}

} // namespace

void CountedScores::add(float score)
{
    fresh.push_back(keyOf(score));
    total++;
    if (fresh.size() >= mostFresh)
        pack();
}

CountedScores::Addition::Addition(CountedScores& to_, const CountedScores& from_) : to(&to_), from(&from_)
{
    if (to->fresh.size() + from->fresh.size() > mostFresh)
        to->pack();
    if (!from->packed.empty())
        both = merged(to->packed, PackedRuns(from->packed));
    reserveMore(to->fresh, from->fresh.size());
}

void CountedScores::Addition::commit()
{
    to->fresh.insert(to->fresh.end(), from->fresh.begin(), from->fresh.end());
    if (!both.empty())
        to->packed.swap(both);
    to->total += from->total;
}

void CountedScores::pack()
{
    if (fresh.empty())
        return;
    std::sort(fresh.begin(), fresh.end());
    packed = merged(packed, SortedRuns(fresh));
    fresh.clear();
}

void CountedScores::clear()
{
    std::vector<unsigned>().swap(fresh);
    std::vector<uchar>().swap(packed);
    total = 0;
}

CountedScores::Cursor::Cursor(const CountedScores& scores)
    : packed(scores.packed),
      at(0),
      key(0),
      count(0),
      value(0),
      before(0)
{
    next();
}

void CountedScores::Cursor::pass(double score)
{
    if (count == 0 || value != score)
        return;
    before += int64(count);
    next();
}

void CountedScores::Cursor::next()
{
    count = 0;
    if (at == packed.size())
        return;
    key += unsigned(takeNumber(packed, at));
    count = takeNumber(packed, at);
    value = scoreOfKey(key);
}

}} // namespace cv::anomaly

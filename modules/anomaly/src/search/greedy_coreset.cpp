// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "greedy_coreset.hpp"
#include "row_distances.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

namespace {

// Lowers the distance of each row to that from the new center, if the new center is nearer.
void cover(const Mat& rows, int center, std::vector<float>& distances)
{
    parallel_for_(Range(0, rows.rows), [&](const Range& range) {
        for (int r = range.start; r < range.end; r++)
            distances[r] =
                std::min(distances[r], squaredRowDistance(rows.ptr<float>(r), rows.ptr<float>(center), rows.cols));
    });
}

// The greedy choice as it is defined: after each choice the distance of every row is updated.
std::vector<int> greedyCoresetPlain(const Mat& rows, int count, const CoresetProgress& progress, int start)
{
    std::vector<float> distances(rows.rows, FLT_MAX);
    std::vector<int> chosen;
    for (int farthest = start; int(chosen.size()) < count && distances[farthest] > 0;)
    {
        chosen.push_back(farthest);
        if (progress)
            progress(farthest);
        cover(rows, farthest, distances);
        farthest = int(std::max_element(distances.begin(), distances.end()) - distances.begin());
    }
    return chosen;
}

// Squared distances of rows with larger values could overflow, and rows at infinite distance could not be compared.
const double greatestValue = 1e15;

} // namespace

void checkCoresetRows(const Mat& rows, int count)
{
    CV_CheckTypeEQ(rows.type(), CV_32FC1, "Rows must be single precision");
    CV_CheckGT(count, 0, "A coreset has at least one row");
    if (!checkRange(rows, true, NULL, -greatestValue, greatestValue))
        CV_Error(Error::StsOutOfRange, "Rows of a coreset must be finite and not above 1e15");
}

std::vector<int> greedyCoreset(const Mat& rows, int count, int engine, const CoresetProgress& progress, int start)
{
    checkCoresetRows(rows, count);
    CV_Check(start, 0 <= start && start < rows.rows, "The first row of a coreset must exist");
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return greedyCoresetHalide(rows, count, progress, start);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return greedyCoresetPlain(rows, count, progress, start);
}

Mat randomProjection(int length, int dimensions, RNG& random)
{
    Mat projection(length, dimensions, CV_32F);
    random.fill(projection, RNG::NORMAL, 0, 1 / std::sqrt(double(dimensions)));
    return projection;
}

}} // namespace cv::anomaly

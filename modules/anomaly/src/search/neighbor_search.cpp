// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "neighbor_search.hpp"
#include "nearest_list.hpp"

namespace cv { namespace anomaly {

Mat rowsAt(const Mat& rows, const std::vector<int>& indices)
{
    Mat picked(int(indices.size()), rows.cols, CV_32F);
    for (size_t i = 0; i < indices.size(); i++)
        rows.row(indices[i]).copyTo(picked.row(int(i)));
    return picked;
}

Mat squaredNorms(const Mat& rows)
{
    Mat norms;
    reduce(rows.mul(rows), norms, 1, REDUCE_SUM);
    return norms;
}

Mat originOf(const Mat& bank)
{
    Mat origin;
    reduce(bank, origin, 0, REDUCE_AVG, CV_32F);
    double squares = 0;
    for (int row = 0; row < bank.rows; row++)
        squares += norm(bank.row(row), origin, NORM_L2SQR);
    const double deviation = std::sqrt(squares / double(bank.total()));
    if (!(deviation > 0) || cvIsInf(deviation)) // equal rows, or values out of range
        return deviation == 0 ? origin : Mat::zeros(origin.size(), CV_32F);
    const double step = std::exp2(std::round(std::log2(deviation)));
    for (float& value : Mat_<float>(origin))
        value = float(std::round(value / step) * step);
    return origin;
}

namespace {

// Number of patches in a tile: 784 centers x 256 patches x 4 bytes stay in a level 2 cache of 1 MiB.
const int tileWidth = 256;

double squaredDistance(const float* phi, size_t step, const float* center, int length)
{
    double sum = 0;
    for (int d = 0; d < length; d++)
    {
        const double difference = phi[d * step] - center[d];
        sum += difference * difference;
    }
    return sum;
}

//! Ranks all centers by a matrix product, then computes the distances of the best ones again.
class PlainNeighborSearch CV_FINAL : public NeighborSearch
{
public:
    explicit PlainNeighborSearch(const Mat& bank) : C(bank), origin(originOf(bank).t()), norms(bank.rows, 1, CV_32F)
    {
        for (int c = 0; c < C.rows; c++)
            norms.at<float>(c) = float(squaredDistance(origin.ptr<float>(), 1, C.ptr<float>(c), C.cols));
    }

    void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const CV_OVERRIDE
    {
        CV_CheckTypeEQ(phi.type(), CV_32FC1, "Descriptors must be single precision");
        CV_CheckEQ(phi.rows, C.cols, "Descriptors must be as long as the bank's centers");
        CV_CheckLE(k, C.rows, "More neighbors are asked for than the bank has centers");
        squaredDistances.create(k, phi.cols, CV_32F);
        indices.create(k, phi.cols, CV_32S);
        for (int first = 0; first < phi.cols; first += tileWidth)
        {
            const Range tile(first, std::min(first + tileWidth, phi.cols));
            searchTile(phi.colRange(tile), squaredDistances.colRange(tile), indices.colRange(tile));
        }
    }

private:
    // Ranks centers by |c - o|^2 - 2 (phi - o).c, which sorts them in the same order as their distances.
    void searchTile(const Mat& phi, Mat squaredDistances, Mat indices) const
    {
        Mat ranks;
        gemm(C, phi - repeat(origin, 1, phi.cols), -2, noArray(), 0, ranks);
        parallel_for_(Range(0, phi.cols), [&](const Range& patches) {
            for (int p = patches.start; p < patches.end; p++)
            {
                const int count = std::min(indices.rows + spareCandidates, C.rows);
                std::vector<float> values(count);
                std::vector<int> candidates(count);
                NearestList nearest;
                nearest.start(values.data(), candidates.data(), count, 0);
                for (int c = 0; c < C.rows; c++)
                    nearest.offer(norms.at<float>(c) + ranks.at<float>(c, p), c);
                writeExact(phi, p, candidates, squaredDistances, indices);
            }
        });
    }

    // Computes the distances of the candidates again as sums of squared differences, which are never negative and have
    // none of the cancellation that the ranks have.
    void writeExact(const Mat& phi, int p, const std::vector<int>& candidates, Mat& squaredDistances,
                    Mat& indices) const
    {
        std::vector<std::pair<float, int>> exact(candidates.size());
        for (size_t i = 0; i < exact.size(); i++)
            exact[i] = std::make_pair(
                float(squaredDistance(phi.ptr<float>(0) + p, phi.step1(), C.ptr<float>(candidates[i]), C.cols)),
                candidates[i]);
        std::sort(exact.begin(), exact.end());
        for (int i = 0; i < indices.rows; i++)
        {
            squaredDistances.at<float>(i, p) = exact[i].first;
            indices.at<int>(i, p) = exact[i].second;
        }
    }

    const Mat C, origin;
    Mat norms;
};

} // namespace

std::shared_ptr<const NeighborSearch> NeighborSearch::create(const Mat& bank, int engine, const PrincipalAxes* axes)
{
    (void)axes; // the plain search does not use them
#ifdef HAVE_ANOMALY_HALIDE
    if (engine == ENGINE_HALIDE)
        return createHalideNeighborSearch(bank, axes);
#endif
    CV_CheckEQ(engine, int(ENGINE_PLAIN), "Engine must be resolved first");
    return std::make_shared<PlainNeighborSearch>(bank);
}

}} // namespace cv::anomaly

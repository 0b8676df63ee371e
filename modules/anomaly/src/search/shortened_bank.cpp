// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "shortened_bank.hpp"
#include "../kernels/row_products.hpp"
#include "../kernels/panels.hpp"

namespace cv { namespace anomaly {

namespace {

// Number of subspace iterations. Each multiplies the share of a direction by the square of the ratio of its variance to
// the others. After two of them, the first 16 of 64 axes of a trained bank hold the same variance as the exact axes to
// three digits.
const int iterations = 2;

// Number of centers, evenly spread, from which the axes are found. All centers give the same axes to two digits, at
// several times the cost.
const int sampleSize = 512;

Mat centeredSample(const Mat& C, const Mat& mean, int most)
{
    const int count = std::min(C.rows, most);
    Mat sample(count, C.cols, CV_64F);
    for (int i = 0; i < count; i++)
        Mat(C.row(int(int64(i) * C.rows / count)) - mean).convertTo(sample.row(i), CV_64F);
    return sample;
}

// The scalar product, in four sums that do not wait for one another.
double dotProduct(const double* a, const double* b, int length)
{
    double sums[4] = {0, 0, 0, 0}, rest = 0;
    int i = 0;
    for (; i + 4 <= length; i += 4)
        for (int k = 0; k < 4; k++)
            sums[k] += a[i + k] * b[i + k];
    for (; i < length; i++)
        rest += a[i] * b[i];
    return sums[0] + sums[1] + sums[2] + sums[3] + rest;
}

// Subtracts from a row its component along another row, which has length 1.
void removeComponent(const double* other, double* row, int length)
{
    const double product = dotProduct(other, row, length);
    for (int i = 0; i < length; i++)
        row[i] -= product * other[i];
}

// Gram-Schmidt orthonormalization. The second pass is for directions that are nearly the same. A row that depends on
// earlier ones becomes zero, which does no harm as an axis.
void orthonormalize(Mat& rows)
{
    for (int r = 0; r < rows.rows; r++)
    {
        Mat row = rows.row(r);
        const double before = norm(row);
        for (int pass = 0; pass < 2; pass++)
            for (int other = 0; other < r; other++)
                removeComponent(rows.ptr<double>(other), rows.ptr<double>(r), rows.cols);
        const double length = norm(row);
        row *= length > 1e-9 * before ? 1 / length : 0;
    }
}

Mat covarianceTimes(const Mat& centered, const Mat& axes)
{
    const Mat coordinates = RowProducts(axes).with(centered);
    return RowProducts(coordinates.t()).with(centered.t()).t();
}

// Rotates the axes within the space that they span, so that the variances along them are in falling order.
Mat sortByVariance(const Mat& centered, const Mat& axes)
{
    const Mat coordinates = RowProducts(axes).with(centered).t();
    Mat variances, turn;
    eigen(RowProducts(coordinates).with(coordinates), variances, turn);
    Mat turned = RowProducts(turn).with(axes.t()).t();
    orthonormalize(turned);
    return turned;
}

} // namespace

PrincipalAxes principalAxes(const Mat& C, int count)
{
    PrincipalAxes principal;
    reduce(C, principal.mean, 0, REDUCE_AVG);
    Mat axes(std::min(count + 8, C.cols), C.cols, CV_64F); // with 8 more axes the last ones of `count` converge, too
    const Mat centered = centeredSample(C, principal.mean, sampleSize);
    RNG(1).fill(axes, RNG::NORMAL, 0, 1);
    for (int i = 0; i < iterations; i++)
    {
        axes = covarianceTimes(centered, axes);
        orthonormalize(axes);
    }
    sortByVariance(centered, axes).rowRange(0, count).convertTo(principal.axes, CV_32F);
    return principal;
}

// The mean of (x.y)^2 over pairs of independent centers is tr(S^2), and that of x.x is tr S. 64 centers give the ratio
// to a fifth.
double effectiveAxes(const Mat& C)
{
    Mat mean;
    reduce(C, mean, 0, REDUCE_AVG);
    const Mat sample = centeredSample(C, mean, 64);
    const Mat products = RowProducts(sample).with(sample), squaredLengths = products.diag();
    const double n = sample.rows, pairs = n * (n - 1);
    const double ofPairs = (products.dot(products) - squaredLengths.dot(squaredLengths)) / pairs;
    const double variance = sum(squaredLengths)[0] / n;
    return ofPairs > 0 ? variance * variance / ofPairs : 1;
}

double roundingError(int n)
{
    // The errors of n roundings add up like a random walk. 6 standard deviations (Higham and Mary 2019) are taken
    // instead of n roundings, which would be the worst case.
    return 6 * std::sqrt(double(n)) * FLT_EPSILON / 2;
}

double restError(double rest, double errorOfSquare)
{
    return std::min(std::sqrt(errorOfSquare), errorOfSquare / std::max(rest, 1e-30));
}

PrincipalAxes searchAxes(const Mat& C)
{
    return principalAxes(C, std::min(C.cols, mostSearchAxes));
}

BankCoordinates coordinatesOf(const Mat& C, const PrincipalAxes& principal)
{
    // This many centers of 256 values fit in the level 2 cache in double precision, which takes half the time of 1024
    // centers at once.
    const int centersAtOnce = 128;
    BankCoordinates bank = {Mat(C.rows, principal.axes.rows, CV_64F), std::vector<double>(size_t(C.rows))};
    Mat axes;
    principal.axes.convertTo(axes, CV_64F);
    const RowProducts products(axes);
    parallel_for_(Range(0, divideUp(C.rows, centersAtOnce)), [&](const Range& chunks) {
        for (int chunk = chunks.start; chunk < chunks.end; chunk++)
        {
            const Range centers(chunk * centersAtOnce, std::min((chunk + 1) * centersAtOnce, C.rows));
            Mat centered;
            Mat(C.rowRange(centers) - repeat(principal.mean, centers.size(), 1)).convertTo(centered, CV_64F);
            products.with(centered).copyTo(bank.along.rowRange(centers));
            for (int c = 0; c < centered.rows; c++)
                bank.energies[size_t(centers.start) + size_t(c)] = centered.row(c).dot(centered.row(c));
        }
    });
    return bank;
}

ShortenedBank shortenBank(const BankCoordinates& bank, int axes)
{
    ShortenedBank shortened = {Mat(bank.along.rows, axes + 1, CV_32F), 0};
    bank.along.colRange(0, axes).convertTo(shortened.centers.colRange(0, axes), CV_32F);
    // Relative error of coordinates on axes that are orthonormal only to single precision.
    const double relative = 2 * std::sqrt(double(axes)) * FLT_EPSILON;
    for (int c = 0; c < bank.along.rows; c++)
    {
        const Mat along = bank.along(Rect(0, c, axes, 1));
        const double energy = bank.energies[c], rest = std::sqrt(std::max(energy - along.dot(along), 0.));
        shortened.centers.at<float>(c, axes) = float(rest);
        shortened.error =
            std::max(shortened.error, relative * std::sqrt(energy) + restError(rest, 2 * relative * energy));
    }
    return shortened;
}

}} // namespace cv::anomaly

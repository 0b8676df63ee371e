// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "position_gaussians.hpp"
#include "gaussian_panels.hpp"
#include "../patches/grid_features.hpp"

namespace cv { namespace anomaly {

namespace {

// Number of images that are added together. The covariance of a position passes through the cache once for 32 images.
const int batchImages = 32;

//! Scalar product, with four sums that the compiler keeps in a vector.
double dot(const double* a, const double* b, int length)
{
    double sums[4] = {};
    int i = 0;
    for (; i + 4 <= length; i += 4)
        for (int n = 0; n < 4; n++)
            sums[n] += a[i + n] * b[i + n];
    double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (; i < length; i++)
        sum += a[i] * b[i];
    return sum;
}

//! to += factor * from.
void addMultiple(double* to, double factor, const double* from, int length)
{
    for (int i = 0; i < length; i++)
        to[i] += factor * from[i];
}

// Adds row i of the lower triangle of X^T X, for four rows of X.
void addFourMultiples(double* to, const double* X, int length, int i)
{
    const double *a = X, *b = a + length, *c = b + length, *d = c + length;
    const double ai = a[i], bi = b[i], ci = c[i], di = d[i];
    for (int j = 0; j <= i; j++)
        to[j] += (ai * a[j] + bi * b[j]) + (ci * c[j] + di * d[j]);
}

// Adds the lower triangle of X^T X to packed rows. X: rows x length. Four rows at a time load and store a sum once for
// four products: with d = 550 the fit of 320 images takes 16 s instead of 22 s.
void addProduct(const double* X, int rows, int length, double* sums)
{
    for (int i = 0; i < length; i++, sums += i)
    {
        const double* x = X;
        int n = 0;
        for (; n + 4 <= rows; n += 4, x += 4 * length)
            addFourMultiples(sums, x, length, i);
        for (; n < rows; n++, x += length)
            addMultiple(sums, x[i], x, i + 1);
    }
}

// Cholesky factorization S = L L^T on packed rows, in place. In exact arithmetic each pivot is at least the smallest
// eigenvalue of S. With very large features rounding could make it smaller, so it is limited.
void factorize(double* S, int length, double smallestEigenvalue)
{
    for (int i = 0; i < length; i++)
    {
        double* row = S + triangle(i);
        for (int j = 0; j < i; j++)
        {
            const double* other = S + triangle(j);
            row[j] = (row[j] - dot(row, other, j)) / other[j];
        }
        row[i] = std::sqrt(std::max(row[i] - dot(row, row, i), smallestEigenvalue));
    }
}

// Inverse of a lower triangle on packed rows, in place. Row i of L^-1 is computed from the rows before it, which are
// inverted already.
void invert(double* L, int length, std::vector<double>& sums)
{
    for (int i = 0; i < length; i++)
    {
        double* row = L + triangle(i);
        sums.assign(length, 0);
        for (int k = 0; k < i; k++)
            addMultiple(sums.data(), row[k], L + triangle(k), k + 1);
        for (int j = 0; j < i; j++)
            row[j] = -sums[j] / row[i];
        row[i] = 1 / row[i];
    }
}

//! Means and sums of centered products for a block of positions. They are updated by batches of images, each centered
//! at its own mean (Chan et al. 1979), so that no digits cancel however large the features are.
class Moments
{
public:
    Moments(const Range& block, int features)
        : positions(block),
          length(features),
          mean(Mat::zeros(block.size(), features, CV_64F)),
          products(Mat::zeros(block.size(), triangle(features), CV_64F)),
          batch(block.size(), batchImages * features, CV_32F),
          images(block.size(), 0),
          waiting(block.size(), 0),
          added(0)
    {}

    // Memory for one position of a block.
    static size_t bytesOfPosition(int length)
    {
        return size_t(length + triangle(length)) * sizeof(double) + size_t(batchImages) * length * sizeof(float);
    }

    void add(const PositionSample& sample)
    {
        for (int p = 0; p < positions.size(); p++)
            if (isLearned(sample.mask, positions.start + p))
                copyFeatures(sample.features, p);
        if (++added % batchImages == 0)
            addBatch();
    }

    //! Takes means and sums from earlier Gaussians, to add further images to them.
    void start(const PositionGaussians& before, double regularization)
    {
        parallel_for_(Range(0, positions.size()), [&](const Range& range) {
            std::vector<double> sums;
            for (int p = range.start; p < range.end; p++)
                if (before.counts.at<int>(positions.start + p) >= 1)
                    start(p, before, regularization, sums);
        });
    }

    //! Writes mean, L^-1 and count of each position of the block to the result. A position with one image has no
    //! covariance: its L^-1 stays zero, so that nothing stands out there, and its mean waits for further images.
    void finish(double regularization, PositionGaussians& gaussians)
    {
        addBatch();
        parallel_for_(Range(0, positions.size()), [&](const Range& range) {
            std::vector<double> sums;
            for (int p = range.start; p < range.end; p++)
            {
                writeMean(p, gaussians);
                if (images[p] >= 2)
                    writeWhitening(p, whiten(p, regularization, sums), gaussians);
            }
        });
    }

private:
    void start(int p, const PositionGaussians& before, double regularization, std::vector<double>& sums)
    {
        const int position = positions.start + p;
        images[p] = before.counts.at<int>(position);
        for (int i = 0; i < length; i++)
            mean.at<double>(p, i) = before.mean.at<float>(i, position);
        if (images[p] < 2) // one image has no products
            return;
        std::vector<double> L(products.cols);
        const float* from = before.whitening.ptr<float>(position / gaussianPanel) + position % gaussianPanel;
        for (int e = 0; e < products.cols; e++)
            L[e] = from[size_t(e) * gaussianPanel];
        invert(L.data(), length, sums);
        double* S = products.ptr<double>(p);
        for (int i = 0; i < length; i++)
            for (int j = 0; j <= i; j++)
                S[triangle(i) + j] =
                    (images[p] - 1) * (dot(&L[triangle(i)], &L[triangle(j)], j + 1) - (i == j ? regularization : 0));
    }

    // Copies the features of position p to the batch.
    void copyFeatures(const Mat& features, int p)
    {
        float* to = batch.ptr<float>(p) + waiting[p]++ * length;
        const float* from = features.ptr<float>() + positions.start + p;
        const size_t step = features.step1();
        for (int i = 0; i < length; i++)
            to[i] = from[i * step];
    }

    void addBatch()
    {
        parallel_for_(Range(0, positions.size()), [this](const Range& range) {
            std::vector<double> centered(size_t(batchImages + 1) * length), difference(length);
            for (int p = range.start; p < range.end; p++)
                if (waiting[p] > 0)
                    addBatch(p, centered.data(), difference.data());
        });
    }

    // Adds the batch's own products, and those of the difference between the batch's mean and the old one as one more
    // row.
    void addBatch(int p, double* centered, double* difference)
    {
        const int count = waiting[p], all = images[p] + count;
        centerBatch(p, centered, difference);
        const double weight = std::sqrt(double(images[p]) * count / all);
        for (int i = 0; i < length; i++)
            centered[count * length + i] = weight * difference[i];
        addMultiple(mean.ptr<double>(p), double(count) / all, difference, length);
        addProduct(centered, count + 1, length, products.ptr<double>(p));
        images[p] = all;
        waiting[p] = 0;
    }

    // centered: features of the batch minus their mean. difference: that mean minus the mean of all earlier images.
    void centerBatch(int p, double* centered, double* difference) const
    {
        const int count = waiting[p];
        const float* x = batch.ptr<float>(p);
        std::fill_n(difference, length, 0.);
        for (int n = 0; n < count; n++)
            for (int i = 0; i < length; i++)
                difference[i] += double(x[n * length + i]) / count;
        for (int n = 0; n < count; n++)
            for (int i = 0; i < length; i++)
                centered[n * length + i] = x[n * length + i] - difference[i];
        addMultiple(difference, -1, mean.ptr<double>(p), length);
    }

    // Turns the sums of products of a position into its covariance, then its factor L, then L^-1, all in place.
    const double* whiten(int p, double regularization, std::vector<double>& sums)
    {
        double* S = products.ptr<double>(p);
        for (int e = 0; e < products.cols; e++)
            S[e] /= images[p] - 1;
        for (int i = 0; i < length; i++)
            S[triangle(i) + i] += regularization;
        factorize(S, length, regularization);
        invert(S, length, sums);
        return S;
    }

    void writeMean(int p, PositionGaussians& gaussians) const
    {
        const int position = positions.start + p;
        gaussians.counts.at<int>(position) = images[p];
        for (int i = 0; i < length; i++)
            gaussians.mean.at<float>(i, position) = float(mean.at<double>(p, i));
    }

    void writeWhitening(int p, const double* whitening, PositionGaussians& gaussians) const
    {
        const int position = positions.start + p;
        float* to = gaussians.whitening.ptr<float>(position / gaussianPanel) + position % gaussianPanel;
        for (int e = 0; e < products.cols; e++)
            to[size_t(e) * gaussianPanel] = float(whitening[e]);
    }

    Range positions;
    int length;
    Mat mean, products;       // positions x d, positions x triangle(d), CV_64F
    Mat batch;                // positions x (batchImages * d), CV_32F: features that are not added yet
    std::vector<int> images;  // for each position, number of images that were added
    std::vector<int> waiting; // for each position, number of images in the batch; masks may leave some out
    int added;
};

// All images must have the shape of the first one.
void checkSample(const PositionSample& sample, Size expected)
{
    CV_CheckTypeEQ(sample.features.type(), CV_32FC1, "Features must be single precision");
    CV_CheckEQ(sample.features.rows, expected.height, "All images must have the same number of features");
    CV_CheckEQ(sample.features.cols, expected.width, "All images must have the same number of positions");
    if (!sample.mask.empty())
        CV_CheckEQ(sample.mask.total(), size_t(expected.width), "A mask must have a value for each position");
}

PositionGaussians emptyGaussians(Size features)
{
    return {Mat::zeros(features, CV_32F),
            Mat::zeros(panelsOf(features.width), triangle(features.height) * gaussianPanel, CV_32F),
            Mat::zeros(1, features.width, CV_32S)};
}

// before: Gaussians that are updated, or null. Positions are done in blocks that fit into the working memory.
PositionGaussians gaussiansOf(const PositionGaussians* before, int images,
                              const std::function<PositionSample(int)>& sample, const GaussianSettings& settings,
                              const std::function<void(int, int)>& progress)
{
    const Size size = sample(0).features.size();
    PositionGaussians gaussians = emptyGaussians(size);
    const int fitting =
                  int(std::min<size_t>(settings.workingBytes / Moments::bytesOfPosition(size.height), size.width)),
              step = std::max(1, fitting), passes = divideUp(size.width, step);
    for (int pass = 0; pass < passes; pass++)
    {
        Moments moments(Range(pass * step, std::min((pass + 1) * step, size.width)), size.height);
        if (before)
            moments.start(*before, settings.regularization);
        for (int i = 0; i < images; i++)
        {
            const PositionSample image = sample(i);
            checkSample(image, size);
            moments.add(image);
            if (progress)
                progress(pass * images + i + 1, passes * images);
        }
        moments.finish(settings.regularization, gaussians);
    }
    return gaussians;
}

} // namespace

PositionGaussians fitGaussians(int images, const std::function<PositionSample(int)>& sample,
                               const GaussianSettings& settings, const std::function<void(int, int)>& progress)
{
    CV_CheckGE(images, 2, "A covariance needs at least two images");
    return gaussiansOf(nullptr, images, sample, settings, progress);
}

PositionGaussians updatedGaussians(const PositionGaussians& before, int images,
                                   const std::function<PositionSample(int)>& sample, const GaussianSettings& settings,
                                   const std::function<void(int, int)>& progress)
{
    CV_CheckGE(images, 1, "An update needs an image");
    CV_Assert(before.counts.total() == size_t(before.positions()) && sample(0).features.size() == before.mean.size());
    return gaussiansOf(&before, images, sample, settings, progress);
}

}} // namespace cv::anomaly

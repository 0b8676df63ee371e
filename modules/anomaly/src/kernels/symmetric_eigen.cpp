// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "symmetric_eigen.hpp"
#include "panels.hpp"

#include <cfloat>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

double dot(const double* a, const double* b, int n)
{
    // Four sums, so that no addition waits for the one before.
    double sums[4] = {0, 0, 0, 0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int j = 0; j < 4; j++)
            sums[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void addMultiple(double* to, double factor, const double* from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += factor * from[i];
}

//! The matrix as Q T Q^T, with a tridiagonal T and a product Q of the reflections 1 - scale v v^T.
struct Tridiagonal
{
    std::vector<double> diagonal, beside; // beside[i]: the element of rows i and i + 1
    std::vector<double> scales;           // of the reflections, 0 for none
    Mat reflections;                      // row k holds v of reflection k from column k + 1 on
};

// Makes x a multiple of the first axis: x becomes v, and the multiple and the scale are returned.
std::pair<double, double> reflect(double* x, int n)
{
    const double rest = dot(x + 1, x + 1, n - 1), first = x[0];
    if (rest == 0)
        return {first, 0};
    const double length = std::sqrt(first * first + rest), multiple = first > 0 ? -length : length;
    x[0] -= multiple;
    return {multiple, 2 / (x[0] * x[0] + rest)};
}

// A - v w^T - w v^T for the part of A that is not tridiagonal yet, with w = p - scale / 2 (v p) v and p = scale A v.
void applyToBothSides(Mat& A, const double* v, double scale, int first)
{
    const int n = A.rows - first;
    std::vector<double> w(n);
    const auto rowsInParallel = [&](const std::function<void(double* row, int r)>& compute) {
        parallel_for_(
            Range(0, n),
            [&](const Range& range) {
                for (int r = range.start; r < range.end; r++)
                    compute(A.ptr<double>(first + r) + first, r);
            },
            n / 64.);
    };
    rowsInParallel([&](double* row, int r) { w[r] = scale * dot(row, v, n); });
    addMultiple(w.data(), -scale / 2 * dot(v, w.data(), n), v, n);
    rowsInParallel([&](double* row, int r) {
        const double ofV = v[r], ofW = w[r];
        for (int i = 0; i < n; i++)
            row[i] -= ofV * w[i] + ofW * v[i];
    });
}

// Householder's method: reflection k leaves nothing in row k beyond the element beside the diagonal.
Tridiagonal tridiagonalize(const Mat& symmetric)
{
    Tridiagonal result;
    Mat& A = result.reflections = symmetric.clone();
    for (int k = 0; k < A.rows; k++)
    {
        double *const row = A.ptr<double>(k), *const v = row + k + 1;
        const int n = A.rows - k - 1;
        result.diagonal.push_back(row[k]);
        const std::pair<double, double> reflection = n > 0 ? reflect(v, n) : std::make_pair(0., 0.);
        result.beside.push_back(reflection.first);
        result.scales.push_back(reflection.second);
        if (reflection.second != 0)
            applyToBothSides(A, v, reflection.second, k + 1);
    }
    return result;
}

// Q^T. Its rows are reflected one by one, 16 at a time, so that the reflections are read from memory a sixteenth as
// often.
Mat transposedProduct(const Tridiagonal& T)
{
    const int n = T.reflections.rows, rowsAtOnce = 16;
    Mat R = Mat::eye(n, n, CV_64F);
    parallel_for_(Range(0, divideUp(n, rowsAtOnce)), [&](const Range& range) {
        for (int block = range.start; block < range.end; block++)
            for (int k = n - 2; k >= 0; k--)
                for (int r = std::max(block * rowsAtOnce, k + 1); r < std::min((block + 1) * rowsAtOnce, n); r++)
                {
                    const double* const v = T.reflections.ptr<double>(k) + k + 1;
                    double* const row = R.ptr<double>(r) + k + 1;
                    addMultiple(row, -T.scales[k] * dot(row, v, n - k - 1), v, n - k - 1);
                }
    });
    return R;
}

//! Turns rows i and i + 1.
struct Rotation
{
    int i;
    double cosine, sine;
};

//! Implicit QL with shifts, as in EISPACK's imtql2 (Martin, Wilkinson 1968), for T alone. The rotations are collected.
class ImplicitQl
{
public:
    explicit ImplicitQl(const Tridiagonal& T) : d(T.diagonal), e(T.beside)
    {
        for (size_t i = 0; i < d.size(); i++)
            largest = std::max(largest, std::abs(d[i]) + std::abs(e[i]));
        for (int l = 0; l < int(d.size()); l++)
            isolate(l);
    }

    std::vector<double> d; // the eigenvalues
    std::vector<Rotation> rotations;

private:
    // Whether T is divided after row m. Rounding has left as much in all elements as is passed over here: among
    // elements of that size alone, as matrices of low rank have many, there is nothing to converge to.
    bool isDivided(int m) const { return std::abs(e[m]) <= DBL_EPSILON * largest; }

    void isolate(int l)
    {
        const int mostSweeps = 100; // two are usual
        for (int sweeps = 0;; sweeps++)
        {
            int m = l;
            while (m + 1 < int(d.size()) && !isDivided(m))
                m++;
            if (m == l)
                return;
            if (sweeps == mostSweeps)
                CV_Error(Error::StsNoConv, "Eigenvalues do not converge");
            sweep(l, m);
        }
    }

    void sweep(int l, int m)
    {
        const double ratio = (d[l + 1] - d[l]) / (2 * e[l]), root = std::hypot(ratio, 1.);
        double g = d[m] - d[l] + e[l] / (ratio + std::copysign(root, ratio)), s = 1, c = 1, p = 0;
        for (int i = m - 1; i >= l; i--)
        {
            const double f = s * e[i], b = c * e[i], length = std::hypot(f, g);
            e[i + 1] = length;
            if (length == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }
            s = f / length;
            c = g / length;
            g = d[i + 1] - p;
            const double r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            rotations.push_back({i, c, s});
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }

    std::vector<double> e;
    double largest = 0;
};

// Columns that are rotated at once: a row of them stays in the registers of SSE2, and all rows of 1056 in a cache.
const int rotatedColumns = 16;

// The upper row of a rotation is most often the lower row of the next, and is kept at hand until it is not.
void rotate(const std::vector<Rotation>& rotations, Mat& columns)
{
    double kept[rotatedColumns] = {};
    int lower = -1; // row that is in `kept`
    for (const Rotation& rotation : rotations)
    {
        if (rotation.i + 1 != lower)
        {
            if (lower >= 0)
                std::copy(kept, kept + rotatedColumns, columns.ptr<double>(lower));
            std::copy_n(columns.ptr<double>(rotation.i + 1), rotatedColumns, kept);
        }
        const double *const upper = columns.ptr<double>(rotation.i), c = rotation.cosine, s = rotation.sine;
        double* const rotated = columns.ptr<double>(rotation.i + 1);
        for (int j = 0; j < rotatedColumns; j++)
        {
            const double u = upper[j];
            rotated[j] = s * u + c * kept[j];
            kept[j] = c * u - s * kept[j];
        }
        lower = rotation.i;
    }
    if (lower >= 0)
        std::copy(kept, kept + rotatedColumns, columns.ptr<double>(lower));
}

void rotateRows(const std::vector<Rotation>& rotations, Mat& R)
{
    parallel_for_(Range(0, divideUp(R.cols, rotatedColumns)), [&](const Range& range) {
        for (int block = range.start; block < range.end; block++)
        {
            const Range columns(block * rotatedColumns, std::min((block + 1) * rotatedColumns, R.cols));
            Mat some = Mat::zeros(R.rows, rotatedColumns, CV_64F), used = some.colRange(0, columns.size());
            R.colRange(columns).copyTo(used);
            rotate(rotations, some);
            used.copyTo(R.colRange(columns));
        }
    });
}

} // namespace

void symmetricEigen(const Mat& A, Mat& values, Mat& vectors)
{
    CV_CheckTypeEQ(A.type(), CV_64F, "The matrix must be double precision");
    CV_CheckEQ(A.rows, A.cols, "A symmetric matrix is square");
    const Tridiagonal T = tridiagonalize(A);
    Mat R = transposedProduct(T);
    const ImplicitQl ql(T);
    rotateRows(ql.rotations, R);
    std::vector<int> order(A.rows);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return ql.d[a] > ql.d[b]; });
    values.create(A.rows, 1, CV_64F);
    vectors.create(A.rows, A.cols, CV_64F);
    for (int i = 0; i < A.rows; i++)
    {
        values.at<double>(i) = ql.d[order[i]];
        R.row(order[i]).copyTo(vectors.row(i));
    }
}

}} // namespace cv::anomaly

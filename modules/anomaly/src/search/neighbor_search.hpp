// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEIGHBOR_SEARCH_HPP
#define OPENCV_ANOMALY_NEIGHBOR_SEARCH_HPP

#include "shortened_bank.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! Number of candidates beyond k whose distances are computed exactly after all rows were ranked by |c|^2 - 2 phi.c.
//! Ranks have a rounding error of some 1e-7 |phi|^2, which can be 1e-3 of a small distance, so a neighbor may come a
//! few places too late.
const int spareCandidates = 4;

//! Finds the K rows of a bank that are nearest to each patch by squared Euclidean distance; of equal ones the row with
//! the lower index. The bank is centers x D', CV_32F. It is not copied and must not change. Safe for calls from several
//! threads.
class NeighborSearch
{
public:
    virtual ~NeighborSearch() {}

    //! phi: D' x patches, CV_32F. squaredDistances: k x patches, CV_32F, in rising order, 0 or more. indices: k x
    //! patches, CV_32S.
    virtual void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const = 0;

    //! Number of axes on which such patches would be compared with the bank to rule centers out; 0 if all distances are
    //! ranked instead. For tests and benchmarks.
    virtual int axes(const Mat& phi, int k) const
    {
        (void)phi;
        (void)k;
        return 0;
    }

    //! engine: ENGINE_PLAIN or ENGINE_HALIDE. axes: those of a similar bank, as searchAxes() returns them, which saves
    //! the time to find the bank's own. They change how long a search takes, but not its results.
    static std::shared_ptr<const NeighborSearch> create(const Mat& bank, int engine, const PrincipalAxes* axes = NULL);
};

//! Copies the rows with the given indices, in this order.
Mat rowsAt(const Mat& rows, const std::vector<int>& indices);

//! Squared length of each row, rows x 1.
Mat squaredNorms(const Mat& rows);

//! A vector near the mean of a bank's rows, 1 x D', CV_32F, from which vectors are taken before they are ranked by
//! products: the rounding of these grows with the vectors' lengths, and can exceed distances where all lie far from
//! zero. It is a multiple of a power of two about as large as the rows' deviation, so that whole numbers stay whole.
Mat originOf(const Mat& bank);

// The Halide implementation, in builds that have it.
std::shared_ptr<const NeighborSearch> createHalideNeighborSearch(const Mat& bank, const PrincipalAxes* axes = NULL);

}} // namespace cv::anomaly

#endif

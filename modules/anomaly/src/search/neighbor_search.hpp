// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEIGHBOR_SEARCH_HPP
#define OPENCV_ANOMALY_NEIGHBOR_SEARCH_HPP

#include "shortened_bank.hpp"

#include <memory>

namespace cv { namespace anomaly {

//! The K rows of a bank nearest to each patch, by squared Euclidean distance; ties go to the lower index. The bank is
//! centers x D', CV_32F, and is not changed after.
class NeighborSearch
{
public:
    virtual ~NeighborSearch() {}

    //! phi: D' x patches, CV_32F. squaredDistances: k x patches, CV_32F, ascending, 0 or more; indices: k x patches,
    //! CV_32S.
    virtual void search(const Mat& phi, int k, Mat& squaredDistances, Mat& indices) const = 0;

    //! On how many of the bank's axes patches are compared to rule centers out, for such patches; 0: all distances are
    //! ranked.
    virtual int axes(const Mat& phi, int k) const
    {
        (void)phi;
        (void)k;
        return 0;
    }

    //! `engine`: ENGINE_PLAIN or ENGINE_HALIDE. `axes`: those of a similar bank, as searchAxes() finds them, to save
    //! the time of finding the bank's own; they change how long a search takes, not its results.
    static std::shared_ptr<const NeighborSearch> create(const Mat& bank, int engine, const PrincipalAxes* axes = NULL);
};

//! Some of the rows, in the order of their indices.
Mat rowsAt(const Mat& rows, const std::vector<int>& indices);

//! Of each row, rows x 1.
Mat squaredNorms(const Mat& rows);

// The Halide form, in builds that have it.
std::shared_ptr<const NeighborSearch> createHalideNeighborSearch(const Mat& bank, const PrincipalAxes* axes = NULL);

}} // namespace cv::anomaly

#endif

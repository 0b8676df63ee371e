// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEAREST_NODES_HPP
#define OPENCV_ANOMALY_NEAREST_NODES_HPP

#include "patch_nodes.hpp"

namespace cv { namespace anomaly {

//! Result of a search: nearest rows of a bank for each patch.
struct NearestNodes
{
    std::string distances; // Euclidean, batch x patches x K, nearest first
    std::string nearest;   // index of the nearest row, batch x patches
};

/** @brief A bank as nodes of a graph.

The mean of the bank's rows, called the offset, is subtracted from the rows and from all vectors that are compared with
them. This does not change distances. But the search ranks rows by |c|^2 - 2 x c, in which single precision loses more
digits the farther all vectors are from 0.
*/
class BankNodes
{
public:
    //! bank: rows x D', CV_32F.
    BankNodes(OnnxBuilder& graph, const Mat& bank);

    //! The offset, D' x 1, which has to be subtracted from vectors before they are compared with the bank.
    const Mat& offset() const { return mean; }

    //! Adds a node that subtracts the offset from each channel.
    std::string withoutOffset(const MapsNode& maps) const;

    //! Adds nodes that search the K nearest rows. patches: batch x patches x D', without the offset. penalties: patches
    //! x rows, added to the ranks of rows that must not be found; or "".
    NearestNodes search(const std::string& patches, int K, const std::string& penalties = std::string()) const;

    //! Adds a node that copies rows, without the offset, by index. Its shape is that of the indices, then D'.
    std::string rows(const std::string& indices) const;

private:
    std::string ranks(const std::string& patches) const;
    NearestNodes nearestOf(const std::string& patches, const std::string& ranked) const;
    NearestNodes nearestOf(const std::string& patches, const std::string& ranked, int K) const;

    OnnxBuilder& graph;
    Mat mean;
    std::string bank, norms; // rows without the offset, and their squared norms
    int count;
};

}} // namespace cv::anomaly

#endif

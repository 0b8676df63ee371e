// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_NEAREST_NODES_HPP
#define OPENCV_ANOMALY_NEAREST_NODES_HPP

#include "patch_nodes.hpp"

namespace cv { namespace anomaly {

//! Rows of a bank that are nearest to patches.
struct NearestNodes
{
    std::string distances; // Euclidean, batch x patches x K, nearest first
    std::string nearest;   // index of the nearest row, batch x patches
};

/** @brief A bank in a graph.

Distances to its rows stay what they are when one vector is taken from all of them and from what is compared with them.
The mean of the rows is, since the search ranks rows by |c|^2 - 2 x c, where single precision loses the more digits the
farther all lie from 0.
*/
class BankNodes
{
public:
    //! bank: rows x D', CV_32F.
    BankNodes(OnnxBuilder& graph, const Mat& bank);

    //! What is to be taken from whatever is compared with the bank: D' x 1.
    const Mat& offset() const { return mean; }

    //! The same as a node's result.
    std::string withoutOffset(const MapsNode& maps) const;

    //! patches: batch x patches x D', without the offset. penalties: what to add to ranks of rows that are not to be
    //! found, patches x rows, or "".
    NearestNodes search(const std::string& patches, int K, const std::string& penalties = std::string()) const;

    //! Some of the rows, without the offset: of the shape of the indices x D'.
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

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_BANK_FOR_TRAINER_HPP
#define OPENCV_ANOMALY_BANK_FOR_TRAINER_HPP

#include "../base/error_text.hpp"
#include "../search/neighbor_search.hpp"
#include "memory_bank.hpp"
#include "../training/trainer.hpp"

#include <functional>

namespace cv { namespace anomaly {

//! Gives the trainer access to a bank: the same search as in predict, and the gradient through the centers that it
//! found. Errors are kept in `error`, because no exception may reach the trainer.
class BankForTrainer CV_FINAL : public BankAccess
{
public:
    BankForTrainer(const Mat& b, int engine) : bank(b), neighbors(NeighborSearch::create(b, engine))
    {
        CV_Assert(bank.isContinuous());
    }

    bool search(const float* phi, int patches, int k, float* squaredDistances, int* indices) CV_OVERRIDE
    {
        return succeeds([&] {
            Mat distances(k, patches, CV_32F, squaredDistances), nearest(k, patches, CV_32S, indices);
            neighbors->search(descriptors(phi, patches), k, distances, nearest);
            CV_Assert(distances.ptr<float>() == squaredDistances && nearest.ptr<int>() == indices);
        });
    }

    bool backward(const float* phi, int patches, int k, const float* distanceGradient, const int* indices,
                  float* gradient) CV_OVERRIDE
    {
        return succeeds([&] {
            const Mat byDistance(k, patches, CV_32F, const_cast<float*>(distanceGradient)),
                nearest(k, patches, CV_32S, const_cast<int*>(indices));
            Mat result(bank.cols, patches, CV_32F, gradient);
            distanceGradientToDescriptors(descriptors(phi, patches), bank, byDistance, nearest, result);
        });
    }

    const float* centers() const CV_OVERRIDE { return bank.ptr<float>(); }
    int centerCount() const CV_OVERRIDE { return bank.rows; }

    String error;

private:
    Mat descriptors(const float* phi, int patches) const
    {
        return Mat(bank.cols, patches, CV_32F, const_cast<float*>(phi));
    }

    bool succeeds(const std::function<void()>& work)
    {
        try
        {
            work();
            return true;
        }
        catch (const std::exception& e)
        {
            error = errorText(e);
            return false;
        }
    }

    const Mat& bank;
    std::shared_ptr<const NeighborSearch> neighbors;
};

}} // namespace cv::anomaly

#endif

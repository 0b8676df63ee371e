// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_GPU_QUEUE_HPP
#define OPENCV_ANOMALY_GPU_QUEUE_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace cv { namespace anomaly {

//! Work of a GPU that was recorded: all of it starts at once, for the price of one launch.
class GpuRecord
{
public:
    virtual ~GpuRecord() {}
    virtual void replay() const = 0;
};

//! What a GPU is to do in order, beside other queues. For CUDA a stream, with the handles that its libraries need for
//! one. One thread at a time uses it.
class GpuQueue
{
public:
    virtual ~GpuQueue() {}
    static std::shared_ptr<GpuQueue> create();

    //! The calling thread's; null: none, and what it gives the GPU is done before the call returns.
    static GpuQueue* current();

    //! As long as it lives, what the calling thread gives the GPU joins this queue.
    class Scope
    {
    public:
        explicit Scope(GpuQueue& queue);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        GpuQueue* const before;
    };

    //! Calls `work`, which joins this queue, writing down in place of doing what it asks for. Null where that is not
    //! possible.
    virtual std::unique_ptr<GpuRecord> record(const std::function<void()>& work) = 0;
};

//! Work that is the same from call to call: recorded at the second, when all memory is there, and replayed from then
//! on.
class GpuRepetition
{
public:
    GpuRepetition() : isRecordable(true) {}

    //! `key`: all that may change the work, such as the addresses of what it reads.
    void run(GpuQueue& queue, const std::vector<uint64>& key, const std::function<void()>& work);

private:
    bool isRecordable;
    std::vector<uint64> lastKey;
    std::unique_ptr<GpuRecord> record;
};

}} // namespace cv::anomaly

#endif

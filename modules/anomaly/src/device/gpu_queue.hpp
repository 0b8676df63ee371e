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

//! Work that was recorded from a queue. A replay starts all of it with a single launch.
class GpuRecord
{
public:
    virtual ~GpuRecord() {}
    virtual void replay() const = 0;
};

//! A queue of work for a GPU, which is executed in order, independently of other queues. For CUDA it is a stream with
//! the handles that CUDA's libraries need for it. Only one thread at a time may use a queue.
class GpuQueue
{
public:
    virtual ~GpuQueue() {}
    static std::shared_ptr<GpuQueue> create();

    //! The queue of the calling thread; null if there is none. Work without a queue is finished when the call returns.
    static GpuQueue* current();

    //! While this object lives, all GPU work of the calling thread is added to the queue.
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

    //! Calls `work`, and records the GPU work that it asks for instead of executing it. Returns null if that is not
    //! possible.
    virtual std::unique_ptr<GpuRecord> record(const std::function<void()>& work) = 0;
};

//! Work that is the same in each call. It is recorded in the second call, when all memory is allocated, and replayed
//! from then on.
class GpuRepetition
{
public:
    GpuRepetition() : isRecordable(true) {}

    //! key: all numbers on which the work depends, such as addresses and sizes. If the key changes, the work is
    //! recorded again.
    void run(GpuQueue& queue, const std::vector<uint64>& key, const std::function<void()>& work);

private:
    bool isRecordable;
    std::vector<uint64> lastKey;
    std::unique_ptr<GpuRecord> record;
};

}} // namespace cv::anomaly

#endif

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_queue.hpp"

namespace cv { namespace anomaly {

namespace {

thread_local GpuQueue* currentQueue = NULL;

} // namespace

GpuQueue* GpuQueue::current()
{
    return currentQueue;
}

GpuQueue::Scope::Scope(GpuQueue& queue) : before(currentQueue)
{
    currentQueue = &queue;
}

GpuQueue::Scope::~Scope()
{
    currentQueue = before;
}

void GpuRepetition::run(GpuQueue& queue, const std::vector<uint64>& key, const std::function<void()>& work)
{
    if (key != lastKey)
        record.reset();
    else if (!record && isRecordable)
    {
        record = queue.record(work);
        isRecordable = record != NULL;
    }
    lastKey = key;
    if (record)
        record->replay();
    else
        work();
}

}} // namespace cv::anomaly

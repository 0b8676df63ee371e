// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_LENDING_POOL_HPP
#define OPENCV_ANOMALY_LENDING_POOL_HPP

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

namespace cv { namespace anomaly {

//! Keeps objects that take long to make, of several kinds, and lends each to one call at a time. The pool lives as long
//! as the last object that it has lent. Safe for calls from several threads.
template <typename Thing> class LendingPool : public std::enable_shared_from_this<LendingPool<Thing>>
{
public:
    //! Lends an idle object for which fits(object) is true, or else a new one from make(). It returns to the pool when
    //! the last pointer to it is gone.
    template <typename Fits, typename Make> std::shared_ptr<Thing> borrow(const Fits& fits, const Make& make)
    {
        const std::shared_ptr<LendingPool> pool = this->shared_from_this();
        std::unique_ptr<Thing> thing = takeIdle(fits);
        if (!thing)
            thing = make();
        return std::shared_ptr<Thing>(thing.release(), [pool](Thing* used) { pool->giveBack(used); });
    }

private:
    template <typename Fits> std::unique_ptr<Thing> takeIdle(const Fits& fits)
    {
        std::lock_guard<std::mutex> lock(mutex);
        const auto fitting = std::find_if(idle.begin(), idle.end(),
                                          [&fits](const std::unique_ptr<Thing>& thing) { return fits(*thing); });
        if (fitting == idle.end())
        {
            idle.reserve(++thingCount); // so that giveBack neither allocates nor throws
            return std::unique_ptr<Thing>();
        }
        std::unique_ptr<Thing> thing = std::move(*fitting);
        idle.erase(fitting);
        return thing;
    }

    void giveBack(Thing* thing)
    {
        std::unique_ptr<Thing> owned(thing);
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(owned));
    }

    std::mutex mutex;
    size_t thingCount = 0;
    std::vector<std::unique_ptr<Thing>> idle;
};

}} // namespace cv::anomaly

#endif

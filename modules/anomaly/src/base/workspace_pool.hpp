// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_WORKSPACE_POOL_HPP
#define OPENCV_ANOMALY_WORKSPACE_POOL_HPP

#include <memory>
#include <mutex>
#include <vector>

namespace cv { namespace anomaly {

//! Keeps buffers from call to call, because new memory costs a page fault for each 4 KiB. Each of several calls at the
//! same time gets a workspace of its own.
template <typename Workspace> class WorkspacePool
{
public:
    //! A workspace that is lent during the life of this object.
    class Loan
    {
    public:
        explicit Loan(WorkspacePool& owner) : pool(owner), workspace(owner.take()) {}
        ~Loan() { pool.giveBack(std::move(workspace)); }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;

        Workspace& operator*() const { return *workspace; }
        Workspace* operator->() const { return workspace.get(); }

    private:
        WorkspacePool& pool;
        std::unique_ptr<Workspace> workspace;
    };

private:
    std::unique_ptr<Workspace> take()
    {
        std::lock_guard<std::mutex> lock(mutex);
        if (idle.empty())
        {
            idle.reserve(++workspaceCount); // so that giveBack neither allocates nor throws
            return std::unique_ptr<Workspace>(new Workspace);
        }
        std::unique_ptr<Workspace> workspace = std::move(idle.back());
        idle.pop_back();
        return workspace;
    }

    void giveBack(std::unique_ptr<Workspace> workspace)
    {
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(workspace));
    }

    std::mutex mutex;
    size_t workspaceCount = 0;
    std::vector<std::unique_ptr<Workspace>> idle;
};

}} // namespace cv::anomaly

#endif

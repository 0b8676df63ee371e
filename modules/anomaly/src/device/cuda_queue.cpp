// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_queue.hpp"
#include "cuda_libraries.hpp"
#include "gpu_memory.hpp"

namespace cv { namespace anomaly {

namespace {

class CudaRecord CV_FINAL : public GpuRecord
{
public:
    CudaRecord(void* graph, void* s) : executable(NULL), stream(s)
    {
        checkCuda(CudaDriver::get().instantiate(&executable, graph, 0), "cuGraphInstantiateWithFlags");
    }
    ~CudaRecord() CV_OVERRIDE { CudaDriver::get().destroyExecutable(executable); }

    void replay() const CV_OVERRIDE
    {
        const CudaContextScope scope;
        checkCuda(CudaDriver::get().launch(executable, stream), "cuGraphLaunch");
    }

private:
    void* executable;
    void* const stream;
};

class CudaQueue CV_FINAL : public GpuQueue
{
public:
    CudaQueue() : stream(NULL), cublas(NULL), cudnn(NULL)
    {
        const CudaContextScope scope;
        const unsigned nonBlocking = 1; // beside the default stream, not behind it
        checkCuda(CudaDriver::get().createStream(&stream, nonBlocking), "cuStreamCreate");
    }

    ~CudaQueue() CV_OVERRIDE
    {
        void* popped;
        const CudaDriver& driver = CudaDriver::get();
        if (driver.push(primaryCudaContext()))
            return; // when the process ends, the driver may be gone before
        if (cublas)
            Cublas::get().destroy(cublas);
        if (cudnn)
            Cudnn::get().destroy(cudnn);
        driver.destroyStream(stream);
        driver.pop(&popped);
    }

    // What cannot be recorded is done as if nothing had been tried.
    std::unique_ptr<GpuRecord> record(const std::function<void()>& work) CV_OVERRIDE
    {
        const CudaContextScope scope;
        const int relaxed = 2; // other threads may allocate meanwhile
        void* graph = NULL;
        std::unique_ptr<GpuRecord> made;
        if (CudaDriver::get().beginCapture(stream, relaxed))
            return made;
        bool isWhole = true;
        try
        {
            work();
        }
        catch (const cv::Exception&)
        {
            isWhole = false;
        }
        if (CudaDriver::get().endCapture(stream, &graph) || !graph)
            return made;
        if (isWhole)
            made.reset(new CudaRecord(graph, stream));
        CudaDriver::get().destroyGraph(graph);
        return made;
    }

    // With memory of its own cuBLAS never allocates, which a recording does not allow.
    void* cublasHandle()
    {
        if (!cublas)
        {
            const size_t bytes = 32 << 20; // as NVIDIA recommends for Hopper
            workspace.reserve(bytes);
            checkCuda(Cublas::get().create(&cublas), "cublasCreate");
            checkCuda(Cublas::get().setStream(cublas, stream), "cublasSetStream");
            checkCuda(Cublas::get().setWorkspace(cublas, workspace.bytes({1}).address(), bytes), "cublasSetWorkspace");
        }
        return cublas;
    }

    void* cudnnHandle()
    {
        if (!cudnn)
        {
            checkCuda(Cudnn::get().create(&cudnn), "cudnnCreate");
            checkCuda(Cudnn::get().setStream(cudnn, stream), "cudnnSetStream");
        }
        return cudnn;
    }

    void* stream;

private:
    void *cublas, *cudnn;
    GpuMemory workspace;
};

CudaQueue& currentQueue()
{
    CV_Assert(GpuQueue::current());
    return *static_cast<CudaQueue*>(GpuQueue::current());
}

} // namespace

std::shared_ptr<GpuQueue> GpuQueue::create()
{
    return std::make_shared<CudaQueue>();
}

void* currentCudaStream()
{
    return GpuQueue::current() ? currentQueue().stream : NULL;
}

void* currentCublasHandle()
{
    return currentQueue().cublasHandle();
}

void* currentCudnnHandle()
{
    return currentQueue().cudnnHandle();
}

}} // namespace cv::anomaly

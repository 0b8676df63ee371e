// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "gpu_queue.hpp"
#include "cuda_libraries.hpp"
#include "gpu_memory.hpp"

namespace cv { namespace anomaly {

namespace {

//! A CUDA graph that was captured from a stream.
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

//! A CUDA stream with handles of cuBLAS and cuDNN, which are created when they are first needed.
class CudaQueue CV_FINAL : public GpuQueue
{
public:
    CudaQueue() : stream(NULL), cublas(NULL), cudnn(NULL)
    {
        const CudaContextScope scope;
        const unsigned nonBlocking = 1; // the stream does not wait for the default stream
        checkCuda(CudaDriver::get().createStream(&stream, nonBlocking), "cuStreamCreate");
    }

    ~CudaQueue() CV_OVERRIDE
    {
        void* popped;
        const CudaDriver& driver = CudaDriver::get();
        if (driver.push(primaryCudaContext()))
            return; // at the end of the process the driver may already be gone
        if (cublas)
            Cublas::get().destroy(cublas);
        if (cudnn)
            Cudnn::get().destroy(cudnn);
        driver.destroyStream(stream);
        driver.pop(&popped);
    }

    // Captures the work as a graph. If anything in it cannot be captured, the result is null and nothing was executed.
    std::unique_ptr<GpuRecord> record(const std::function<void()>& work) CV_OVERRIDE
    {
        const CudaContextScope scope;
        const int relaxed = 2; // other threads may allocate memory during the capture
        void* graph = NULL;
        std::unique_ptr<GpuRecord> result;
        if (CudaDriver::get().beginCapture(stream, relaxed))
            return result;
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
            return result;
        if (isWhole)
            result.reset(new CudaRecord(graph, stream));
        CudaDriver::get().destroyGraph(graph);
        return result;
    }

    // cuBLAS gets a workspace, because otherwise it would allocate one itself, which is not possible during a capture.
    void* cublasHandle()
    {
        if (!cublas)
        {
            const size_t bytes = 32 << 20; // NVIDIA's recommendation for Hopper
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

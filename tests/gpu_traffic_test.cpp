// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Checks what a prediction asks of a GPU's driver, by means of a fake libcuda that counts the calls (fake_cuda, in
// LD_LIBRARY_PATH). Images are uploaded once, as bytes, only maps are downloaded, and from the third call on nothing is
// allocated and all kernels but one are replayed. The fake cuBLAS and cuDNN check that their arguments are on the GPU.
#include "opencv2/anomaly.hpp"
#include "opencv2/dnn.hpp"

#include "../modules/anomaly/src/cfa/adaptation.hpp"
#include "../modules/anomaly/src/scoring/nearest_scorer.hpp"
#include "fake_cuda/fake_cuda.hpp"

#include <dlfcn.h>

#include <iostream>
#include <stdexcept>

using namespace cv;
using namespace cv::anomaly;

namespace {

void expect(bool holds, const std::string& what)
{
    if (!holds)
        throw std::runtime_error("not so: " + what);
}

GetFakeCudaCounts fakeCuda()
{
    void* const library = dlopen("libcuda.so.1", RTLD_NOW);
    void* const counts = library ? dlsym(library, "fakeCudaCounts") : NULL;
    if (!counts)
        throw std::runtime_error("libcuda.so.1 is not the one of this test: set LD_LIBRARY_PATH");
    return reinterpret_cast<GetFakeCudaCounts>(counts);
}

//! The embedded network and a head of the default's size.
struct Prediction
{
    explicit Prediction(int K) : device{ENGINE_HALIDE, dnn::DNN_TARGET_CUDA}
    {
        backbone = Backbone::create(loadBackbone("", {"c2", "c3", "c4"}), device);
        const Descriptor descriptor = randomDescriptor({144, 240, 672}, 0.25, CFA::INIT_UNIFORM, 0);
        Mat bank;
        bank.create(784, descriptor.length(), CV_32F);
        randu(bank, -1, 1);
        scoreMap = createNearestScoreMap(descriptor, bank, {K, WEIGHT_CERTAINTY}, {Size(224, 224), 4}, device);
    }

    void run(const std::vector<Mat>& images, std::vector<Mat>& maps) const
    {
        const InputSettings input = {
            Size(224, 224), Size(224, 224), Scalar::all(127), Scalar::all(1. / 128), true, 0, 0, 16, false};
        maps.resize(images.size());
        scoreMap->make(backbone->forward(images.data(), int(images.size()), input, NULL), maps.data(), NULL, NULL);
    }

    const Device device;
    std::shared_ptr<const Backbone> backbone;
    std::shared_ptr<const ScoreMap> scoreMap;
};

void expectTraffic(const FakeCudaCounts& before, const FakeCudaCounts& after, int images, int calls)
{
    const size_t pixels = 224 * 224;
    expect(after.uploads - before.uploads == calls, "the images of a call go up at once, and nothing else does");
    expect(after.bytesUp - before.bytesUp == 3 * pixels * images * calls, "as bytes");
    expect(after.downloads - before.downloads == calls, "one thing comes down for a call");
    expect(after.bytesDown - before.bytesDown == sizeof(float) * pixels * images * calls, "it is the maps");
    expect(after.allocations == before.allocations && after.hostAllocations == before.hostAllocations,
           "nothing is allocated from the third call on");
    expect(after.modules == before.modules, "kernels are loaded once");
    expect(after.launches - before.launches == calls, "one kernel runs by itself, which converts the images");
    expect(after.replays - before.replays == 2 * calls && after.records == before.records,
           "all others are replayed: those of the network, and those behind it");
}

// `K`: 3 and 6 have kernels of their own.
void checkScoring(GetFakeCudaCounts counts, int K, int count)
{
    const Prediction prediction(K);
    const std::vector<Mat> images(count, Mat(224, 224, CV_8UC3, Scalar::all(9)));
    std::vector<Mat> maps;
    const FakeCudaCounts start = counts();
    prediction.run(images, maps); // allocates
    std::cout << "K " << K << ", " << count << " images: " << counts().launches - start.launches << " kernels"
              << std::endl;
    prediction.run(images, maps); // records
    const FakeCudaCounts first = counts();
    const int calls = 5;
    for (int i = 0; i < calls; i++)
        prediction.run(images, maps);
    expectTraffic(first, counts(), count, calls);
}

} // namespace

int main()
{
    try
    {
        const GetFakeCudaCounts counts = fakeCuda();
        for (const int K : {3, 6})
            for (const int images : {1, 8})
                checkScoring(counts, K, images);
        expect(counts().contextsMade == 0, "no context is made beside the primary one");
        expect(counts().contextsRetained == 1, "the primary context is taken once");
        expect(counts().mistakes == 0, "no call is one that a GPU refuses");
        return 0;
    }
    catch (const std::exception& e)
    {
        std::cerr << "gpu_traffic_test: " << e.what() << std::endl;
        return 1;
    }
}

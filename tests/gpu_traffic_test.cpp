// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// What a prediction asks of a GPU's driver, told by a libcuda of our own (fake_cuda, in LD_LIBRARY_PATH): feature maps go up once, the map comes down,
// nothing else moves and nothing is allocated from the second image on.
#include "opencv2/anomaly.hpp"
#include "opencv2/dnn.hpp"

#include "../modules/anomaly/src/score_map.hpp"
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

std::vector<Mat> randomMaps(const std::vector<int>& channels)
{
    std::vector<Mat> maps;
    for (size_t scale = 0; scale < channels.size(); scale++)
    {
        const int side = 56 >> scale, shape[] = {1, channels[scale], side, side};
        maps.push_back(Mat(4, shape, CV_32F));
        randu(maps.back(), 0, 6);
    }
    return maps;
}

size_t bytesOf(const std::vector<Mat>& maps)
{
    size_t bytes = 0;
    for (const Mat& map : maps)
        bytes += map.total() * map.elemSize();
    return bytes;
}

void expectTraffic(const FakeCudaCounts& before, const FakeCudaCounts& after, const std::vector<Mat>& maps, const Mat& smooth, int images)
{
    expect(after.uploads - before.uploads == images * int(maps.size()), "feature maps go up once each, and nothing else does");
    expect(after.bytesUp - before.bytesUp == images * bytesOf(maps), "as many bytes go up as the maps have");
    expect(after.downloads - before.downloads == images, "one thing comes down for an image");
    expect(after.bytesDown - before.bytesDown == images * smooth.total() * smooth.elemSize(), "it is the map");
    expect(after.allocations == before.allocations, "nothing is allocated from the second image on");
    expect(after.modules == before.modules, "kernels are loaded once");
    expect(after.launches > before.launches, "kernels run");
}

// `K`: 3 and 6 have kernels of their own.
void checkScoring(GetFakeCudaCounts counts, int K)
{
    const std::vector<int> channels = {144, 240, 672};
    const std::vector<Mat> maps = randomMaps(channels);
    const Descriptor descriptor = randomDescriptor(channels, 0.25, CFA::INIT_UNIFORM, 0);
    MemoryBank bank;
    bank.C.create(784, descriptor.length(), CV_32F);
    randu(bank.C, -1, 1);
    const ScoreMapSettings settings = {{K, CFA::SCORE_CERTAINTY}, Size(224, 224), 4};
    const std::shared_ptr<const ScoreMap> scoreMap = ScoreMap::create(descriptor, bank, settings, Device{ENGINE_HALIDE, dnn::DNN_TARGET_CUDA});
    Mat smooth;
    scoreMap->make(maps, smooth, NULL);
    const FakeCudaCounts first = counts();
    const int images = 5;
    for (int i = 0; i < images; i++)
        scoreMap->make(maps, smooth, NULL);
    expectTraffic(first, counts(), maps, smooth, images);
    std::cout << "K " << K << ": " << (counts().launches - first.launches) / images << " launches an image, " << bytesOf(maps) << " bytes up, "
              << smooth.total() * smooth.elemSize() << " down" << std::endl;
}

} // namespace

int main()
{
    try
    {
        const GetFakeCudaCounts counts = fakeCuda();
        for (const int K : {3, 6})
            checkScoring(counts, K);
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

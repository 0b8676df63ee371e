// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Times a backbone on the processor in six ways: run by cv::dnn alone, by cv::dnn with this module's convolution
// layers, as a prediction runs it, which is by oneDNN if the build has it, and in whole numbers of 8 bits, also with
// AVX-VNNI or AVX2 only, or with what the processor has below these.
//
//   backbone_benchmark [--backbone=resnet18.onnx --outputs=c2,c3,c4] [--size=224] [--threads=1] [--runs=100]
//
// They run in turn. The program prints the processor time of all threads together, because elapsed time varies
// more when other programs share the cores. It also prints the largest difference of the maps from those of cv::dnn.
#include "opencv2/anomaly.hpp"

#include "../modules/anomaly/src/backbone/backbone.hpp"
#include "../modules/anomaly/src/backbone/int8_network.hpp"
#include "../modules/anomaly/src/device/halide_runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <sstream>

using namespace cv;
using namespace cv::anomaly;

namespace {

double millisecondsSince(std::clock_t start)
{
    return 1000. * double(std::clock() - start) / CLOCKS_PER_SEC;
}

std::vector<String> splitAtCommas(const String& text)
{
    std::vector<String> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');)
        parts.push_back(part);
    return parts;
}

//! One of these ways, its maps of the input, and its times in ms.
struct Contestant
{
    Contestant(const char* n, const std::function<std::shared_ptr<const Backbone>()>& create, const Mat& input)
        : name(n)
    {
        const std::clock_t start = std::clock();
        backbone = create();
        maps = backbone->forward(input);
        std::printf("%s: %.1f ms to create it, with the first input\n", name, millisecondsSince(start));
    }

    const char* name;
    std::shared_ptr<const Backbone> backbone;
    FeatureMaps maps;
    std::vector<double> times;
};

// The largest difference of two sets of maps, relative to each map's maximum.
double farthest(const FeatureMaps& maps, const FeatureMaps& from)
{
    double share = 0;
    for (size_t i = 0; i < maps.maps.size(); i++)
        share = std::max(share, norm(maps.maps[i], from.maps[i], NORM_INF) / norm(from.maps[i], NORM_INF));
    return share;
}

void measure(const CommandLineParser& line)
{
    const BackboneSource source =
        loadBackbone(line.get<String>("backbone"), splitAtCommas(line.get<String>("outputs")));
    Mat input = blackInput(Size(line.get<int>("size"), line.get<int>("size")));
    randu(input, -1, 1);
    BackboneSource whole = source;
    const auto limitedTo = [&](KernelTarget highest) {
        limitKernels(highest);
        const std::shared_ptr<const Backbone> network = Backbone::create(whole, onProcessor(ENGINE_HALIDE));
        for (int target = KERNELS_AVX512_VNNI; !limitKernels(KernelTarget(target));)
            target--;
        return network;
    };
    whole.ranges = rangesOfMaps(source, {input}, Vec2f(-1, 1), ENGINE_HALIDE);
    const Device plain = {ENGINE_PLAIN, 0}, fast = {CFA::create()->getEngine(), 0};
    Contestant contestants[] = {{"cv::dnn", [&] { return createDnnBackbone(source, plain); }, input},
                                {"cv::dnn with layers of ours", [&] { return createDnnBackbone(source, fast); }, input},
                                {"as prediction runs it", [&] { return Backbone::create(source, fast); }, input},
                                {"in whole numbers", [&] { return Backbone::create(whole, fast); }, input},
                                {"in whole numbers by AVX-VNNI", [&] { return limitedTo(KERNELS_AVX_VNNI); }, input},
                                {"in whole numbers by AVX2", [&] { return limitedTo(KERNELS_AVX2); }, input}};
    for (int run = 0; run < line.get<int>("runs"); run++)
        for (Contestant& contestant : contestants)
        {
            const std::clock_t start = std::clock();
            contestant.backbone->forward(input);
            contestant.times.push_back(millisecondsSince(start));
        }
    for (Contestant& contestant : contestants)
    {
        std::sort(contestant.times.begin(), contestant.times.end());
        std::printf("%s: least %.2f ms, median %.2f ms; farthest from cv::dnn's maps: %.1e of the maximum\n",
                    contestant.name, contestant.times[0], contestant.times[contestant.times.size() / 2],
                    farthest(contestant.maps, contestants[0].maps));
    }
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        const CommandLineParser line(argc, argv, "{backbone||}{outputs|c2,c3,c4|}{size|224|}{threads|1|}{runs|100|}");
        setNumThreads(line.get<int>("threads"));
        measure(line);
        return 0;
    }
    catch (const std::exception& e)
    {
        std::cerr << e.what() << std::endl;
        return 1;
    }
}

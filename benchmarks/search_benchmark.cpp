// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Times the choice of a greedy coreset, and then exact searches in it, for patches that patch_features.py wrote:
//
//   search_benchmark --patches=screw_train.f32 --queries=screw_test.f32 --count=4000 [--plain]
//
// --save_bank=FILE writes the chosen patches, and --bank=FILE reads such a file instead of choosing. --length is the
// number of values of a patch, --dimensions the number of dimensions of the random projection in which patches are
// chosen, --in_image the number of patches of an image in --queries, and --k the number of neighbors. --plain also
// times the plain engine and compares its results. --kernels=AVX2 limits kernels to an instruction set, by a name that
// anomaly_benchmark --version prints.
#include "opencv2/anomaly.hpp"

#include "../modules/anomaly/src/device/halide_runtime.hpp"
#include "../modules/anomaly/src/search/greedy_coreset.hpp"
#include "../modules/anomaly/src/search/neighbor_search.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>

using namespace cv;
using namespace cv::anomaly;

namespace {

// Reads a file of raw floats, `length` values a row.
Mat readRows(const String& file, int length)
{
    std::ifstream in(file.c_str(), std::ios::binary | std::ios::ate);
    if (!in)
        throw std::runtime_error("cannot read " + file);
    const std::streamoff bytes = in.tellg(), row = std::streamoff(length) * sizeof(float);
    if (bytes == 0 || bytes % row)
        throw std::runtime_error(file + " does not hold rows of --length values");
    Mat rows(int(bytes / row), length, CV_32F);
    in.seekg(0);
    in.read(rows.ptr<char>(), bytes);
    return rows;
}

double secondsSince(int64 start)
{
    return double(getTickCount() - start) / getTickFrequency();
}

//! Processor time of all threads together. It varies less than elapsed time when other programs use the machine.
double processorSecondsSince(std::clock_t start)
{
    return double(std::clock() - start) / CLOCKS_PER_SEC;
}

void limitKernelsTo(const String& name)
{
    for (int target = KERNELS_X86_64; target <= KERNELS_AVX512_VNNI; target++)
        if (limitKernels(KernelTarget(target)) && kernelTargetName() == name)
            return;
    throw std::runtime_error("this machine or build has no kernels for " + name);
}

std::vector<int> timedCoreset(const Mat& rows, int count, int engine)
{
    const int64 start = getTickCount();
    const std::clock_t processorStart = std::clock();
    const std::vector<int> chosen = greedyCoreset(rows, count, engine);
    std::printf("%s coreset: %d of %d rows of %d values, %.2f s, %.2f s of processor time\n",
                engine == ENGINE_PLAIN ? "plain" : "fast", int(chosen.size()), rows.rows, rows.cols,
                secondsSince(start), processorSecondsSince(processorStart));
    return chosen;
}

Mat chooseBank(const CommandLineParser& line)
{
    const Mat patches = readRows(line.get<String>("patches"), line.get<int>("length"));
    const int dimensions = line.get<int>("dimensions"), count = line.get<int>("count");
    RNG random(1);
    const Mat low =
        dimensions < patches.cols ? Mat(patches * randomProjection(patches.cols, dimensions, random)) : patches;
    const std::vector<int> chosen = timedCoreset(low, count, CFA::create()->getEngine());
    if (line.has("plain") && timedCoreset(low, count, ENGINE_PLAIN) != chosen)
        throw std::runtime_error("the plain form chooses other rows");
    Mat bank(int(chosen.size()), patches.cols, CV_32F);
    for (int i = 0; i < bank.rows; i++)
        patches.row(chosen[i]).copyTo(bank.row(i));
    if (line.has("save_bank"))
        std::ofstream(line.get<String>("save_bank").c_str(), std::ios::binary)
            .write(bank.ptr<char>(), std::streamsize(bank.total() * bank.elemSize()));
    return bank;
}

//! Returns the time of the fastest of some searches, in ms.
double timedSearch(const NeighborSearch& search, const Mat& phi, int k, int runs, Mat& distances)
{
    double best = DBL_MAX;
    Mat indices;
    for (int run = 0; run < runs; run++)
    {
        const int64 start = getTickCount();
        search.search(phi, k, distances, indices);
        best = std::min(best, 1000 * secondsSince(start));
    }
    return best;
}

void timeImages(const Mat& bank, const CommandLineParser& line)
{
    const Mat queries = readRows(line.get<String>("queries"), bank.cols);
    const int inImage = line.get<int>("in_image"), k = line.get<int>("k");
    const int64 start = getTickCount();
    const std::shared_ptr<const NeighborSearch> search = NeighborSearch::create(bank, CFA::create()->getEngine());
    std::printf("search set up in %.2f s\n", secondsSince(start));
    double sum = 0, most = 0;
    const std::clock_t processorStart = std::clock();
    for (int first = 0; first + inImage <= queries.rows; first += inImage)
    {
        const Mat phi = queries.rowRange(first, first + inImage).t();
        Mat distances, plainDistances;
        const double ms = timedSearch(*search, phi, k, line.get<int>("runs"), distances);
        std::printf("image %d: %.2f ms, on %d axes\n", first / inImage, ms, search->axes(phi, k));
        sum += ms;
        most = std::max(most, ms);
        if (line.has("plain"))
        {
            timedSearch(*NeighborSearch::create(bank, ENGINE_PLAIN), phi, k, 1, plainDistances);
            std::printf("  farthest from the plain form: %g\n", norm(distances, plainDistances, NORM_INF));
        }
    }
    const int images = queries.rows / inImage;
    std::printf("%d of %d centers, %d patches: mean %.2f ms, most %.2f ms", k, bank.rows, inImage, sum / images, most);
    if (!line.has("plain"))
        std::printf(", %.2f ms of processor time",
                    1000 * processorSecondsSince(processorStart) / images / line.get<int>("runs"));
    std::printf("\n");
}

} // namespace

int main(int argc, char** argv)
{
    try
    {
        const CommandLineParser line(
            argc, argv,
            "{patches||}{queries||}{bank||}{save_bank||}{length|1056|}{dimensions|128|}{count|4000|}"
            "{in_image|784|}{k|1|}{runs|5|}{plain||}{threads||}{kernels||}");
        if (line.has("kernels"))
            limitKernelsTo(line.get<String>("kernels"));
        if (line.has("threads"))
            setNumThreads(line.get<int>("threads"));
        const Mat bank =
            line.has("bank") ? readRows(line.get<String>("bank"), line.get<int>("length")) : chooseBank(line);
        if (line.has("queries"))
            timeImages(bank, line);
        return 0;
    }
    catch (const std::exception& e)
    {
        std::cerr << e.what() << std::endl;
        return 1;
    }
}

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "backbone.hpp"
#include "convolution_layers.hpp"
#include "../base/error_text.hpp"
#include "gpu_network.hpp"
#include "int8_network.hpp"
#include "network_input.hpp"
#include "onednn_network.hpp"

#include "opencv2/dnn.hpp"

#include <fstream>
#include <iterator>
#include <mutex>

namespace cv { namespace anomaly {

extern const unsigned char embeddedBackbone[];
extern const size_t embeddedBackboneSize;

namespace {

const char* const embeddedName = "efficientnet-lite0/1";

// Of OpenCV 5.0 the engine of OpenCV 4: the new one runs no GPU, and does not let our layers take in what follows them.
dnn::Net readNetwork(const std::vector<uchar>& onnx)
{
    const char* const bytes = reinterpret_cast<const char*>(onnx.data());
#if CV_VERSION_MAJOR == 5 && CV_VERSION_MINOR == 0
    return dnn::readNetFromONNX(bytes, onnx.size(), dnn::ENGINE_CLASSIC);
#else
    return dnn::readNetFromONNX(bytes, onnx.size());
#endif
}

//! Copies of a network, each lent to one caller at a time: cv::dnn::Net is not safe for concurrent forward calls, and
//! copies of a Net share state. A caller gets a Net that took the same number of images before. On a GPU, another
//! number means new memory and another choice of convolutions, which takes longer than many forward calls.
class NetPool : public std::enable_shared_from_this<NetPool>
{
public:
    NetPool(const std::vector<uchar>& onnx, int dnnTarget) : bytes(onnx), target(dnnTarget), netCount(1)
    {
        idle.push_back(Sized(0, parse()));
    }

    std::shared_ptr<dnn::Net> borrow(int images)
    {
        const std::shared_ptr<NetPool> pool = shared_from_this();
        return std::shared_ptr<dnn::Net>(take(images).release(),
                                         [pool, images](dnn::Net* net) { pool->giveBack(images, net); });
    }

private:
    // A Net and the number of images that it took; 0 before its first call.
    typedef std::pair<int, std::unique_ptr<dnn::Net>> Sized;

    std::unique_ptr<dnn::Net> parse() const
    {
        std::unique_ptr<dnn::Net> net(new dnn::Net(readNetwork(bytes)));
        net->setPreferableBackend(backendOf(target));
        net->setPreferableTarget(target);
        return net;
    }

    // Parsing takes longer than many forward calls, so it is done without holding the lock: threads that need a new Net
    // parse at the same time, and others can still borrow an idle one.
    std::unique_ptr<dnn::Net> take(int images)
    {
        std::unique_ptr<dnn::Net> net = takeIdle(images);
        return net ? std::move(net) : parse();
    }

    // Returns null if no idle Net fits. Then there is room in `idle` for one more.
    std::unique_ptr<dnn::Net> takeIdle(int images)
    {
        std::lock_guard<std::mutex> lock(mutex);
        const auto fitting = std::find_if(idle.begin(), idle.end(),
                                          [images](const Sized& net) { return net.first == images || net.first == 0; });
        if (fitting == idle.end())
        {
            idle.reserve(++netCount); // so that giveBack never allocates and never throws
            return NULL;
        }
        std::unique_ptr<dnn::Net> net = std::move(fitting->second);
        idle.erase(fitting);
        return net;
    }

    void giveBack(int images, dnn::Net* net)
    {
        std::unique_ptr<dnn::Net> owned(net);
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(Sized(images, std::move(owned)));
    }

    const std::vector<uchar> bytes;
    const int target;
    std::mutex mutex;
    size_t netCount;
    std::vector<Sized> idle;
};

// Names for a message, with commas.
String join(const std::vector<String>& names)
{
    String all;
    for (size_t i = 0; i < names.size(); i++)
        all += (i ? ", " : "") + names[i];
    return all;
}

// The network with our convolution layers, unless it runs on a GPU, where cv::dnn has convolutions of its own.
std::vector<uchar> bytesFor(const Device& device, const std::vector<uchar>& onnx)
{
    if (device.isGpu() || device.engine == ENGINE_PLAIN)
        return onnx;
#ifdef HAVE_ANOMALY_HALIDE
    return withFastConvolutions(onnx);
#else
    CV_Error(Error::StsInternal, "The engine must be resolved first");
#endif
}

//! A network that cv::dnn runs, on the processor or on a GPU.
class DnnBackbone CV_FINAL : public ProcessorBackbone
{
public:
    DnnBackbone(const BackboneSource& source, const Device& device)
        : ProcessorBackbone(source),
          pool(read(source, device))
    {}

    using ProcessorBackbone::forward;
    FeatureMaps forward(const Mat& input) const CV_OVERRIDE
    {
        const std::shared_ptr<dnn::Net> net = pool->borrow(input.size[0]);
        std::vector<Mat> maps;
        try
        {
            net->setInput(input);
            net->forward(maps, outputs);
        }
        catch (const std::exception& e)
        {
            CV_Error_(codeOfFailure(e, Error::StsBadArg),
                      ("Backbone %s does not give the outputs '%s' for an input of %s. Its last outputs are '%s'. "
                       "cv::dnn says: %s",
                       name.c_str(), join(outputs).c_str(), shapeOf(input).c_str(),
                       join(net->getUnconnectedOutLayersNames()).c_str(), errorText(e).c_str()));
        }
        return checkedMaps(maps, input.size[0], net);
    }

private:
    // If this OpenCV does not take the network with our layers, it is read once more with cv::dnn's own ones.
    static std::shared_ptr<NetPool> read(const BackboneSource& source, const Device& device)
    {
        const std::vector<uchar> bytes = bytesFor(device, source.bytes);
        try
        {
            return std::make_shared<NetPool>(bytes, device.target);
        }
        catch (const std::exception& e)
        {
            if (bytes == source.bytes)
                CV_Error_(Error::StsParseError, ("Backbone %s is not an ONNX network that this OpenCV reads: %s",
                                                 source.name.c_str(), errorText(e).c_str()));
            CV_LOG_WARNING(NULL, "anomaly: this OpenCV does not accept the module's convolution layers, so its own "
                                 "layers run the backbone: "
                                     << errorText(e));
            return read(source, Device{ENGINE_PLAIN, device.target});
        }
    }

    std::shared_ptr<NetPool> pool;
};

// Reads a whole file. Throws if it cannot be opened.
std::vector<uchar> readBytes(const String& file)
{
    std::ifstream stream(file.c_str(), std::ios::binary);
    if (!stream)
        CV_Error_(Error::StsObjectNotFound,
                  ("Backbone '%s' cannot be opened: give an ONNX file, or '' for the embedded one", file.c_str()));
    return std::vector<uchar>(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
}

} // namespace

bool isEmbeddedBackbone(const String& name)
{
    return name.empty() || name == "lite0" || name == embeddedName;
}

BackboneSource loadBackbone(const String& nameOrFile, const std::vector<String>& outputs)
{
    BackboneSource source;
    source.outputs = outputs;
    if (isEmbeddedBackbone(nameOrFile))
    {
        source.name = embeddedName;
        source.bytes.assign(embeddedBackbone, embeddedBackbone + embeddedBackboneSize);
    }
    else
    {
        source.name = nameOrFile.substr(nameOrFile.find_last_of("/\\") + 1);
        source.bytes = readBytes(nameOrFile);
    }
    return source;
}

FeatureMaps ProcessorBackbone::forward(const Mat* images, int count, const InputSettings& input,
                                       StageClock* clock) const
{
    const WorkspacePool<InputMemory>::Loan work(inputs);
    preprocess(images, count, input, *work);
    lap(clock, STAGE_PREPROCESS);
    const FeatureMaps features = forward(work->blob);
    lap(clock, STAGE_BACKBONE);
    return features;
}

FeatureMaps ProcessorBackbone::checkedMaps(const std::vector<Mat>& maps, int images,
                                           const std::shared_ptr<void>& owner) const
{
    FeatureMaps features;
    for (size_t i = 0; i < maps.size(); i++)
    {
        const Mat& map = maps[i];
        const bool isMap = map.dims == 4 && map.size[0] == images && map.type() == CV_32F && map.total() > 0;
        if (!isMap || map.size[2] > maps[0].size[2] || map.size[3] > maps[0].size[3])
            CV_Error_(Error::StsUnmatchedSizes,
                      ("Backbone %s gives output '%s' of shape %s, expected %d x channels x rows x columns, the "
                       "finest map first (the first is %s)",
                       name.c_str(), outputs[i].c_str(), shapeOf(map).c_str(), images, shapeOf(maps[0]).c_str()));
        features.channels.push_back(map.size[1]);
    }
    features.maps = maps;
    features.owner = owner;
    return features;
}

String shapeOf(const Mat& map)
{
    String shape;
    for (int i = 0; i < map.dims; i++)
        shape += (i ? "x" : "") + std::to_string(map.size[i]);
    return shape;
}

std::vector<Mat> FeatureMaps::of(int image) const
{
    std::vector<Mat> slices;
    for (const Mat& map : maps)
    {
        const int sizes[] = {1, map.size[1], map.size[2], map.size[3]};
        slices.push_back(Mat(4, sizes, CV_32F, const_cast<float*>(map.ptr<float>(image))));
    }
    return slices;
}

Mat blackInput(Size size)
{
    const int shape[] = {1, 3, size.height, size.width};
    return Mat(4, shape, CV_32F, Scalar(0));
}

int coarsestStride(const Backbone& backbone)
{
    const int side = 256; // a multiple of most strides, so that the size of most maps is not rounded
    int fewest = side;
    for (const Mat& map : backbone.forward(blackInput(Size(side, side))).maps)
        fewest = std::min(fewest, map.size[3]);
    return cvRound(double(side) / fewest);
}

std::shared_ptr<const Backbone> createDnnBackbone(const BackboneSource& source, const Device& device)
{
    return std::make_shared<DnnBackbone>(source, device);
}

#ifdef HAVE_ANOMALY_GPU
static std::shared_ptr<const Backbone> createOnGpu(const BackboneSource& source, const Device& device)
{
    try
    {
        return createGpuNetwork(source, device.target);
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            CV_Error_(Error::StsParseError, ("Backbone %s is not an ONNX network that can be read: %s",
                                             source.name.c_str(), errorText(e).c_str()));
        if (!hasDnnTarget(device.target))
            CV_Error_(Error::StsNotImplemented, ("Backbone %s has operators that a GPU computes only if OpenCV is "
                                                 "built with CUDA (WITH_CUDA, WITH_CUDNN, OPENCV_DNN_CUDA): %s",
                                                 source.name.c_str(), errorText(e).c_str()));
    }
    return createDnnBackbone(source, device);
}
#endif

#ifdef HAVE_ANOMALY_ONEDNN
//! Returns null if cv::dnn has to run the network, or has to report what is wrong with it.
static std::shared_ptr<const Backbone> createWithOneDnn(const BackboneSource& source)
{
    try
    {
        return createOneDnnNetwork(source);
    }
    catch (const cv::Exception& e)
    {
        CV_LOG_INFO(NULL, "anomaly: cv::dnn runs backbone " << source.name << ", oneDNN does not: " << e.err);
        return std::shared_ptr<const Backbone>();
    }
}
#endif

static std::shared_ptr<const Backbone> createInWholeNumbers(const BackboneSource& source, const Device& device)
{
    if (device.isGpu())
        CV_Error_(Error::StsNotImplemented,
                  ("Backbone %s is computed in whole numbers of 8 bits (precision is PRECISION_INT8), which is not "
                   "implemented on a GPU: choose DNN_TARGET_CPU, or fit with PRECISION_FLOAT32",
                   source.name.c_str()));
    return createInt8Network(source, device.engine);
}

std::shared_ptr<const Backbone> Backbone::create(const BackboneSource& source, const Device& device)
{
    if (source.outputs.empty())
        CV_Error(Error::StsBadArg, "No output of the backbone is named: at least one is needed");
    if (!source.ranges.empty())
        return createInWholeNumbers(source, device);
#ifdef HAVE_ANOMALY_GPU
    if (device.isGpu())
        return createOnGpu(source, device);
#endif
#ifdef HAVE_ANOMALY_ONEDNN
    if (device.engine != ENGINE_PLAIN && !device.isGpu() && isOneDnnFast())
        if (const std::shared_ptr<const Backbone> network = createWithOneDnn(source))
            return network;
#endif
    return createDnnBackbone(source, device);
}

}} // namespace cv::anomaly

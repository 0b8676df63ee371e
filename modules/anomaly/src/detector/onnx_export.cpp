// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "onnx_export.hpp"
#include "../backbone/onnx_fields.hpp"
#include "../backbone/onnx_part.hpp"
#include "../base/sha256.hpp"
#include "../base/version.hpp"
#include "../export/image_nodes.hpp"
#include "../export/map_nodes.hpp"
#include "../input/tiling.hpp"

#include <fstream>

namespace cv { namespace anomaly {

namespace {

// Cameras do not give longer sides than this, and an engine would need gigabytes for such an image.
const int longestSide = 1 << 15;

// Protocol buffers, and so ONNX files, hold at most this many bytes.
const uint64 mostBytes = INT_MAX;

void checkImageSize(Size size, const InputSettings& input)
{
    if (std::min(size.width, size.height) < smallestImageSide || std::max(size.width, size.height) > longestSide)
        CV_Error_(Error::StsOutOfRange, ("The image size is %dx%d, expected width and height from %d to %d pixels: a "
                                         "model is exported for images of one size",
                                         size.width, size.height, smallestImageSide, longestSide));
    if (Tiling(size, input).count() > 1)
        CV_Error_(Error::StsNotImplemented,
                  ("Images of %dx%d are cut into tiles of %d pixels, but an exported model scores one tile: export it "
                   "for %dx%d, and cut larger images into tiles before they are scored",
                   size.width, size.height, input.tile, input.tile, input.tile));
}

void checkSettings(const OnnxExportSettings& settings, const InputSettings& input)
{
    checkImageSize(settings.imageSize, input);
    if (settings.colors != EXPORT_BGR && settings.colors != EXPORT_RGB)
        CV_Error_(Error::StsOutOfRange, ("colors is %d, expected EXPORT_BGR or EXPORT_RGB", settings.colors));
    if (settings.layout != EXPORT_NHWC && settings.layout != EXPORT_NCHW)
        CV_Error_(Error::StsOutOfRange, ("layout is %d, expected EXPORT_NHWC or EXPORT_NCHW", settings.layout));
    if (settings.batch < 0)
        CV_Error_(Error::StsOutOfRange, ("batch is %d, expected 0 (any number of images) or more", settings.batch));
}

// 17 digits, which identify a double exactly.
std::string textOf(double number)
{
    return format("%.17g", number);
}

std::string textOf(Size size)
{
    return format("%dx%d", size.width, size.height);
}

//! What the nodes of one model compute, and the input settings of that model.
struct HeadNodes
{
    ScoreNodes scores;
    InputSettings input;
};

//! Puts the graph of a detector together: for each model preprocessing, backbone and patch scores, then the map and the
//! score.
class DetectorGraph
{
public:
    DetectorGraph(const FittedModel& m, const OnnxExportSettings& s)
        : model(m),
          params(m.params()),
          settings(s),
          batch(s.batch),
          graph(ANOMALY_VERSION)
    {}

    ExportedGraph build()
    {
        if (!parts().backbone.ranges.empty())
            CV_Error(Error::StsNotImplemented, "its backbone is computed in whole numbers of 8 bits, which has no form "
                                               "in the exported graph: fit it with PRECISION_FLOAT32");
        const HeadNodes whole = addHead(0, "");
        MapsNode scoreMap = addSmoothMap(whole);
        std::string ownScore = whole.scores.imageScore;
        if (isEnsemble())
        {
            const HeadNodes cropped = addHead(1, "cropped_");
            scoreMap = addAverage(graph, scoreMap, addSmoothMap(cropped), visiblePixels(scoreMap.size, cropped.input));
            if (!ownScore.empty())
                ownScore = mean(ownScore, cropped.scores.imageScore);
        }
        graph.startPart("result");
        addScores(ownScore.empty() ? addImageScore(graph, scoreMap, params.imageScore, params.topShare) : ownScore);
        addMap(scoreMap, whole);
        addDeclarations();
        return {graph, batch};
    }

private:
    const DetectorModel& parts() const { return model.model; }
    bool isEnsemble() const { return parts().models.size() > 1; }

    // Adds preprocessing, backbone and patch scores of one model. The second model of an ensemble shares the weights of
    // the first one's backbone.
    HeadNodes addHead(size_t index, const std::string& prefix)
    {
        const InputModel& head = parts().models[index];
        const InputSettings input = inputSettings(params, head.inputMode);
        const OnnxPart network =
            onnxPart(parts().backbone.bytes, parts().backbone.outputs, {prefix + "backbone/", "backbone/", index > 0});
        limitBatch(network);
        graph.startPart(prefix + "preprocess");
        addPreprocessing(graph, image(), input, network.input);
        graph.addPart(network);
        graph.startPart(prefix + "patches");
        const HeadNodes nodes = {head.learned->addNodes(graph, featuresOf(network, input.crop), input.crop), input};
        graph.startPart(prefix + "map");
        return nodes;
    }

    ImageNode image() const
    {
        return {"image", settings.imageSize, settings.colors == EXPORT_BGR, settings.layout == EXPORT_NCHW};
    }

    // Operators that may mix the images of a batch, such as a reshape to a fixed size, allow batches of one image only.
    void limitBatch(const OnnxPart& network)
    {
        if (network.takesAnyBatch || batch == 1)
            return;
        if (batch > 1)
            CV_Error_(Error::StsNotImplemented, ("batch is %d, but the backbone %s has operators that may mix the "
                                                 "images of a batch: export it for a batch of 1",
                                                 batch, parts().backbone.name.c_str()));
        batch = 1;
    }

    // The backbone is run once on a black image to find the sizes of its maps.
    std::vector<MapsNode> featuresOf(const OnnxPart& network, Size input) const
    {
        const FeatureMaps features = model.backbone->forward(blackInput(input));
        std::vector<MapsNode> maps;
        for (size_t i = 0; i < features.maps.size(); i++)
            maps.push_back(
                {network.outputs[i], features.channels[i], Size(features.maps[i].size[3], features.maps[i].size[2])});
        return maps;
    }

    MapSteps smoothSteps(const HeadNodes& head) const
    {
        return smoothMapSteps(head.scores.patches.size, {head.input.crop, params.smoothSigma});
    }

    MapsNode addSmoothMap(const HeadNodes& head) { return addSteps(graph, head.scores.patches, smoothSteps(head)); }

    std::string mean(const std::string& a, const std::string& b)
    {
        return graph.add("Mul", {graph.add("Add", {a, b}), graph.constant(0.5f)});
    }

    void addScores(const std::string& score)
    {
        const Calibration& c = parts().calibration;
        const std::string threshold = graph.constant(float(c.imageThreshold));
        graph.addAs({"score"}, "Identity", {score});
        const std::string above = graph.add("Sub", {score, threshold});
        const std::string scaled = graph.add("Mul", {above, graph.constant(float(1 / rangeOf(c)))});
        graph.addAs({"normalized_score"}, "Clip",
                    {graph.add("Add", {scaled, graph.constant(0.5f)}), graph.constant(0.f), graph.constant(1.f)});
        graph.addAs({"defective"}, "Not", {graph.add("Less", {score, threshold})});
    }

    // Computes the same as FittedModel::outputMap. Without an ensemble, the map of the image's size is computed from
    // the patch scores directly: resizing, smoothing and stretching are all linear, so they are combined into one
    // matrix for rows and one for columns, which is less work.
    void addMap(const MapsNode& scoreMap, const HeadNodes& whole)
    {
        MapsNode map = scoreMap;
        if (params.mapSize == MAP_IMAGE)
        {
            const Size imageSize = settings.imageSize;
            const MapSteps toImage = placedSteps(map.size, visiblePixels(imageSize, model.input()), imageSize);
            map = isEnsemble() ? addSteps(graph, scoreMap, toImage)
                               : addSteps(graph, whole.scores.patches, toImage * smoothSteps(whole));
        }
        const std::vector<int64> sizes = {-1, map.size.height, map.size.width};
        graph.addAs({"map"}, "Reshape", {map.name, graph.constant(sizes)});
        mapSize = map.size;
    }

    void addDeclarations()
    {
        const int64 rows = settings.imageSize.height, columns = settings.imageSize.width;
        graph.addInput("image", ONNX_UINT8,
                       settings.layout == EXPORT_NCHW ? std::vector<int64>{batch, 3, rows, columns}
                                                      : std::vector<int64>{batch, rows, columns, 3});
        graph.addOutput("score", ONNX_FLOAT, {batch});
        graph.addOutput("normalized_score", ONNX_FLOAT, {batch});
        graph.addOutput("defective", ONNX_BOOL, {batch});
        graph.addOutput("map", ONNX_FLOAT, {batch, mapSize.height, mapSize.width});
        graph.setMetadata(metadata());
    }

    std::map<std::string, std::string> metadata() const
    {
        const Calibration& c = parts().calibration;
        const BackboneSource& backbone = parts().backbone;
        const bool ofImage = params.mapSize == MAP_IMAGE;
        return {
            {"method", parts().method->name()},
            {"library", "opencv_anomaly " ANOMALY_VERSION},
            {"image_size", textOf(settings.imageSize)},
            {"colors", settings.colors == EXPORT_BGR ? "BGR" : "RGB"},
            {"layout", settings.layout == EXPORT_NHWC ? "NHWC" : "NCHW"},
            {"input_size", textOf(model.input().crop)},
            {"input_mode", isEnsemble()                        ? "ensemble"
                           : params.inputMode == INPUT_CROPPED ? "cropped"
                                                               : "resized"},
            {"tile", format("%d", params.tile)},
            {"image_threshold", textOf(c.imageThreshold)},
            {"pixel_threshold", textOf(c.pixelThreshold)},
            {"lowest", textOf(c.lowest)},
            {"highest", textOf(c.highest)},
            {"defect_area", textOf(ofImage ? model.defectArea(settings.imageSize) : double(params.defectArea))},
            {"backbone", backbone.name},
            {"backbone_sha256", Sha256().add(backbone.bytes.data(), backbone.bytes.size()).digest()},
        };
    }

    const FittedModel& model;
    const DetectorParams& params;
    const OnnxExportSettings settings;
    int batch;
    Size mapSize;
    OnnxBuilder graph;
};

} // namespace

ExportedGraph onnxOf(const FittedModel& model, const OnnxExportSettings& settings)
{
    checkSettings(settings, model.input());
    try
    {
        const ExportedGraph exported = DetectorGraph(model, settings).build();
        if (exported.graph.size() > mostBytes)
            CV_Error_(Error::StsNotImplemented, ("it would have %.0f MiB, and an ONNX file holds up to 2047",
                                                 double(exported.graph.size() >> 20)));
        return exported;
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            throw;
        CV_Error_(Error::StsNotImplemented,
                  ("A model of %s cannot be exported to ONNX: %s", model.model.method->name(), e.err.c_str()));
    }
}

void writeOnnx(const OnnxBuilder& graph, const String& filename)
{
    std::ofstream stream(filename.c_str(), std::ios::binary | std::ios::trunc);
    graph.write(stream);
    const bool isWhole = stream && uint64(stream.tellp()) == graph.size();
    stream.close();
    if (!isWhole || !stream)
        CV_Error(Error::StsError, "The ONNX file could not be written whole: is the disk full?");
}

}} // namespace cv::anomaly

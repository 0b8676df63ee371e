// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_export writes a model as an ONNX file for other programs, with the configuration files that a server needs.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "files.hpp"
#include "outputs.hpp"
#include "serving_files.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"

#include <iostream>
#include <regex>

using namespace cv;
using namespace cv::anomaly;
namespace fs = cv::utils::fs;

namespace {

enum Server
{
    SERVER_NONE,
    SERVER_TRITON,
    SERVER_OVMS,
    SERVER_KSERVE
};

const std::vector<std::string> servers = {"none", "triton", "ovms", "kserve"}; // indexed by Server
const std::vector<std::string> colors = {"bgr", "rgb"};                        // by cv::anomaly::ExportColors
const std::vector<std::string> layouts = {"nhwc", "nchw"};                     // by cv::anomaly::ExportLayout
const std::vector<std::string> mapSizes = {"image", "input"};                  // by cv::anomaly::MapSize

// The largest batch that a server may form if the user does not give --batch.
const int usualBatch = 8;

//! The command line. A batch of 0 means any number of images.
struct Settings
{
    std::string model, backbone, output, name, storage;
    Size size;
    int colors = EXPORT_BGR, layout = EXPORT_NHWC, mapSize = MAP_IMAGE, batch = 0, server = SERVER_NONE;
};

// Reads --size, such as 640x480.
Size sizeOf(const std::string& text)
{
    std::smatch sides;
    if (!std::regex_match(text, sides, std::regex("([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")))
        throw badValue("size", text, "a width and a height in pixels, such as 640x480");
    return Size(std::stoi(sides[1]), std::stoi(sides[2]));
}

void addServerOptions(CommandLine& line, Settings& settings)
{
    line.heading("For a server");
    line.choice("for", servers, settings.server,
                "write the folder that NVIDIA Triton, OpenVINO Model Server or KServe serves the model from");
    line.option("name", "NAME", settings.name, "of the model on the server; by default made of the model file's");
    line.option("storage", "URI", settings.storage,
                "with --for=kserve: where the cluster finds what is written into the folder 'models', such as "
                "s3://bucket/models");
}

void checkServerOptions(const Settings& settings)
{
    if (settings.server == SERVER_NONE && !settings.name.empty())
        throw UsageError("--name needs --for: without a server a model has no name");
    if (!settings.name.empty())
        checkServedName("name", settings.name);
    if ((settings.server == SERVER_KSERVE) == settings.storage.empty())
        throw UsageError("--for=kserve and --storage=URI belong together");
    if (settings.storage.find_first_of("\"\\\n") != std::string::npos)
        throw badValue("storage", settings.storage, "a URI such as s3://bucket/models");
}

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    std::string size;
    CommandLine line(
        "anomaly_export",
        "Writes a model as one ONNX file of standard operators, for ONNX Runtime, OpenVINO and servers that use these. "
        "It takes 8-bit images of one size as 'image' and gives 'score', 'normalized_score', 'defective' and 'map', "
        "the same as this library's predict. doc/deploying.md says more.");
    line.argument("model", settings.model, "model file that anomaly_train wrote, of any method but SPADE");
    line.required("output", "FILE|DIR", settings.output, "ONNX file to write; with --for the folder to write");
    line.required("size", "WxH", size, "width and height of the images, in pixels: a model is for one size");
    line.heading("Options");
    line.choice("colors", colors, settings.colors, "order of a pixel's colors");
    line.choice("layout", layouts, settings.layout,
                "how pixels lie: images x rows x columns x 3, or images x 3 x rows x columns");
    line.choice("map", mapSizes, settings.mapSize, "resolution of the map: that of the images, or that of the network");
    line.option("batch", "N", settings.batch,
                "images of a batch; 0: any number. With --for the most that the server puts together, 8 for 0");
    addBackboneFile(line, settings.backbone);
    addServerOptions(line, settings);
    line.example("parts.yml.gz --size=640x480 --output=parts.onnx");
    line.example("parts.yml.gz --size=640x480 --for=triton --output=repository");
    if (!line.parse(argc, argv))
        return false;
    settings.size = sizeOf(size);
    checkServerOptions(settings);
    return true;
}

//! The files that are written. Names are empty for files that a server does not need.
struct Places
{
    explicit Places(const Settings& settings) : onnx(settings.output)
    {
        if (settings.server == SERVER_NONE)
            return;
        const bool isKserve = settings.server == SERVER_KSERVE, isOvms = settings.server == SERVER_OVMS;
        const std::string repository = isKserve ? joined(settings.output, "models") : settings.output;
        const std::string folder = joined(repository, settings.name);
        onnx = joined(joined(folder, "1"), "model.onnx");
        config = isOvms ? joined(repository, "config.json") : joined(folder, "config.pbtxt");
        if (isKserve)
            service = joined(settings.output, "inference_service.yaml");
    }

    std::string onnx, config, service; // "": none
};

// Ends with an error if an output would replace an input.
void checkOutputs(const Settings& settings, const Places& places, const AnomalyDetector& detector)
{
    if (settings.server == SERVER_NONE && extension(places.onnx) != "onnx")
        throw badValue("output", places.onnx, "a file whose name ends in .onnx");
    Outputs outputs;
    outputs.readsModel(settings.model, settings.backbone, detector);
    outputs.writes("output", places.onnx);
    outputs.writes("output", places.config);
    outputs.writes("output", places.service);
}

// OpenVINO Model Server has one list of all its models. A list with other models must not be overwritten.
void checkList(const Settings& settings, const std::string& file, const std::string& text)
{
    if (settings.server == SERVER_OVMS && fs::exists(file) && readFile(file) != text)
        throw std::runtime_error("'" + file +
                                 "' is there and lists something else: add to it what follows, or name "
                                 "another folder\n" +
                                 text);
}

//! Writes the ONNX file, and returns how many images a batch of it has, where 0 means any number.
int exportTo(const AnomalyDetector& detector, const Settings& settings, const std::string& file, int batch)
{
    return detector.exportOnnx(file, settings.size, settings.colors, settings.layout, batch);
}

// Writes the ONNX file and the server's files.
void exportForServer(const AnomalyDetector& detector, const Settings& settings, const Places& places)
{
    ServedModel model = {settings.name, settings.size, settings.size, settings.layout == EXPORT_NCHW, 0};
    if (settings.mapSize == MAP_INPUT)
        model.map = inputShapeOf(detector.getDetectorParams());
    const std::string list = settings.server == SERVER_OVMS ? ovmsConfig(model) : std::string();
    checkList(settings, places.config, list);
    makeParentFolder(places.onnx);
    // The server decides how many images it puts together, so that the file takes any number, or exactly one.
    if (exportTo(detector, settings, places.onnx, settings.batch == 1 ? 1 : 0) == 0)
        model.mostImages = settings.batch == 0 ? usualBatch : settings.batch;
    writeFile(places.config, settings.server == SERVER_OVMS ? list : tritonConfig(model));
    if (!places.service.empty())
        writeFile(places.service, kserveService(model, settings.storage));
}

int exportModel(int argc, char** argv)
{
    Settings settings;
    if (!readCommandLine(argc, argv, settings))
        return 0;
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    if (settings.name.empty())
        settings.name = servedName(settings.model);
    const Places places(settings);
    const Ptr<AnomalyDetector> detector = readModel(settings.model, settings.backbone);
    checkOutputs(settings, places, *detector);
    detector->setMapSize(settings.mapSize);
    if (settings.server == SERVER_NONE)
        exportTo(*detector, settings, places.onnx, settings.batch);
    else
        exportForServer(*detector, settings, places);
    if (detector->getDetectorParams().tile > 0)
        printNotes("anomaly_export", {"the file is the model of one tile: cut larger images before"});
    for (const std::string& file : {places.onnx, places.config, places.service})
        if (!file.empty())
            std::cout << file << "\n";
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_export", exportModel, argc, argv);
}

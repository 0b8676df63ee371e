// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_io.hpp"
#include "../cfa/cfa_params.hpp"
#include "../base/error_text.hpp"
#include "../base/file_replacement.hpp"
#include "model_text.hpp"
#include "../backbone/network_check.hpp"
#include "../base/sha256.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cctype>
#include <functional>
#include <numeric>

namespace cv { namespace anomaly {

/* The file, format version 1:

   opencv_anomaly:
     method: CFA
     version: 1
     settings: every parameter of visitParams, by its name
     backbone: {name, size, sha256, bytes where embedBackbone}
     models: [{input, channels, W, b, C, radius, checksum}]
     thresholds: {image, pixel, lowest, highest}
*/

static const char* const rootName = "opencv_anomaly";
static const int formatVersion = 1;

namespace {

// Elements of lists have no name: the only list of maps is `models`.
String nameOf(const FileNode& node)
{
    return node.isNamed() ? node.name() : String("models");
}

FileNode child(const FileNode& parent, const String& key)
{
    if (!parent.isMap())
        CV_Error_(Error::StsParseError, ("Model file has something else than a map as '%s', so it lacks '%s'",
                                         nameOf(parent).c_str(), key.c_str()));
    const FileNode node = parent[key];
    if (node.empty())
        CV_Error_(Error::StsParseError, ("Model file lacks '%s' in '%s': it is damaged, or no model of this library",
                                         key.c_str(), nameOf(parent).c_str()));
    return node;
}

double number(const FileNode& parent, const String& key, double low = -DBL_MAX, double high = DBL_MAX)
{
    const FileNode node = child(parent, key);
    const double value = node.isInt() || node.isReal() ? double(node) : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= low && value <= high))
        CV_Error_(Error::StsParseError,
                  ("Model file has %g as '%s', expected a number from %g to %g", value, key.c_str(), low, high));
    return value;
}

int integer(const FileNode& parent, const String& key, int low, int high)
{
    const double value = number(parent, key, low, high);
    if (value != std::floor(value))
        CV_Error_(Error::StsParseError, ("Model file has %g as '%s', expected an integer", value, key.c_str()));
    return int(value);
}

String text(const FileNode& parent, const String& key)
{
    const FileNode node = child(parent, key);
    if (!node.isString())
        CV_Error_(Error::StsParseError, ("Model file has no text as '%s'", key.c_str()));
    return node.string();
}

bool holdsNumbers(const FileNode& list)
{
    for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
        if (!(*i).isInt() && !(*i).isReal())
            return false;
    return true;
}

// cv::FileStorage allocates what the header says, so that is held against the numbers that are there first.
Mat matrix(const FileNode& parent, const String& key, int type)
{
    const FileNode node = child(parent, key);
    if (!node.isMap())
        CV_Error_(Error::StsParseError, ("Model file has no matrix as '%s'", key.c_str()));
    const double rows = node["rows"].isInt() ? int(node["rows"]) : 0,
                 cols = node["cols"].isInt() ? int(node["cols"]) : 0;
    const size_t there = node["data"].size();
    if (!holdsNumbers(node["data"]))
        CV_Error_(Error::StsParseError, ("Model file has something else than numbers in matrix '%s'", key.c_str()));
    Mat found;
    if (rows >= 1 && cols >= 1 && rows * cols == double(there) && text(node, "dt") == (type == CV_32F ? "f" : "u"))
        node >> found;
    if (found.rows != rows || found.cols != cols || found.type() != type)
        CV_Error_(
            Error::StsParseError,
            ("Model file has matrix '%s' of %g x %g with %zu elements, expected rows x columns elements of type %s",
             key.c_str(), rows, cols, there, typeToString(type).c_str()));
    return found;
}

int64 sum(const std::vector<int>& values)
{
    return std::accumulate(values.begin(), values.end(), int64(0));
}

void expectSize(const Mat& matrix, const char* key, int rows, int64 cols)
{
    if (matrix.rows != rows || matrix.cols != cols)
        CV_Error_(Error::StsParseError, ("Model file has matrix '%s' of %d x %d, expected %d x %.0f", key, matrix.rows,
                                         matrix.cols, rows, double(cols)));
    if (!checkRange(matrix))
        CV_Error_(Error::StsParseError, ("Model file has NaN or infinity in matrix '%s'", key));
}

String sha256(const std::vector<uchar>& bytes)
{
    return Sha256().add(bytes.data(), bytes.size()).digest();
}

String checksum(const TrainedModel& model)
{
    const Mat parts[] = {model.descriptor.W, model.descriptor.b, model.bank};
    Sha256 sum;
    for (const Mat& part : parts)
        for (int row = 0; row < part.rows; row++)
            sum.add(part.ptr(row), part.cols * part.elemSize());
    return sum.digest();
}

struct ParamsWriter
{
    FileStorage& file;

    bool has(const char*) const { return true; }
    template <typename Number> void operator()(const char* name, Number value, double, double) const
    {
        file << name << value;
    }
    void operator()(const char* name, bool value) const { file << name << int(value); }
    void operator()(const char* name, const Scalar& value) const { file << name << value; }
    void operator()(const char* name, const std::vector<String>& value) const { file << name << value; }
};

struct ParamsReader
{
    FileNode node;

    bool has(const char* name) const { return !node[name].empty(); }
    void operator()(const char* name, int& value, int low, int high) const { value = integer(node, name, low, high); }
    void operator()(const char* name, double& value, double low, double high) const
    {
        value = number(node, name, low, high);
    }
    void operator()(const char* name, bool& value) const { value = integer(node, name, 0, 1) != 0; }
    void operator()(const char* name, Scalar& value) const
    {
        const FileNode list = child(node, name);
        if (!list.isSeq() || list.size() != 4 || !holdsNumbers(list))
            CV_Error_(Error::StsParseError, ("Model file has no four numbers as '%s'", name));
        list >> value;
    }
    void operator()(const char* name, std::vector<String>& value) const
    {
        const FileNode list = child(node, name);
        value.clear();
        for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
        {
            if (!(*i).isString())
                CV_Error_(Error::StsParseError, ("Model file has something else than texts in '%s'", name));
            value.push_back((*i).string());
        }
    }
};

void writeBackbone(FileStorage& file, const CfaModel& model)
{
    const BackboneSource& backbone = model.backbone;
    file << "backbone"
         << "{"
         << "name" << backbone.name << "size" << int(backbone.bytes.size()) << "sha256" << sha256(backbone.bytes);
    if (model.params.embedBackbone)
        file << "bytes" << Mat(1, int(backbone.bytes.size()), CV_8U, const_cast<uchar*>(backbone.bytes.data()));
    file << "}";
}

// A file that the user names goes before the bytes in the model file, which may come from anyone.
BackboneSource findBackbone(const FileNode& node, const String& name, const std::vector<String>& outputs,
                            const BackbonePlaces& places)
{
    if (places.file.empty() && !node["bytes"].empty())
    {
        const Mat bytes = matrix(node, "bytes", CV_8U);
        const BackboneSource source = {name, std::vector<uchar>(bytes.datastart, bytes.dataend), outputs};
        return source;
    }
    if (isEmbeddedBackbone(name))
        return loadBackbone(name, outputs);
    if (places.bytes)
    {
        const BackboneSource source = {name, *places.bytes, outputs};
        return source;
    }
    if (name.find_first_of("/\\") != String::npos)
        CV_Error_(Error::StsParseError,
                  ("Model file names backbone '%s', expected a name without a folder", name.c_str()));
    const String file = !places.file.empty() ? places.file : utils::fs::join(places.folder, name);
    if (places.file.empty() && !utils::fs::exists(file))
        CV_Error_(Error::StsObjectNotFound,
                  ("The model's backbone '%s' is not beside the model file: put it there, or name it when loading",
                   name.c_str()));
    BackboneSource source = loadWholeBackbone(file, outputs);
    source.name = name;
    return source;
}

// Nothing parses a backbone before its hash is known to be right.
BackboneSource readBackbone(const FileNode& node, const std::vector<String>& outputs, const BackbonePlaces& places)
{
    const String name = text(node, "name"), expected = text(node, "sha256");
    const int size = integer(node, "size", 1, INT_MAX);
    const BackboneSource source = findBackbone(node, name, outputs, places);
    const String found = sha256(source.bytes);
    if (source.bytes.size() != size_t(size) || found != expected)
        CV_Error_(Error::StsParseError, ("Backbone '%s' has %zu bytes and SHA-256 %s, but the model was trained with "
                                         "%d bytes and SHA-256 %s: use that file",
                                         name.c_str(), source.bytes.size(), found.c_str(), size, expected.c_str()));
    return source;
}

void writeTrained(FileStorage& file, const TrainedModel& model)
{
    file << "{"
         << "input" << model.inputMode << "channels"
         << "[:";
    for (const int count : model.descriptor.channels)
        file << count;
    file << "]"
         << "W" << model.descriptor.W << "b" << model.descriptor.b << "C" << model.bank << "radius" << model.radius
         << "checksum" << checksum(model) << "}";
}

std::vector<int> readChannels(const FileNode& node, size_t scales)
{
    const FileNode list = child(node, "channels");
    std::vector<int> channels;
    for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
        channels.push_back((*i).isInt() ? int(*i) : 0);
    if (channels.size() != scales || *std::min_element(channels.begin(), channels.end()) < 1 ||
        *std::max_element(channels.begin(), channels.end()) > (1 << 20))
        CV_Error_(
            Error::StsParseError,
            ("Model file has no list of %zu channel counts from 1 to 2^20, one for each of 'outputs', as 'channels'",
             scales));
    return channels;
}

TrainedModel readTrained(const FileNode& node, const CFA::Params& params)
{
    TrainedModel model;
    model.inputMode = integer(node, "input", CFA::INPUT_RESIZED, CFA::INPUT_CROPPED);
    Descriptor& descriptor = model.descriptor;
    descriptor.channels = readChannels(node, params.outputs.size());
    descriptor.W = matrix(node, "W", CV_32F);
    descriptor.b = matrix(node, "b", CV_32F);
    model.bank = matrix(node, "C", CV_32F);
    model.radius = number(node, "radius");
    expectSize(descriptor.W, "W", descriptor.W.rows, sum(descriptor.channels) + 2);
    if (descriptor.W.rows > 2 * sum(descriptor.channels)) // the highest gammaD
        CV_Error_(Error::StsParseError,
                  ("Model file has %d rows in matrix 'W', expected at most twice its channels", descriptor.W.rows));
    expectSize(descriptor.b, "b", descriptor.W.rows, 1);
    expectSize(model.bank, "C", model.bank.rows, descriptor.W.rows);
    if (model.bank.rows < params.K)
        CV_Error_(Error::StsParseError,
                  ("Model file has %d centers in matrix 'C', expected at least K = %d", model.bank.rows, params.K));
    if (text(node, "checksum") != checksum(model))
        CV_Error(Error::StsParseError, "Model file is damaged: its matrices do not agree with 'checksum'");
    return model;
}

std::vector<TrainedModel> readTrainedModels(const FileNode& list, const CFA::Params& params)
{
    const bool ensemble = params.inputMode == CFA::INPUT_ENSEMBLE;
    if (!list.isSeq() || list.size() != size_t(ensemble ? 2 : 1))
        CV_Error_(Error::StsParseError, ("Model file has %zu elements in 'models', expected %d for its inputMode",
                                         list.size(), ensemble ? 2 : 1));
    std::vector<TrainedModel> models;
    for (FileNodeIterator i = list.begin(); i != list.end(); ++i)
    {
        models.push_back(readTrained(*i, params));
        const int expected = ensemble ? int(models.size()) - 1 : params.inputMode;
        if (models.back().inputMode != expected)
            CV_Error_(Error::StsParseError, ("Model file has %d as 'input' of model %zu, expected %d",
                                             models.back().inputMode, models.size() - 1, expected));
    }
    return models;
}

Calibration readCalibration(const FileNode& node)
{
    Calibration calibration;
    calibration.imageThreshold = number(node, "image");
    calibration.pixelThreshold = number(node, "pixel");
    calibration.lowest = number(node, "lowest");
    calibration.highest = number(node, "highest");
    if (calibration.highest < calibration.lowest)
        CV_Error_(Error::StsParseError, ("Model file has %g as 'lowest' and %g as 'highest', expected them in order",
                                         calibration.lowest, calibration.highest));
    return calibration;
}

} // namespace

void writeParams(FileStorage& file, const CFA::Params& params)
{
    const ParamsWriter writer = {file};
    visitParams(params, writer);
}

void writeModel(FileStorage& file, const CfaModel& model)
{
    file << "method"
         << "CFA"
         << "version" << formatVersion << "settings"
         << "{";
    writeParams(file, model.params);
    file << "}";
    writeBackbone(file, model);
    file << "models"
         << "[";
    for (const TrainedModel& trained : model.models)
        writeTrained(file, trained);
    const Calibration& calibration = model.calibration;
    file << "]"
         << "thresholds"
         << "{"
         << "image" << calibration.imageThreshold << "pixel" << calibration.pixelThreshold << "lowest"
         << calibration.lowest << "highest" << calibration.highest << "}";
}

static CfaModel readFields(const FileNode& node, const BackbonePlaces& places)
{
    const String method = text(node, "method");
    if (method != "CFA")
        CV_Error_(Error::StsParseError, ("Model file is of method '%s', expected CFA", method.c_str()));
    const int version = integer(node, "version", 1, INT_MAX);
    if (version > formatVersion)
        CV_Error_(Error::StsParseError,
                  ("Model file has format version %d, this library reads up to %d: use a newer opencv_anomaly", version,
                   formatVersion));

    CfaModel model;
    model.params.scoringBank = CFA::SCORING_BANK_KEPT; // files without it have no other
    const ParamsReader reader = {child(node, "settings")};
    visitParams(model.params, reader);
    checkParams(model.params);
    model.models = readTrainedModels(child(node, "models"), model.params);
    model.calibration = readCalibration(child(node, "thresholds"));
    const FileNode backbone = child(node, "backbone");
    model.backbone = readBackbone(backbone, model.params.outputs, places);
    model.params.backbone = model.backbone.name;
    model.params.embedBackbone = !backbone["bytes"].empty();
    return model;
}

CfaModel readModel(const FileNode& node, const BackbonePlaces& places)
{
    try
    {
        return readFields(node, places);
    }
    catch (const cv::Exception&)
    {
        throw;
    }
    catch (const std::exception& e)
    {
        CV_Error_(Error::StsParseError, ("Model file can not be read: %s", e.what()));
    }
}

void checkWritten(const String& filename, const CfaModel& model)
{
    try
    {
        const FileStorage file = openModelFile(filename, FileStorage::READ);
        const BackbonePlaces places = {&model.backbone.bytes, String(), String()};
        const CfaModel written = readModel(modelNode(file, filename), places);
        for (size_t i = 0; i < model.models.size(); i++)
            CV_Assert(checksum(written.models[i]) == checksum(model.models[i]));
    }
    catch (const cv::Exception& e)
    {
        CV_Error_(Error::StsError,
                  ("The model could not be written whole, is the disk full? Reading it back says: %s", e.err.c_str()));
    }
}

static bool endsWith(const String& text, const String& end)
{
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// cv::FileStorage takes any other name for YAML.
void checkModelFileName(const String& filename)
{
    String plain = filename;
    for (char& c : plain)
        c = char(std::tolower(uchar(c)));
    if (endsWith(plain, ".gz"))
        plain.resize(plain.size() - 3);
    for (const char* extension : {".yml", ".yaml", ".xml", ".json"})
        if (endsWith(plain, extension))
            return;
    CV_Error_(
        Error::StsBadArg,
        ("Model file '%s' can not be written: its name must end in .yml, .yaml, .xml or .json, each also with .gz",
         filename.c_str()));
}

// cv::FileStorage's parsers put what they found, and in which line, where others have the function's name.
static String parserText(const std::exception& e)
{
    const cv::Exception* ours = dynamic_cast<const cv::Exception*>(&e);
    return ours && !ours->func.empty() && ours->func[0] == '(' ? "line " + ours->func : errorText(e);
}

// Opens by `open`, and says what cv::FileStorage's parser says where that fails.
static FileStorage openedBy(const std::function<void(FileStorage&)>& open, const String& name, const char* done)
{
    FileStorage file;
    String why = "it can not be opened";
    try
    {
        open(file);
    }
    catch (const std::exception& e)
    {
        file.release();
        why = parserText(e);
    }
    if (!file.isOpened())
        CV_Error_(Error::StsObjectNotFound, ("Model file '%s' can not be %s: %s", name.c_str(), done, why.c_str()));
    return file;
}

FileStorage openModelFile(const String& filename, int mode)
{
    if (mode & FileStorage::WRITE)
    {
        // cv::FileStorage takes what stands after the last question mark for options.
        const String name = filename.find('?') == String::npos ? filename : filename + "?";
        return openedBy([&](FileStorage& file) { file.open(name, mode); }, filename, "written");
    }
    return openedBy([&](FileStorage& file) { file.open(readModelText(filename), mode | FileStorage::MEMORY); },
                    filename, "read");
}

FileStorage openModelText(const std::string& text, const String& name)
{
    return openedBy(
        [&](FileStorage& file) { file.open(checkedModelText(text), FileStorage::READ | FileStorage::MEMORY); }, name,
        "read");
}

void checkModelFile(const String& filename)
{
    checkModelFileName(filename);
    checkReplaceable(filename, [](const String& temporary) { openModelFile(temporary, FileStorage::WRITE); });
}

FileNode modelNode(const FileStorage& file, const String& filename)
{
    const FileNode root = file.root(), node = root.isMap() ? root[rootName] : FileNode();
    if (!node.isMap())
        CV_Error_(Error::StsParseError, ("'%s' is no model file: it has no map '%s'", filename.c_str(), rootName));
    return node;
}

String folderOf(const String& filename)
{
    const size_t slash = filename.find_last_of("/\\");
    return slash == String::npos ? "." : filename.substr(0, slash);
}

}} // namespace cv::anomaly

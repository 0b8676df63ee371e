// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "model_io.hpp"
#include "../base/error_text.hpp"
#include "../base/file_replacement.hpp"
#include "../base/gzip_parts.hpp"
#include "model_fields.hpp"
#include "params_sum.hpp"
#include "registry.hpp"
#include "../backbone/network_check.hpp"
#include "../base/sha256.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <cctype>
#include <cstring>
#include <fstream>

namespace cv { namespace anomaly {

/* The file, format version 2:

   opencv_anomaly:
     method: a name of registry.cpp
     version: 2
     settings: every setting that all detectors have, and every one of the method's own, by its name
     backbone: {name, size, sha256, bytes where embedBackbone, ranges where precision is PRECISION_INT8}
     models: [{input, the method's fields, checksum of their matrices}]
     thresholds: {image, pixel, lowest, highest}
     history: {images, updates, imageFollows, pixelFollows, scores, levels, learnedScores, learnedLevels, statistics}
     checksum: of all but the backbone's bytes and the models' matrices, which have their own

   Version 1, which has but the first of the methods, lacks the last one. Its first files lack some settings, too, and
   the first of version 2 lack keepAspect and inputShape: what they learned from was stretched to a square. Later ones
   lack rotations: images were learned as they are, or chooseContrast and matchContrast: contrasts were left alone.
   Those that lack precision are in single precision.
   Those that lack history cannot be updated.
*/

static const char* const rootName = "opencv_anomaly";
static const int formatVersion = 2;
static const char* const cannotBeOpened = "it cannot be opened";

namespace {

String sha256(const std::vector<uchar>& bytes)
{
    return Sha256().add(bytes.data(), bytes.size()).digest();
}

String checksumOf(const LearnedModel& model)
{
    Sha256 sum;
    for (const Mat& matrix : model.matrices())
        for (int row = 0; row < matrix.rows; row++)
            sum.add(matrix.ptr(row), matrix.cols * matrix.elemSize());
    return sum.digest();
}

class ParamsWriter CV_FINAL : public ParamsVisitor
{
public:
    explicit ParamsWriter(FileStorage& f) : file(f) {}
    void visit(const char* name, int& value, int, int) CV_OVERRIDE { file << name << value; }
    void visit(const char* name, double& value, double, double) CV_OVERRIDE { file << name << value; }
    void visit(const char* name, bool& value) CV_OVERRIDE { file << name << int(value); }
    void visit(const char* name, Size& value, int, int) CV_OVERRIDE { file << name << value; }
    void visit(const char* name, Scalar& value) CV_OVERRIDE { file << name << value; }
    void visit(const char* name, std::vector<String>& value) CV_OVERRIDE { file << name << value; }

private:
    FileStorage& file;
};

class ParamsReader CV_FINAL : public ParamsVisitor
{
public:
    explicit ParamsReader(const ModelNode& n) : node(n) {}
    bool has(const char* name) CV_OVERRIDE { return !node[name].empty(); }
    void visit(const char* name, int& value, int lowest, int highest) CV_OVERRIDE
    {
        value = integer(node, name, lowest, highest);
    }
    void visit(const char* name, double& value, double lowest, double highest) CV_OVERRIDE
    {
        value = number(node, name, lowest, highest);
    }
    void visit(const char* name, bool& value) CV_OVERRIDE { value = integer(node, name, 0, 1) != 0; }
    void visit(const char* name, Size& value, int lowest, int highest) CV_OVERRIDE;
    void visit(const char* name, Scalar& value) CV_OVERRIDE;
    void visit(const char* name, std::vector<String>& value) CV_OVERRIDE;

private:
    ModelNode node;
};

void ParamsReader::visit(const char* name, Size& value, int lowest, int highest)
{
    const std::vector<int> sides = readIntegers(node, name);
    if (sides.size() == 2)
        value = Size(sides[0], sides[1]);
    if (sides.size() != 2 || !sidesAreWithin(value, lowest, highest))
        CV_Error_(Error::StsParseError, ("Model file has no width and height as '%s', expected two integers from %d "
                                         "to %d",
                                         name, lowest, highest));
}

void ParamsReader::visit(const char* name, Scalar& value)
{
    const ModelNode list = child(node, name);
    if (!list.isSeq() || list.size() != 4 || !holdsNumbers(list))
        CV_Error_(Error::StsParseError, ("Model file has no four numbers as '%s'", name));
    list >> value;
}

void ParamsReader::visit(const char* name, std::vector<String>& value)
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

void addText(Sha256& sum, const String& text)
{
    sum.add(text.c_str(), text.size() + 1);
}

//! Checksums of the large parts, which take a file's time: each is computed once.
struct PartSums
{
    String backbone;
    std::vector<String> models;
};

PartSums sumsOf(const DetectorModel& model)
{
    PartSums sums = {sha256(model.backbone.bytes), {}};
    for (const InputModel& each : model.models)
        sums.models.push_back(checksumOf(*each.learned));
    return sums;
}

// stored: the settings of a file that is read, as of ParamsSum.
String checksumOf(const DetectorModel& model, const PartSums& parts, const FileNode& stored = FileNode())
{
    Sha256 sum;
    addText(sum, model.method->name());
    ParamsSum settings(sum, stored);
    visitAllParams(*model.method->clone(), settings);
    addText(sum, model.backbone.name);
    addText(sum, parts.backbone);
    for (const Vec2f& range : model.backbone.ranges)
        sum.add(range.val, sizeof(range.val));
    for (size_t i = 0; i < model.models.size(); i++)
    {
        sum.add(&model.models[i].inputMode, sizeof(model.models[i].inputMode));
        addText(sum, parts.models[i]);
    }
    const Calibration& c = model.calibration;
    const double thresholds[] = {c.imageThreshold, c.pixelThreshold, c.lowest, c.highest};
    sum.add(thresholds, sizeof(thresholds));
    addHistory(sum, model.history);
    return sum.digest();
}

void writeBackbone(FileStorage& file, const DetectorModel& model, const String& sum)
{
    const BackboneSource& backbone = model.backbone;
    file << "backbone"
         << "{"
         << "name" << backbone.name << "size" << int(backbone.bytes.size()) << "sha256" << sum;
    if (model.method->sharedParams().embedBackbone)
        file << "bytes" << Mat(1, int(backbone.bytes.size()), CV_8U, const_cast<uchar*>(backbone.bytes.data()));
    if (!backbone.ranges.empty())
        file << "ranges" << Mat(int(backbone.ranges.size()), 2, CV_32F, const_cast<Vec2f*>(backbone.ranges.data()));
    file << "}";
}

// The ranges of a backbone that is computed in whole numbers.
std::vector<Vec2f> readRanges(const ModelNode& node, int precision)
{
    std::vector<Vec2f> ranges;
    if (precision != PRECISION_INT8)
        return ranges;
    const float highest = 1e20f; // no factor of a network in whole numbers overflows
    const Mat values = matrix(node, "ranges", CV_32F);
    expectSize(values, "ranges", values.rows, 2);
    for (int i = 0; i < values.rows; i++)
    {
        ranges.push_back(Vec2f(values.at<float>(i, 0), values.at<float>(i, 1)));
        if (!(-highest <= ranges[i][0] && ranges[i][0] <= 0 && 0 <= ranges[i][1] && ranges[i][1] <= highest))
            CV_Error_(Error::StsParseError,
                      ("Model file has %g to %g in 'ranges', expected a range that holds 0, up to 1e20", ranges[i][0],
                       ranges[i][1]));
    }
    return ranges;
}

// A file that the user names goes before the bytes in the model file, which may come from anyone.
BackboneSource findBackbone(const ModelNode& node, const String& name, const std::vector<String>& outputs,
                            const BackbonePlaces& places)
{
    if (places.file.empty() && !node["bytes"].empty())
    {
        const Mat bytes = matrix(node, "bytes", CV_8U);
        const BackboneSource source = {name, std::vector<uchar>(bytes.ptr(), bytes.ptr() + bytes.total()), outputs, {}};
        return source;
    }
    if (isEmbeddedBackbone(name))
        return loadBackbone(name, outputs);
    if (places.bytes)
    {
        const BackboneSource source = {name, *places.bytes, outputs, {}};
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
BackboneSource readBackbone(const ModelNode& node, const std::vector<String>& outputs, const BackbonePlaces& places)
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

void writeInputModel(FileStorage& file, const InputModel& model, const String& sum)
{
    file << "{"
         << "input" << model.inputMode;
    model.learned->write(file);
    file << "checksum" << sum << "}";
}

InputModel readInputModel(const ModelNode& node, const Method& method)
{
    const InputModel model = {integer(node, "input", INPUT_RESIZED, INPUT_CROPPED), method.read(node)};
    if (text(node, "checksum") != checksumOf(*model.learned))
        CV_Error(Error::StsParseError, "Model file is damaged: its matrices do not agree with 'checksum'");
    return model;
}

std::vector<InputModel> readInputModels(const ModelNode& list, const Method& method)
{
    const std::vector<int> modes = inputModes(method.sharedParams().inputMode);
    if (!list.isSeq() || list.size() != modes.size())
        CV_Error_(Error::StsParseError, ("Model file has %zu elements in 'models', expected %zu for its inputMode",
                                         list.size(), modes.size()));
    std::vector<InputModel> models;
    for (const ModelNode& node : list.elements())
    {
        const int expected = modes[models.size()];
        models.push_back(readInputModel(node, method));
        if (models.back().inputMode != expected)
            CV_Error_(Error::StsParseError, ("Model file has %d as 'input' of model %zu, expected %d",
                                             models.back().inputMode, models.size() - 1, expected));
    }
    return models;
}

Calibration readCalibration(const ModelNode& node)
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

// As the file has them, which was held against its parts when these were read.
PartSums readSums(const ModelNode& node)
{
    PartSums sums = {text(child(node, "backbone"), "sha256"), {}};
    for (const ModelNode& model : child(node, "models").elements())
        sums.models.push_back(text(model, "checksum"));
    return sums;
}

std::unique_ptr<Method> readMethod(const ModelNode& node)
{
    const String name = text(node, "method");
    std::unique_ptr<Method> method = createMethod(name);
    if (!method)
        CV_Error_(Error::StsParseError, ("Model file is of method '%s', which this library does not know: it reads %s",
                                         name.c_str(), methodNames().c_str()));
    ParamsReader reader(child(node, "settings"));
    visitAllParams(*method, reader);
    checkAllParams(*method);
    return method;
}

DetectorModel readFields(const ModelNode& node, const BackbonePlaces& places)
{
    const int version = integer(node, "version", 1, INT_MAX);
    if (version > formatVersion)
        CV_Error_(Error::StsParseError, ("Model file has format version %d, this library reads up to %d: use a newer "
                                         "opencv_anomaly",
                                         version, formatVersion));
    std::unique_ptr<Method> method = readMethod(node);
    DetectorParams& params = method->sharedParams();
    DetectorModel model;
    model.models = readInputModels(child(node, "models"), *method);
    model.calibration = readCalibration(child(node, "thresholds"));
    model.history = readHistory(node);
    const ModelNode backbone = child(node, "backbone");
    model.backbone = readBackbone(backbone, params.outputs, places);
    model.backbone.ranges = readRanges(backbone, params.precision);
    params.backbone = model.backbone.name;
    params.embedBackbone = !backbone["bytes"].empty();
    model.method = std::move(method);
    if (version > 1 && text(node, "checksum") != checksumOf(model, readSums(node), node["settings"]))
        CV_Error(Error::StsParseError, "Model file is damaged: its settings or thresholds do not agree with "
                                       "'checksum'. Thresholds are changed by setImageThreshold and save, not in the "
                                       "file");
    return model;
}

} // namespace

void writeModel(FileStorage& file, const DetectorModel& model)
{
    file << "method" << model.method->name() << "version" << formatVersion << "settings"
         << "{";
    ParamsWriter settings(file);
    visitAllParams(*model.method->clone(), settings);
    file << "}";
    const PartSums sums = sumsOf(model);
    writeBackbone(file, model, sums.backbone);
    file << "models"
         << "[";
    for (size_t i = 0; i < model.models.size(); i++)
        writeInputModel(file, model.models[i], sums.models[i]);
    const Calibration& calibration = model.calibration;
    file << "]"
         << "thresholds"
         << "{"
         << "image" << calibration.imageThreshold << "pixel" << calibration.pixelThreshold << "lowest"
         << calibration.lowest << "highest" << calibration.highest << "}";
    writeHistory(file, model.history);
    file << "checksum" << checksumOf(model, sums);
}

int rotationsOf(const DetectorModel& model)
{
    const int ofSettings = model.method->sharedParams().rotations;
    return ofSettings > 0 ? ofSettings : model.history.rotations;
}

void writeWholeModel(FileStorage& file, const DetectorModel& model)
{
    file << rootName << "{";
    writeModel(file, model);
    file << "}";
}

DetectorModel readModel(const ModelNode& node, const BackbonePlaces& places)
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
        CV_Error_(Error::StsParseError, ("Model file cannot be read: %s", e.what()));
    }
}

void checkWritten(const String& filename, const DetectorModel& model)
{
    try
    {
        const ModelFile file = readModelFile(filename);
        const BackbonePlaces places = {&model.backbone.bytes, String(), String()};
        const ModelNode node = file.model();
        readModel(node, places);
        CV_Assert(text(node, "checksum") == checksumOf(model, sumsOf(model)));
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

static String lowerCase(String text)
{
    for (char& c : text)
        c = char(std::tolower(uchar(c)));
    return text;
}

static bool isPackedName(const String& filename)
{
    return endsWith(lowerCase(filename), ".gz");
}

static String plainName(const String& filename)
{
    return isPackedName(filename) ? filename.substr(0, filename.size() - 3) : filename;
}

// cv::FileStorage takes any other name for YAML.
void checkModelFileName(const String& filename)
{
    const String plain = lowerCase(plainName(filename));
    for (const char* extension : {".yml", ".yaml", ".xml", ".json"})
        if (endsWith(plain, extension))
            return;
    CV_Error_(Error::StsBadArg,
              ("Model file '%s' cannot be written: its name must end in .yml, .yaml, .xml or .json, each also with .gz",
               filename.c_str()));
}

// cv::FileStorage's parsers put what they found, and in which line, where others have the function's name.
static String parserText(const std::exception& e)
{
    const cv::Exception* ours = dynamic_cast<const cv::Exception*>(&e);
    return ours && !ours->func.empty() && ours->func[0] == '(' ? "line " + ours->func : errorText(e);
}

[[noreturn]] static void refuseFile(const String& name, const char* done, const String& why)
{
    CV_Error_(Error::StsObjectNotFound, ("Model file '%s' cannot be %s: %s", name.c_str(), done, why.c_str()));
}

// Opens by `open`, and says what cv::FileStorage's parser says where that fails.
static FileStorage openedBy(const std::function<void(FileStorage&)>& open, const String& name, const char* done)
{
    FileStorage file;
    String why = cannotBeOpened;
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
        refuseFile(name, done, why);
    return file;
}

static FileStorage createStorage(const String& filename, int flags)
{
    // cv::FileStorage takes what stands after the last question mark for options.
    const String name = filename.find('?') == String::npos ? filename : filename + "?";
    return openedBy([&](FileStorage& file) { file.open(name, FileStorage::WRITE | flags); }, filename, "written");
}

void writeModelFile(const String& filename, const std::function<void(FileStorage&)>& write)
{
    const bool isPacked = isPackedName(filename);
    FileStorage file = createStorage(plainName(filename), FileStorage::BASE64 | (isPacked ? FileStorage::MEMORY : 0));
    write(file);
    if (!isPacked)
        return;
    const std::string bytes = packInParts(file.releaseAndGetString());
    std::ofstream stream(filename.c_str(), std::ios::binary | std::ios::trunc);
    if (!stream)
        refuseFile(filename, "written", cannotBeOpened);
    stream.write(bytes.data(), std::streamsize(bytes.size()));
}

ModelFile::ModelFile(const String& filename, const std::function<ModelText()>& read) : name(filename)
{
    const auto open = [&](FileStorage& file) {
        ModelText text = read();
        file.open(text.text, FileStorage::READ | FileStorage::MEMORY);
        binary = std::make_shared<const std::vector<Mat>>(std::move(text.binary));
    };
    storage = openedBy(open, name, "read");
}

ModelNode ModelFile::map(const char* mapName) const
{
    const FileNode root = storage.root();
    return ModelNode(root.isMap() ? root[mapName] : FileNode(), binary.get());
}

ModelNode ModelFile::model() const
{
    const ModelNode node = map(rootName);
    if (!node.isMap())
        CV_Error_(Error::StsParseError, ("'%s' is no model file: it has no map '%s'", name.c_str(), rootName));
    return node;
}

ModelFile readModelFile(const String& filename)
{
    return ModelFile(filename, [&]() { return readModelText(filename); });
}

ModelFile readModelFromMemory(std::string text, const String& name)
{
    return ModelFile(name, [&]() { return checkedModelText(std::move(text)); });
}

void checkModelFile(const String& filename)
{
    checkModelFileName(filename);
    checkReplaceable(filename, [](const String& temporary) { createStorage(temporary, 0); });
}

}} // namespace cv::anomaly

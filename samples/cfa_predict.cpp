// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Scores images, folders and videos, and draws where they differ from what a model learned.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "files.hpp"
#include "overlay.hpp"
#include "progress.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"
#include "opencv2/imgcodecs.hpp"
#ifdef WITH_VIDEOIO
#include "opencv2/videoio.hpp"
#endif

#include <fstream>
#include <iostream>
#include <set>

using namespace cv;
using namespace cv::anomaly;
namespace fs = cv::utils::fs;

namespace {

struct Settings
{
    std::vector<std::string> inputs;
    std::string model, backbone, output, csv;
    bool raw;
};

//! An image or a video, and the name below --output of what is drawn of it, without extension.
struct Input
{
    std::string file, output;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line("cfa_predict", "Scores images, folders (with all folders inside) and videos with a model, and writes for each image a picture of "
                                    "where it differs from the good images that the model was trained with.");
    line.arguments("image|folder|video", settings.inputs, "what to score");
    line.required("model", "FILE", settings.model, "model file that cfa_train wrote");
    line.required("output", "DIR", settings.output, "folder for the pictures, with the folders of the images inside");
    line.heading("Options");
    addBackboneFile(line, settings.backbone);
    line.option("csv", "FILE", settings.csv, "also write a table: file, score, normalised score (0.5 is the threshold), verdict");
    line.flag("raw", settings.raw, "also write the maps as numbers, 32-bit float TIFF");
    line.threadsOption();
    line.example("photos/new --model=model.yml.gz --output=overlays --csv=scores.csv");
    line.example("a.png b.png clip.mp4 --model=model.yml.gz --output=overlays --raw");
    return line.parse(argc, argv);
}

//! Lists what is given, each under an output name of its own.
class InputList
{
public:
    explicit InputList(const Settings& settings)
    {
        for (const std::string& input : settings.inputs)
        {
            if (fs::isDirectory(input))
                addFolder(input, settings.output, settings.inputs.size() > 1);
            else if (fs::exists(input))
                add(input, fileName(input));
            else
                throw std::runtime_error("there is no file or folder '" + input + "'");
        }
        if (inputs.empty())
            throw std::runtime_error("there are no images in '" + settings.inputs[0] + "'");
    }

    std::vector<Input> inputs;

private:
    // The folder's own name comes first where others are given too. Pictures of an earlier run inside it are left out.
    void addFolder(const std::string& folder, const std::string& output, bool isOneOfMany)
    {
        const std::string name = fileName(fs::canonical(folder));
        for (const std::string& relative : listImagesBelow(folder, output))
            add(fs::join(folder, relative), isOneOfMany ? fs::join(name, relative) : relative);
    }

    // a.png and a.jpg of one folder, or equal names given one by one, must not overwrite one another.
    void add(const std::string& file, const std::string& relative)
    {
        const std::string wanted = withoutExtension(relative);
        std::string name = wanted;
        for (int i = 2; !taken.insert(name).second; i++)
            name = format("%s_%d", wanted.c_str(), i);
        const Input input = {file, name};
        inputs.push_back(input);
    }

    std::set<std::string> taken;
};

//! A row for each image, written as it comes.
class Table
{
public:
    explicit Table(const std::string& filename) : file(filename)
    {
        if (file.empty())
            return;
        stream.open(file.c_str());
        stream << "file,score,normalised score,verdict\n";
        check();
    }

    void add(const std::string& image, const std::string& score, const std::string& normalised, const std::string& verdict)
    {
        if (file.empty())
            return;
        stream << quoted(image) << ',' << score << ',' << normalised << ',' << verdict << std::endl;
        check();
    }

private:
    void check() const
    {
        if (!stream)
            throw std::runtime_error("'" + file + "' can not be written");
    }

    static std::string quoted(const std::string& text)
    {
        if (text.find_first_of(",\"\r\n") == std::string::npos)
            return text;
        std::string inside;
        for (const char c : text)
            inside += c == '"' ? std::string("\"\"") : std::string(1, c);
        return "\"" + inside + "\"";
    }

    std::string file;
    std::ofstream stream;
};

struct Counts
{
    int good, defective, unreadable;
};

class Prediction
{
public:
    explicit Prediction(const Settings& s) : counts(), settings(s), table(s.csv), detector(loadDetector(s.model, s.backbone)) { detector->setMapSize(MAP_IMAGE); }

    void run(const std::vector<Input>& inputs);

    Counts counts;

private:
    void predictVideo(const Input& input);
    void predictImage(const Input& input);
    void predict(const std::string& name, const Mat& image, const std::string& output);
    void unreadable(const std::string& name, const std::string& reason);
    void write(const Mat& picture, const std::string& output);

    const Settings& settings;
    Table table;
    Ptr<AnomalyDetector> detector;
    ProgressBar bar;
};

void Prediction::run(const std::vector<Input>& inputs)
{
    for (size_t i = 0; i < inputs.size(); i++)
    {
        if (isImageFile(inputs[i].file))
            predictImage(inputs[i]);
        else
            predictVideo(inputs[i]);
        bar.update("images", int(i) + 1, int(inputs.size()));
    }
}

void Prediction::predictImage(const Input& input)
{
    Mat image;
    try
    {
        image = readImage(input.file);
    }
    catch (const std::exception& error)
    {
        return unreadable(input.file, error.what());
    }
    predict(input.file, image, input.output);
}

// What the detector refuses (too small, NaN) is an image that could not be read, too; what cannot be written ends the run.
void Prediction::predict(const std::string& name, const Mat& image, const std::string& output)
{
    Mat map;
    double score;
    try
    {
        score = detector->predict(image, map);
    }
    catch (const cv::Exception& error)
    {
        return unreadable(name, "'" + name + "': " + error.err);
    }
    const std::string judged = verdict(*detector, score);
    (judged == "good" ? counts.good : counts.defective)++;
    Mat picture = drawOverlay(*detector, image, map);
    drawText(picture, format("%.3f %s", score, judged.c_str()));
    const std::string file = fs::join(settings.output, output);
    write(picture, file + ".jpg");
    if (settings.raw)
        write(map, file + ".tiff");
    table.add(name, format("%.9g", score), format("%.9g", detector->normalizedScore(score)), judged);
}

void Prediction::unreadable(const std::string& name, const std::string& reason)
{
    bar.clear();
    std::cerr << "cfa_predict: " << reason << std::endl;
    counts.unreadable++;
    table.add(name, "", "", "unreadable");
}

void Prediction::write(const Mat& picture, const std::string& file)
{
    makeParentFolder(file);
    if (!imwrite(file, picture))
        throw std::runtime_error("'" + file + "' can not be written");
}

#ifdef WITH_VIDEOIO
void Prediction::predictVideo(const Input& input)
{
    VideoCapture video(input.file);
    const int frames = video.isOpened() ? std::max(0, int(video.get(CAP_PROP_FRAME_COUNT))) : 0;
    int index = 0;
    for (Mat frame; video.isOpened() && video.read(frame); index++)
    {
        const std::string number = format("%06d", index);
        predict(input.file + "#" + number, frame, fs::join(input.output, "frame_" + number));
        bar.update(fileName(input.file), index + 1, frames);
    }
    if (index == 0)
        unreadable(input.file, "'" + input.file + "' is neither an image nor a video that can be read");
}
#else
void Prediction::predictVideo(const Input& input)
{
    unreadable(input.file, "'" + input.file + "' is no image, and this OpenCV has no videoio module to read videos");
}
#endif

int predictAll(int argc, char** argv)
{
    Settings settings = Settings();
    if (!readCommandLine(argc, argv, settings))
        return 0;
    // Unreadable files are reported here, with their names.
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    const std::vector<Input> inputs = InputList(settings).inputs;
    Prediction prediction(settings);
    prediction.run(inputs);
    const Counts& counts = prediction.counts;
    std::cout << counts.good << " good, " << counts.defective << " defective, " << counts.unreadable << " unreadable; pictures in " << settings.output << std::endl;
    return counts.unreadable ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("cfa_predict", predictAll, argc, argv);
}

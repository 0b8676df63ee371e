// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// Scores images, folders and videos, and draws where they differ from what a model learned.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "files.hpp"
#include "image_list.hpp"
#include "overlay.hpp"
#include "progress.hpp"
#include "region_option.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"
#include "opencv2/imgcodecs.hpp"
#ifdef WITH_VIDEOIO
#include "video_frames.hpp"
#endif

#include <cstdio>
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
    std::string model, backbone, output, csv, mask;
    double minimumArea;
    int device;
    bool raw, resume;
};

//! An image or a video, and the name below --output of what is drawn of it, without extension. All that is kept of each for a whole run.
struct Input
{
    std::string file, output;
};

bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line("cfa_predict", "Scores images, folders (with all folders inside) and videos with a model, and writes for each image a picture of "
                                    "where it differs from the good images that the model was trained with.");
    line.arguments("image|folder|video|csv", settings.inputs,
                   "what to score; a .csv names images in its column image_path; damaged frames of a video are passed "
                   "over and counted");
    line.required("model", "FILE", settings.model, "model file that cfa_train wrote");
    line.heading("Options, of which --output or --csv must be given");
    line.option("output", "DIR", settings.output, "folder for the pictures, with the folders of the images inside");
    line.option("csv", "FILE", settings.csv, "table to write: file, score, normalised score (0.5 is the threshold), verdict");
    line.flag("resume", settings.resume, "go on where a run with the same table stopped: images that have a row in it are left out");
    line.option("min_area", "PIXELS", settings.minimumArea, "outline only defects of at least so many pixels; 0: all");
    line.flag("raw", settings.raw, "also write the maps as numbers, 32-bit float TIFF");
    addRegionOption(line, settings.mask, "look for defects");
    addBackboneFile(line, settings.backbone);
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("photos/new --model=model.yml.gz --output=overlays --csv=scores.csv");
    line.example("a.png b.png clip.mp4 --model=model.yml.gz --output=overlays --raw");
    line.example("archive --model=model.yml.gz --csv=scores.csv --resume");
    if (!line.parse(argc, argv))
        return false;
    if (settings.output.empty() && settings.csv.empty())
        throw UsageError("neither --output nor --csv says what to write");
    if (settings.output.empty() && settings.raw)
        throw UsageError("--raw writes into the folder of --output, which is missing");
    if (settings.resume && settings.csv.empty())
        throw UsageError("--resume goes on by the table of --csv, which is missing");
    return true;
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
            else if (isListFile(input) && fs::exists(input))
                addList(input);
            else if (fs::exists(input))
                add(input, fileName(input));
            else
                throw std::runtime_error("there is no file or folder '" + input + "'");
        }
    }

    std::vector<std::string> files() const
    {
        std::vector<std::string> names;
        for (const Input& input : inputs)
            names.push_back(input.file);
        return names;
    }

    std::vector<Input> inputs;
    LeftOut leftOut; // of folders

private:
    // The folder's own name comes first where others are given too. Pictures of an earlier run inside it are left out.
    void addFolder(const std::string& folder, const std::string& output, bool isOneOfMany)
    {
        const std::string name = fileName(fs::canonical(folder));
        for (const std::string& relative : listImagesBelow(folder, output, leftOut))
            add(fs::join(folder, relative), isOneOfMany ? fs::join(name, relative) : relative);
    }

    // A picture of ../a.png, or of a name from the root, must not land outside --output.
    void addList(const std::string& file)
    {
        const CsvFile list(file);
        list.require(imageColumn(list));
        for (size_t row = 0; row < list.rows(); row++)
        {
            const std::string name = withSlashes(list.at(row, imageColumn(list))),
                              path = list.path(row, imageColumn(list));
            add(path, path == name || name.find("..") != std::string::npos ? fileName(name) : name);
        }
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

struct Counts
{
    Counts() : good(0), defective(0), unreadable(0) {}
    void add(const std::string& verdict) { (verdict == "good" ? good : verdict == "defective" ? defective : unreadable)++; }
    int good, defective, unreadable;
};

//! A row for each image, written as it comes, and counted also where no file is wanted.
class Table
{
public:
    //! resume: the rows that the file has stay, and count.
    Table(const std::string& filename, bool resume) : file(filename)
    {
        if (file.empty())
            return;
        const bool goesOn = resume && fs::exists(file);
        if (goesOn)
            readRows();
        stream.open(file.c_str(), goesOn ? std::ios::app : std::ios::trunc);
        if (!goesOn)
            stream << "file,score,normalised score,verdict" << std::endl;
        check();
    }

    bool has(const std::string& image) const { return done.count(image) > 0; }

    void add(const std::string& image, const std::string& score, const std::string& normalised, const std::string& verdict)
    {
        counts.add(verdict);
        if (file.empty())
            return;
        stream << csvField(image) << ',' << score << ',' << normalised << ',' << verdict << std::endl;
        check();
    }

    Counts counts;

private:
    void readRows()
    {
        const std::string text = readFile(file), whole = text.substr(0, text.rfind('\n') + 1);
        if (whole.size() < text.size()) // a row that was cut off
            replace(whole);
        const CsvFile rows(whole, file);
        for (size_t row = 0; row < rows.rows(); row++)
        {
            counts.add(rows.at(row, "verdict"));
            done.insert(rows.at(row, "file"));
        }
    }

    // Beside the file first: hours of rows must not hang on one moment.
    void replace(const std::string& text) const
    {
        const std::string beside = file + ".tmp";
        writeFile(beside, text);
        if (std::rename(beside.c_str(), file.c_str()) != 0)
            throw std::runtime_error("'" + file + "' can not be replaced by '" + beside + "'");
    }

    void check() const
    {
        if (!stream)
            throw std::runtime_error("'" + file + "' can not be written");
    }

    std::string file;
    std::ofstream stream;
    std::set<std::string> done;
};

class Prediction
{
public:
    explicit Prediction(const Settings& s)
        : settings(s),
          detector(loadDetector(s.model, s.backbone)),
          region(readRegion("cfa_predict", s.mask)),
          table(s.csv, s.resume)
    {
        detector->setMapSize(MAP_IMAGE);
        detector->setPreferableTarget(targetOf(s.device));
    }

    void run(const std::vector<Input>& inputs);
    const Counts& counts() const { return table.counts; }

private:
    void predictVideo(const Input& input);
#ifdef WITH_VIDEOIO
    void lostFrames(const std::string& file, const VideoFrames& video);
#endif
    void predictImage(const Input& input);
    void predict(const std::string& name, const Mat& image, const std::string& output);
    void unreadable(const std::string& name, const std::string& reason);
    void draw(const Mat& image, const Mat& map, const std::string& title, const std::string& output);
    void write(const Mat& picture, const std::string& output);

    const Settings& settings;
    Ptr<AnomalyDetector> detector;
    const Mat region; // of each image; empty: all of it
    Table table;
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
    if (table.has(input.file))
        return;
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
        score = settings.output.empty() ? detector->predict(image, noArray(), region)
                                        : detector->predict(image, map, region);
    }
    catch (const cv::Exception& error)
    {
        return unreadable(name, "'" + name + "': " + error.err);
    }
    const std::string judged = verdict(*detector, score);
    if (!settings.output.empty())
        draw(image, map, format("%.3f %s", score, judged.c_str()), fs::join(settings.output, output));
    table.add(name, format("%.9g", score), format("%.9g", detector->normalizedScore(score)), judged);
}

void Prediction::unreadable(const std::string& name, const std::string& reason)
{
    bar.clear();
    std::cerr << "cfa_predict: " << reason << std::endl;
    table.add(name, "", "", "unreadable");
}

void Prediction::draw(const Mat& image, const Mat& map, const std::string& title, const std::string& output)
{
    Mat picture = drawOverlay(*detector, image, map, settings.minimumArea);
    drawText(picture, title);
    write(picture, output + ".jpg");
    if (settings.raw)
        write(map, output + ".tiff");
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
    VideoFrames video(input.file);
    const int announced = video.announced();
    for (Mat frame; video.next(frame);)
    {
        const std::string number = format("%06d", video.number());
        const std::string name = input.file + "#" + number;
        if (!table.has(name))
            predict(name, frame, fs::join(input.output, "frame_" + number));
        bar.update(fileName(input.file), video.count(), announced ? std::max(video.count(), announced) : 0);
    }
    if (video.count() == 0)
        unreadable(input.file, "'" + input.file + "' is neither an image nor a video that can be read");
    else if (video.lost() > 0)
        lostFrames(input.file, video);
}

// They have no rows, since the reader does not always tell which ones they are.
void Prediction::lostFrames(const std::string& file, const VideoFrames& video)
{
    bar.clear();
    std::cerr << "cfa_predict: "
              << format("'%s': %d of %d frames can not be read, because the file is damaged, cut off, or a part of a "
                        "longer video",
                        file.c_str(), video.lost(), video.count() + video.lost())
              << std::endl;
    table.counts.unreadable += video.lost();
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
    const InputList list(settings);
    printNotes("cfa_predict", list.leftOut.notes());
    printNotes("cfa_predict", notesOfPages(list.files()));
    if (list.inputs.empty())
        throw std::runtime_error("there are no images in '" + settings.inputs[0] + "'");
    Prediction prediction(settings);
    prediction.run(list.inputs);
    const Counts& counts = prediction.counts();
    std::cout << counts.good << " good, " << counts.defective << " defective, " << counts.unreadable << " unreadable; "
              << (settings.output.empty() ? "table in " + settings.csv : "pictures in " + settings.output) << std::endl;
    return counts.unreadable || !list.leftOut.unreadable.empty() ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("cfa_predict", predictAll, argc, argv);
}

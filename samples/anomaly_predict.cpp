// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
// anomaly_predict scores images, folders of images and videos, and draws where they differ from the good images that a
// model was trained with.
#include "backbone_options.hpp"
#include "command_line.hpp"
#include "device_option.hpp"
#include "drift_watch.hpp"
#include "files.hpp"
#include "image_list.hpp"
#include "interruption.hpp"
#include "json_lines.hpp"
#include "outputs.hpp"
#include "overlay.hpp"
#include "progress.hpp"
#include "region_option.hpp"

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/core/utils/filesystem.hpp"
#include "opencv2/core/utils/logger.hpp"
#ifdef WITH_VIDEOIO
#include "video_frames.hpp"
#endif

#include <iostream>
#include <map>
#include <set>
#include <sstream>

using namespace cv;
using namespace cv::anomaly;
namespace fs = cv::utils::fs;

namespace {

//! The command line. Empty names mean that an option was not given.
struct Settings
{
    std::vector<std::string> inputs;
    std::string model, backbone, output, csv, jsonl, mask;
    // In pixels of the image. A negative area means the one that the model was trained with.
    double minimumArea = -1;
    int device;
    bool raw, resume;
};

//! An image or a video, and the name without extension, relative to the folder of --output, of what is drawn of it. It
//! has only names, because a run keeps all inputs from its start to its end.
struct Input
{
    std::string file, output;
};

// The value of --min_area.
double toArea(const std::string& text)
{
    const double area = toNumber("min_area", text);
    if (area < 0 && area != -1)
        throw badValue("min_area", text, "0, more, or -1 for the area that the model says");
    return area;
}

// Returns false when help was printed, so that there is nothing else to do.
bool readCommandLine(int argc, char** argv, Settings& settings)
{
    CommandLine line("anomaly_predict", "Scores images, folders (with all folders inside) and videos with a model, and "
                                        "writes for each image a picture of "
                                        "where it differs from the good images that the model was trained with. Tells "
                                        "at the end if light, focus, position or texture have changed on the way.");
    line.arguments("image|folder|video|csv", settings.inputs,
                   "what to score; a .csv names images in its column image_path; damaged frames of a video are skipped "
                   "and counted");
    line.required("model", "FILE", settings.model, "model file that anomaly_train wrote");
    line.heading("Options, of which --output, --csv or --jsonl must be given");
    line.option("output", "DIR", settings.output,
                "folder for the pictures, with the folders of the images inside; JPEG, or PNG where one side has more "
                "than 65500 pixels; if it lies inside a folder to score, what it holds is not scored");
    line.option("csv", "FILE|-", settings.csv,
                "table to write: file, score, normalized score (0.5 is the threshold), verdict, and the start of the "
                "model file's SHA-256; -: to standard output, which then has nothing else");
    line.option("jsonl", "FILE|-", settings.jsonl,
                "lines to write as images are scored, a JSON object each: file, time, model, verdict, scores, "
                "milliseconds, and the regions of the defects (doc/json_lines.md); -: to standard output, which then "
                "has nothing else");
    line.flag("resume", settings.resume,
              "go on where a run with the same table and model stopped: images that have a row in it are left out; "
              "lines of --jsonl are added to those that are there");
    line.option("min_area", "PIXELS", "-1",
                "outline and list only defects of at least so many pixels; 0: all; -1: as the model says",
                [&settings](const std::string& text) { settings.minimumArea = toArea(text); });
    line.flag("raw", settings.raw, "also write the maps as numbers, 32-bit float TIFF");
    addRegionOption(line, settings.mask, "look for defects");
    addBackboneFile(line, settings.backbone);
    addDeviceOption(line, settings.device);
    line.threadsOption();
    line.example("photos/new --model=model.yml.gz --output=overlays --csv=scores.csv");
    line.example("a.png b.png clip.mp4 --model=model.yml.gz --output=overlays --raw");
    line.example("photos/new --model=model.yml.gz --jsonl=- | mosquitto_pub -l -t line1/anomalies");
    line.example("archive --model=model.yml.gz --csv=scores.csv --resume");
    if (!line.parse(argc, argv))
        return false;
    if (settings.output.empty() && settings.csv.empty() && settings.jsonl.empty())
        throw UsageError("none of --output, --csv and --jsonl says what to write");
    if (settings.output.empty() && settings.raw)
        throw UsageError("--raw writes into the folder of --output, which is missing");
    if (settings.resume && settings.csv.empty())
        throw UsageError("--resume needs the table of --csv, which is missing");
    if (settings.resume && isStandardOutput(settings.csv))
        throw UsageError("--resume needs a table that can be read again, which --csv=- is not: name a file");
    if (isStandardOutput(settings.csv) && isStandardOutput(settings.jsonl))
        throw UsageError("--csv=- and --jsonl=- both write to standard output: name a file for one of them");
    return true;
}

// Returns the name of the picture, relative to --output, of an image that a list names. It keeps the image's folders
// where these are given relative to the list, and is the same however the list itself was named.
std::string pictureName(const std::string& image)
{
    std::vector<std::string> parts;
    std::istringstream path(image);
    for (std::string part; std::getline(path, part, '/');)
    {
        if (part == ".." && parts.empty())
            return fileName(image);
        if (part == "..")
            parts.pop_back();
        else if (!part.empty() && part != ".")
            parts.push_back(part);
    }
    if (parts.empty() || isAbsolute(image))
        return fileName(image);
    std::string name;
    for (const std::string& part : parts)
        name += (name.empty() ? "" : "/") + part;
    return name;
}

//! The images and videos of the command line, each with a different output name.
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
    LeftOut leftOut;                // what was left out of the folders
    std::vector<std::string> notes; // on where pictures are written

private:
    // With several arguments, the output names begin with the folder's own name. Pictures that an earlier run wrote
    // into a folder inside it are left out.
    void addFolder(const std::string& folder, const std::string& output, bool isOneOfMany)
    {
        if (!output.empty() && realPath(folder) == realPath(output))
            throw UsageError("--output=" + output +
                             " is the folder of the images: name another one for the pictures, outside of it");
        noteInside(folder, output);
        const std::string name = fileName(realPath(folder));
        for (const std::string& relative : listImagesBelow(folder, output, leftOut))
            add(joined(folder, relative), isOneOfMany ? joined(name, relative) : relative);
    }

    // Notes that pictures will lie among the images. This run leaves them out, which a later one with another --output
    // cannot do.
    void noteInside(const std::string& folder, const std::string& output)
    {
        const std::string inside = realPath(folder) + "/", place = output.empty() ? "" : realPathToBe(output);
        if (place.compare(0, inside.size(), inside) == 0)
            notes.push_back("the pictures of --output=" + output + " lie inside '" + folder +
                            "': runs with the same --output leave them out, others take them for images");
    }

    // The images of a list, in the order of its rows.
    void addList(const std::string& file)
    {
        const CsvFile list(file);
        list.require(imageColumn(list));
        for (size_t row = 0; row < list.rows(); row++)
        {
            const std::string name = withSlashes(list.at(row, imageColumn(list)));
            add(list.path(row, imageColumn(list)), pictureName(name));
        }
    }

    // Equal output names get a number, because a.png and a.jpg of one folder, or files of the same name from two
    // folders, must not overwrite each other's pictures.
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

//! How many images got which verdict.
struct Counts
{
    Counts() : good(0), defective(0), unreadable(0), withoutPicture(0) {}
    void add(const std::string& verdict)
    {
        (verdict == "good" ? good : verdict == "defective" ? defective : unreadable)++;
    }
    int good, defective, unreadable;
    int withoutPicture; // good and defective images whose picture could not be written
};

//! The table of --csv, with a row for each image, written at once. It also counts images when no table is wanted.
class Table
{
public:
    //! With `resume`, rows that the file already has are kept and counted, and no image gets a second row.
    Table(const std::string& filename, bool resume, const std::string& modelHash)
        : file(filename),
          model(modelHash),
          isEachOnce(resume)
    {
        if (file.empty())
            return;
        const bool goesOn = resume && fs::exists(file) && readRows();
        stream.open(file, goesOn ? std::ios::app : std::ios::trunc);
        if (!goesOn)
            stream.write("file,score,normalized score,verdict,model");
    }

    // Whether an image has a row of an earlier run, or, with --resume, of this one.
    bool has(const std::string& image) const { return !done.empty() && done.count(inOneSpelling(image)) > 0; }

    void add(const std::string& image, const std::string& score, const std::string& normalized,
             const std::string& verdict)
    {
        counts.add(verdict);
        if (file.empty())
            return;
        stream.write(csvField(image) + ',' + score + ',' + normalized + ',' + verdict + ',' + model);
        if (isEachOnce)
            done.insert(inOneSpelling(image));
    }

    Counts counts;

private:
    // Reads the rows of an earlier run. Returns false if that run ended before it wrote a whole row.
    bool readRows()
    {
        const std::string text = readFile(file), whole = text.substr(0, text.rfind('\n') + 1);
        if (whole.empty())
            return false;
        const CsvFile rows(whole, file);
        if (!rows.has("model"))
            throw std::runtime_error(
                "'" + file +
                "' does not tell which model its rows are of, since it has no column 'model': name another table");
        for (size_t row = 0; row < rows.rows(); row++)
        {
            checkModel(rows.at(row, "model"));
            counts.add(rows.at(row, "verdict"));
            done.insert(inOneSpelling(fromHere(rows.at(row, "file"))));
        }
        if (whole.size() < text.size()) // the earlier run was killed in the middle of a row
            cutFile(file, whole.size());
        return true;
    }

    void checkModel(const std::string& found) const
    {
        if (found != model)
            throw std::runtime_error("'" + file + "' has rows of the model '" + found + "', but --model is '" + model +
                                     "': use that model, or name another table");
    }

    // Returns the name as seen from the current folder. The earlier run may have been started in the table's folder, so
    // that a relative name is tried there too.
    std::string fromHere(const std::string& image) const
    {
        if (isAbsolute(image) || fs::exists(withoutFrame(image)))
            return image;
        const std::string moved = joined(fs::getParent(file), image);
        return fs::exists(withoutFrame(moved)) ? moved : image;
    }

    // Returns the video of a frame: clip.mp4 for clip.mp4#000012. Other names stay as they are.
    static std::string withoutFrame(const std::string& image)
    {
        const size_t mark = image.rfind('#');
        return mark == std::string::npos || fs::exists(image) ? image : image.substr(0, mark);
    }

    // Returns the same text for all spellings of one image's name, such as a/b.png and a/../a/b.png.
    std::string inOneSpelling(const std::string& image) const
    {
        const size_t name = image.find_last_of("/\\") + 1;
        const std::string folder = name ? image.substr(0, name) : ".";
        std::string& canonical = folders[folder];
        if (canonical.empty())
            canonical = realPath(folder);
        return canonical + "/" + image.substr(name);
    }

    std::string file, model;
    bool isEachOnce;
    LineStream stream;
    std::set<std::string> done;
    mutable std::map<std::string, std::string> folders; // canonical names by given names, because looking up is slow
};

//! One run: predicts all inputs one after another, and writes pictures, rows and lines.
class Prediction
{
public:
    Prediction(const Settings& s, const Ptr<AnomalyDetector>& d, const Outputs& o)
        : settings(s),
          outputs(o),
          detector(d),
          region(readRegion("anomaly_predict", s.mask)),
          modelHash(s.csv.empty() && s.jsonl.empty() ? "" : hashOf(s.model)),
          table(s.csv, s.resume, modelHash),
          lines(s.jsonl, s.resume, modelHash),
          drift(d)
    {}

    void run(const std::vector<Input>& inputs);
    const Counts& counts() const { return table.counts; }
    //! A line for each change of light, focus, position or texture, with the image at which it was noticed.
    const std::vector<std::string>& changes() const { return changeNotes; }

private:
    void predictVideo(const Input& input);
#ifdef WITH_VIDEOIO
    void lostFrames(const std::string& file, const VideoFrames& video);
#endif
    void predictImage(const Input& input);
    void predict(const ImageName& name, const Mat& image, const std::string& output);
    Judgment judge(const ImageName& name, const Mat& image, Mat& map);
    void watch(const ImageName& name, const Mat& image, Judgment& judgment);
    void unreadable(const ImageName& name, const std::string& reason);
    void draw(const Mat& image, const Mat& map, const std::string& title, const std::string& output);
    void report(const std::string& reason);
    void stopIfAsked() const;

    const Settings& settings;
    const Outputs& outputs;
    Ptr<AnomalyDetector> detector;
    const Mat region; // --mask, which holds for each image; empty means the whole image
    const std::string modelHash;
    Table table;
    JsonLines lines;
    DriftWatch drift;
    std::vector<std::string> changeNotes;
    ProgressBar bar;
};

void Prediction::run(const std::vector<Input>& inputs)
{
    const Interruption betweenImages;
    for (size_t i = 0; i < inputs.size(); i++)
    {
        stopIfAsked();
        if (isImageFile(inputs[i].file))
            predictImage(inputs[i]);
        else
            predictVideo(inputs[i]);
        bar.update("images", int(i) + 1, int(inputs.size()));
    }
}

// Ends the run between two images after Ctrl-C, so that no row is cut off.
void Prediction::stopIfAsked() const
{
    if (Interruption::isRequested())
        throw std::runtime_error(settings.csv.empty() ? "stopped" : "stopped; the same command with --resume goes on");
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
    catch (const cv::Exception& error)
    {
        const std::string reason = error.err, name = "'" + input.file + "'";
        return unreadable(ImageName(input.file),
                          reason.find(name) == std::string::npos ? name + ": " + reason : reason);
    }
    predict(ImageName(input.file), image, input.output);
}

// Scores an image, and lists its defects if JSON lines are wanted. The time is that of predict alone.
Judgment Prediction::judge(const ImageName& name, const Mat& image, Mat& map)
{
    const bool isMapNeeded = !settings.output.empty() || lines.isWanted();
    TickMeter time;
    time.start();
    const double score =
        isMapNeeded ? detector->predict(image, map, region) : detector->predict(image, noArray(), region);
    time.stop();
    Judgment judgment = {
        score, detector->normalizedScore(score), time.getTimeMilli(), verdict(*detector, score), {}, drift.isKnown(),
        {}};
    if (lines.isWanted())
        findRegions(map, detector->getPixelThreshold(), judgment.regions,
                    smallestDefect(*detector, image.size(), settings.minimumArea));
    watch(name, image, judgment);
    return judgment;
}

// Adds an image to the drift monitor, and notes what has changed.
void Prediction::watch(const ImageName& name, const Mat& image, Judgment& judgment)
{
    const size_t mostNotes = 20; // A change that comes and goes would fill the screen.
    for (const std::string& note : drift.add(image, judgment.score))
        if (changeNotes.size() < mostNotes)
            changeNotes.push_back("at '" + name.text() + "' " + note);
    judgment.drift = drift.causes();
}

// An image that the detector refuses, because it is too small or has NaN, counts as unreadable. An image whose picture
// cannot be written still gets its row. The JSON line is written before the row: --resume goes by rows, so that after
// an interruption between the two an image has two lines rather than none.
void Prediction::predict(const ImageName& name, const Mat& image, const std::string& output)
{
    Mat map;
    Judgment judgment;
    try
    {
        judgment = judge(name, image, map);
    }
    catch (const std::exception& error)
    {
        return unreadable(name, "'" + name.text() + "': " + errorText(error));
    }
    if (!settings.output.empty())
        draw(image, map, format("%.3f %s", judgment.score, judgment.verdict.c_str()), joined(settings.output, output));
    lines.add(name, judgment);
    table.add(name.text(), format("%.9g", judgment.score), format("%.9g", judgment.normalizedScore), judgment.verdict);
}

// Prints a message, after removing the progress bar from the terminal.
void Prediction::report(const std::string& reason)
{
    bar.clear();
    std::cerr << "anomaly_predict: " << reason << std::endl;
}

void Prediction::unreadable(const ImageName& name, const std::string& reason)
{
    report(reason);
    lines.addUnreadable(name, reason);
    table.add(name.text(), "", "", "unreadable");
}

// Writes the picture, and with --raw the map. A failure is reported and counted, but does not end the run.
void Prediction::draw(const Mat& image, const Mat& map, const std::string& title, const std::string& output)
{
    try
    {
        Mat picture = drawOverlay(*detector, image, map, settings.minimumArea);
        addCaption(picture, title);
        writePicture(output, picture, outputs);
        if (settings.raw)
            writeMap(output + ".tiff", map);
    }
    catch (const std::exception& error)
    {
        report(errorText(error));
        table.counts.withoutPicture++;
    }
}

#ifdef WITH_VIDEOIO
void Prediction::predictVideo(const Input& input)
{
    VideoFrames video(input.file);
    const int announced = video.announced();
    for (Mat frame; video.next(frame);)
    {
        stopIfAsked();
        const ImageName name(input.file, video.number());
        if (!table.has(name.text()))
            predict(name, frame, joined(input.output, format("frame_%06d", name.frame)));
        bar.update(fileName(input.file), video.count(), announced ? std::max(video.count(), announced) : 0);
    }
    if (video.count() == 0)
        unreadable(ImageName(input.file), "'" + input.file + "' is neither an image nor a video that can be read");
    else if (video.lost() > 0)
        lostFrames(input.file, video);
}

// Frames that cannot be read get no rows, because the video reader does not always tell which ones they are.
void Prediction::lostFrames(const std::string& file, const VideoFrames& video)
{
    bar.clear();
    std::cerr << "anomaly_predict: "
              << format("'%s': %d of %d frames cannot be read, because the file is damaged, cut off, or a part of a "
                        "longer video",
                        file.c_str(), video.lost(), video.count() + video.lost())
              << std::endl;
    table.counts.unreadable += video.lost();
}
#else
void Prediction::predictVideo(const Input& input)
{
    unreadable(ImageName(input.file),
               "'" + input.file + "' is not an image, and this OpenCV has no videoio module to read videos");
}
#endif

// Registers the pictures of an earlier run as outputs. How many frames a video has is only known when it has been read,
// so that any of these pictures may be replaced.
void checkFrames(const std::string& folder, Outputs& outputs)
{
    if (!fs::isDirectory(folder))
        return;
    for (const std::string& name : listFolder(folder))
        if (name.compare(0, 6, "frame_") == 0)
            outputs.writes("output", joined(folder, name));
}

// Registers the files that are written for one input.
void checkPictures(const Settings& settings, const Input& input, Outputs& outputs)
{
    const std::string picture = joined(settings.output, input.output);
    if (!isImageFile(input.file))
        return checkFrames(picture, outputs);
    outputs.writes("output", picture + ".jpg");
    if (settings.raw)
        outputs.writes("raw", picture + ".tiff");
}

// The files of text that are written, by the option that names them. Standard output is none.
std::map<std::string, std::string> textsOf(const Settings& settings)
{
    std::map<std::string, std::string> files;
    for (const auto& named : {std::make_pair("csv", settings.csv), std::make_pair("jsonl", settings.jsonl)})
        if (!named.second.empty() && !isStandardOutput(named.second))
            files[named.first] = named.second;
    return files;
}

// Ends with an error, before the first prediction, if an output would replace an input or cannot be written.
Outputs checkOutputs(const Settings& settings, const std::vector<Input>& inputs, const AnomalyDetector& detector)
{
    Outputs outputs;
    outputs.reads(settings.inputs);
    outputs.reads(settings.mask);
    outputs.readsModel(settings.model, settings.backbone, detector);
    for (const Input& input : inputs)
        outputs.reads(input.file);
    outputs.writes("output", settings.output);
    for (const auto& text : textsOf(settings))
        outputs.writesText(text.first, text.second);
    if (!settings.output.empty())
        for (const Input& input : inputs)
            checkPictures(settings, input, outputs);
    if (!settings.output.empty())
        checkWritableFolder(settings.output);
    for (const auto& text : textsOf(settings))
        checkWritable(text.second);
    return outputs;
}

// The maps have the size of the image, because they are drawn over it.
Ptr<AnomalyDetector> loadModel(const Settings& settings)
{
    const Ptr<AnomalyDetector> detector = readModel(settings.model, settings.backbone);
    detector->setMapSize(MAP_IMAGE);
    detector->setPreferableTarget(targetOf(settings.device));
    return detector;
}

std::string placeOf(const std::string& file)
{
    return isStandardOutput(file) ? "standard output" : file;
}

std::string placeOfResults(const Settings& settings)
{
    if (!settings.output.empty())
        return "pictures in " + settings.output;
    if (!settings.csv.empty())
        return "table in " + placeOf(settings.csv);
    return "lines in " + placeOf(settings.jsonl);
}

void print(const Settings& settings, const Counts& counts)
{
    std::cout << counts.good << " good, " << counts.defective << " defective, " << counts.unreadable << " unreadable; "
              << placeOfResults(settings);
    if (counts.withoutPicture)
        std::cout << ", where " << counts.withoutPicture << " could not be written";
    std::cout << std::endl;
}

int predictAll(int argc, char** argv)
{
    Settings settings = Settings();
    if (!readCommandLine(argc, argv, settings))
        return 0;
    // This program reports unreadable files itself, with their names.
    utils::logging::setLogLevel(utils::logging::LOG_LEVEL_SILENT);
    const InputList list(settings);
    printNotes("anomaly_predict", list.leftOut.notes());
    printNotes("anomaly_predict", list.notes);
    printNotes("anomaly_predict", notesOfPages(list.files()));
    if (list.inputs.empty())
        throw std::runtime_error("there are no images in '" + settings.inputs[0] + "'");
    const Ptr<AnomalyDetector> detector = loadModel(settings);
    const Outputs outputs = checkOutputs(settings, list.inputs, *detector);
    Prediction prediction(settings, detector, outputs);
    prediction.run(list.inputs);
    print(settings, prediction.counts());
    for (const std::string& change : prediction.changes())
        std::cout << change << std::endl;
    const Counts& counts = prediction.counts();
    return counts.unreadable || counts.withoutPicture || !list.leftOut.unreadable.empty() ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    return runProgram("anomaly_predict", predictAll, argc, argv);
}

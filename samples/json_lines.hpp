// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_JSON_LINES_HPP
#define ANOMALY_SAMPLES_JSON_LINES_HPP

#include "opencv2/anomaly/detector.hpp"
#include "opencv2/anomaly/visualize.hpp"

#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

//! A JSON object as text. Numbers have a decimal point in every locale. NaN and infinity, which JSON does not have,
//! become null.
class JsonObject
{
public:
    JsonObject();

    void put(const std::string& key, const std::string& text);
    void put(const std::string& key, const char* text) { put(key, std::string(text)); }
    void put(const std::string& key, int number) { putJson(key, std::to_string(number)); }
    void put(const std::string& key, double number);
    //! json: a value that is already JSON.
    void putJson(const std::string& key, const std::string& json);
    std::string text() const { return stream.str() + "}"; }

private:
    std::ostringstream stream;
};

//! A text as a JSON string in quotes. Each byte that is not valid UTF-8, as may be in names of files, becomes U+FFFD.
std::string jsonString(const std::string& text);

//! Makes a JSON array of items that are JSON.
std::string jsonArray(const std::vector<std::string>& items);

//! The name of an image, or of a frame of a video.
struct ImageName
{
    explicit ImageName(const std::string& f, int n = -1) : file(f), frame(n) {}

    //! The name in tables; a frame is written as clip.mp4#000012.
    std::string text() const;

    std::string file;
    int frame; //!< index from 0; negative if the file is an image
};

//! A detector's result for an image.
struct Judgment
{
    double score, normalizedScore, milliseconds;
    std::string verdict;
    std::vector<cv::anomaly::DefectRegion> regions; // in pixels of the image
    bool knowsDrift;                                // whether the model can tell what has changed in recent images
    std::vector<cv::String> drift;                  // the causes of such a change
};

/** Where a program writes lines: a file, or standard output where the file is named "-".

While standard output is used so, everything else that the program or a library prints to it goes to standard error.
*/
class LineStream
{
public:
    LineStream() : stream(NULL), taken(NULL) {}
    ~LineStream();

    //! Opens the file; `mode` as for std::ofstream. Throws unless it can be written.
    void open(const std::string& file, std::ios::openmode mode);
    //! Writes a line at once, so that a program at the other end of a pipe gets it. Throws unless all of it is written.
    void write(const std::string& line);

private:
    LineStream(const LineStream&);
    LineStream& operator=(const LineStream&);

    std::string name;
    std::ofstream file;
    std::ostream stream;
    std::streambuf* taken; // that of standard output, to be given back; NULL if a file is written
};

/** @brief Writes one JSON object per line for each image as soon as its result is known, as doc/json_lines.schema.json
defines. The file "-" is standard output, see LineStream.
*/
class JsonLines
{
public:
    //! file: if it is empty, nothing is written. goesOn: complete lines that the file already has are kept.
    JsonLines(const std::string& file, bool goesOn, const std::string& modelHash);

    bool isWanted() const { return !file.empty(); }
    //! framesPerSecond: how fast frames come and are judged; 0: not known.
    void add(const ImageName& image, const Judgment& judgment, double framesPerSecond = 0);
    void addUnreadable(const ImageName& image, const std::string& reason);

private:
    void open(bool goesOn);
    JsonObject begin(const ImageName& image, const std::string& verdict) const;

    const std::string file, model;
    LineStream stream;
};

//! The current time in UTC, in the format of RFC 3339 with milliseconds.
std::string timeText();

//! "-", which stands for standard output where files are named.
bool isStandardOutput(const std::string& file);

#endif

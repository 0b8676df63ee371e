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

//! One JSON object as text. Numbers are written with a point in every locale; NaN and infinity, for which JSON has no
//! word, as null.
class JsonObject
{
public:
    JsonObject();

    void put(const std::string& key, const std::string& text);
    void put(const std::string& key, const char* text) { put(key, std::string(text)); }
    void put(const std::string& key, int number) { putJson(key, std::to_string(number)); }
    void put(const std::string& key, double number);
    //! `json`: a value that is JSON already.
    void putJson(const std::string& key, const std::string& json);
    std::string text() const { return stream.str() + "}"; }

private:
    std::ostringstream stream;
};

//! A text as a JSON string, in quotes. Bytes that are not UTF-8, as file names may have them, become U+FFFD each.
std::string jsonString(const std::string& text);

//! The items as a JSON array.
std::string jsonArray(const std::vector<std::string>& items);

//! An image, or a frame of a video.
struct ImageName
{
    explicit ImageName(const std::string& f, int n = -1) : file(f), frame(n) {}

    //! clip.mp4#000012 for a frame, as tables have it.
    std::string text() const;

    std::string file;
    int frame; //!< from 0; negative: the file is an image
};

//! What a detector says of an image.
struct Judgment
{
    double score, normalizedScore, milliseconds;
    std::string verdict;
    std::vector<cv::anomaly::DefectRegion> regions; // in pixels of the image
    bool knowsDrift;                                // whether the model tells what has changed in the last images,
    std::vector<cv::String> drift;                  // and what that is
};

/** @brief Writes a JSON object a line and image, each as soon as it is known, as doc/json_lines.schema.json says.

The file "-" is standard output. From then on all else that is printed there, also by libraries, goes to standard error.
*/
class JsonLines
{
public:
    //! file: empty, and nothing is written. goesOn: the whole lines that the file has stay.
    JsonLines(const std::string& file, bool goesOn, const std::string& modelHash);
    ~JsonLines();

    bool isWanted() const { return !file.empty(); }
    //! framesPerSecond: how fast frames come and are judged; 0: not known.
    void add(const ImageName& image, const Judgment& judgment, double framesPerSecond = 0);
    void addUnreadable(const ImageName& image, const std::string& reason);

private:
    JsonLines(const JsonLines&);
    JsonLines& operator=(const JsonLines&);
    void open(bool goesOn);
    JsonObject begin(const ImageName& image, const std::string& verdict) const;
    void end(JsonObject& line);

    const std::string file, model;
    std::ofstream fileStream;
    std::ostream stream;
    std::streambuf* const standardOutput;
};

//! Now, in UTC, as RFC 3339 writes it.
std::string timeText();

//! "-", which stands for standard output where files are named.
bool isStandardOutput(const std::string& file);

#endif

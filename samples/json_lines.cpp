// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "json_lines.hpp"
#include "files.hpp"
#include "../modules/anomaly/src/base/standard_streams.hpp"

#include "opencv2/core/utils/filesystem.hpp"

#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <locale>

using namespace cv;

namespace {

// How many bytes the character of UTF-8 has that begins here; 0: there is none.
size_t characterLength(const std::string& text, size_t at)
{
    const unsigned char first = (unsigned char)text[at];
    const size_t length = first < 0x80                    ? 1
                          : first >= 0xc2 && first < 0xe0 ? 2
                          : first >= 0xe0 && first < 0xf0 ? 3
                          : first >= 0xf0 && first < 0xf5 ? 4
                                                          : 0;
    if (length == 0 || at + length > text.size())
        return 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text[at + i] & 0xc0) != 0x80)
            return 0;
    const unsigned char second = length > 1 ? (unsigned char)text[at + 1] : 0;
    // Invalid are overlong forms, surrogates of UTF-16, and code points above U+10FFFF.
    const bool isWrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                         (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return isWrong ? 0 : length;
}

// Escapes an ASCII character for a JSON string.
std::string escaped(char c)
{
    if (c == '"' || c == '\\')
        return std::string("\\") + c;
    return (unsigned char)c < 0x20 || c == 0x7f ? format("\\u%04x", (unsigned char)c) : std::string(1, c);
}

std::string jsonNumber(double number)
{
    if (!std::isfinite(number))
        return "null";
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream.precision(9); // enough digits to tell any two floats apart
    stream << number;
    return stream.str();
}

std::vector<std::string> jsonStrings(const std::vector<String>& texts)
{
    std::vector<std::string> json;
    for (const String& text : texts)
        json.push_back(jsonString(text));
    return json;
}

// Coordinates in pixels.
std::string jsonPoint(double x, double y)
{
    return jsonArray({jsonNumber(x), jsonNumber(y)});
}

// [x, y, width, height] in pixels.
std::string jsonBox(const Rect& box)
{
    return jsonArray({jsonNumber(box.x), jsonNumber(box.y), jsonNumber(box.width), jsonNumber(box.height)});
}

std::string jsonRegion(const anomaly::DefectRegion& region)
{
    std::vector<std::string> contour;
    for (const Point& point : region.contour)
        contour.push_back(jsonPoint(point.x, point.y));
    JsonObject json;
    json.putJson("box", jsonBox(region.box));
    json.put("area", region.area);
    json.put("peak", region.peak);
    json.put("mean", region.meanScore);
    json.putJson("centroid", jsonPoint(region.centroid.x, region.centroid.y));
    json.putJson("contour", jsonArray(contour));
    return json.text();
}

} // namespace

std::string timeText()
{
    const std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const int milliseconds =
        int(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000);
    const std::tm utc = *std::gmtime(&seconds);
    return format("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                  utc.tm_min, utc.tm_sec, milliseconds);
}

std::string jsonString(const std::string& text)
{
    const char* const replacement = "\xef\xbf\xbd"; // U+FFFD
    std::string json = "\"";
    for (size_t at = 0; at < text.size();)
    {
        const size_t length = characterLength(text, at);
        if (length == 1)
            json += escaped(text[at]);
        else
            json += length == 0 ? replacement : text.substr(at, length);
        at += std::max(length, size_t(1));
    }
    return json + "\"";
}

std::string jsonArray(const std::vector<std::string>& items)
{
    std::string json = "[";
    for (const std::string& item : items)
        json += (json.size() > 1 ? "," : "") + item;
    return json + "]";
}

JsonObject::JsonObject()
{
    stream << "{";
}

void JsonObject::put(const std::string& key, const std::string& text)
{
    putJson(key, jsonString(text));
}

void JsonObject::put(const std::string& key, double number)
{
    putJson(key, jsonNumber(number));
}

void JsonObject::putJson(const std::string& key, const std::string& json)
{
    stream << (stream.tellp() > 1 ? "," : "") << jsonString(key) << ":" << json;
}

std::string ImageName::text() const
{
    return frame < 0 ? file : format("%s#%06d", file.c_str(), frame);
}

bool isStandardOutput(const std::string& file)
{
    return file == "-";
}

// Gives standard output back. Only if it was taken, because setting a stream's buffer clears its error state, and an
// earlier failure to write would no longer be noticed.
LineStream::~LineStream()
{
    if (taken)
        std::cout.rdbuf(taken);
}

void LineStream::open(const std::string& f, std::ios::openmode mode)
{
    name = isStandardOutput(f) ? "standard output" : f;
    if (isStandardOutput(f))
    {
        if (!cv::anomaly::hasStandardOutput())
            throw std::runtime_error("standard output is closed: name a file to write to, in place of -");
        taken = std::cout.rdbuf();
        stream.rdbuf(taken);
        std::cout.rdbuf(std::cerr.rdbuf());
        return;
    }
    file.open(f.c_str(), mode);
    stream.rdbuf(file.rdbuf());
    if (!file)
        throw notWritable(f);
}

void LineStream::write(const std::string& line)
{
    stream << line << std::endl;
    if (!stream)
        throw notWritable(name);
}

JsonLines::JsonLines(const std::string& f, bool goesOn, const std::string& modelHash) : file(f), model(modelHash)
{
    if (isWanted())
        open(goesOn);
}

void JsonLines::open(bool goesOn)
{
    goesOn = goesOn && !isStandardOutput(file) && utils::fs::exists(file);
    if (goesOn)
    {
        const std::string lines = readFile(file);
        cutFile(file, lines.rfind('\n') + 1); // removes a line that an interrupted run did not finish
    }
    stream.open(file, (goesOn ? std::ios::app : std::ios::trunc) | std::ios::binary);
}

// Begins a line with the members that all lines have.
JsonObject JsonLines::begin(const ImageName& image, const std::string& verdict) const
{
    JsonObject line;
    line.put("file", image.file);
    if (image.frame >= 0)
        line.put("frame", image.frame);
    line.put("time", timeText());
    line.put("model", model);
    line.put("verdict", verdict);
    return line;
}

void JsonLines::add(const ImageName& image, const Judgment& judgment, double framesPerSecond)
{
    if (!isWanted())
        return;
    JsonObject line = begin(image, judgment.verdict);
    line.put("score", judgment.score);
    line.put("normalized_score", judgment.normalizedScore);
    line.put("milliseconds", judgment.milliseconds);
    if (framesPerSecond > 0)
        line.put("frames_per_second", framesPerSecond);
    std::vector<std::string> regions;
    for (const anomaly::DefectRegion& region : judgment.regions)
        regions.push_back(jsonRegion(region));
    line.putJson("regions", jsonArray(regions));
    if (judgment.knowsDrift)
        line.putJson("drift", jsonArray(jsonStrings(judgment.drift)));
    stream.write(line.text());
}

void JsonLines::addUnreadable(const ImageName& image, const std::string& reason)
{
    if (!isWanted())
        return;
    JsonObject line = begin(image, "unreadable");
    line.put("reason", reason);
    stream.write(line.text());
}

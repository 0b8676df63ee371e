// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_FILES_HPP
#define ANOMALY_SAMPLES_FILES_HPP

#include "opencv2/core.hpp"

#include <stdexcept>
#include <string>
#include <vector>

// Parts of a path.
std::string fileName(const std::string& path);         // "a/b.png" -> "b.png"
std::string withoutExtension(const std::string& path); // "a/b.png" -> "a/b"
std::string extension(const std::string& path);        // "a/b.PNG" -> "png"

//! Whether it starts at a root or, on Windows, with a drive.
bool isAbsolute(const std::string& path);

bool isImageFile(const std::string& path);

//! Names inside a folder, sorted; symbolic links are followed, hidden files left out.
std::vector<std::string> listFolder(const std::string& folder);

//! Images directly inside a folder, with the folder's name in front.
std::vector<std::string> listImages(const std::string& folder);

//! Images below a folder at any depth, without the folder's name in front. `except`: a folder to leave out.
std::vector<std::string> listImagesBelow(const std::string& folder, const std::string& except = std::string());

//! 8-bit BGR to draw on, by the same rules as the detector reads an image.
cv::Mat toDisplay(const cv::Mat& image);

//! Makes the folder that a file is going to lie in.
void makeParentFolder(const std::string& file);

//! All of a file. Throws when it cannot be read.
std::string readFile(const std::string& file);

//! The error that a file cannot be written, with the system's reason where errno has one.
std::runtime_error notWritable(const std::string& file);

//! Writes all of a file, or throws.
void writeFile(const std::string& file, const std::string& text);

//! Ends a file after so many bytes, or throws.
void cutFile(const std::string& file, size_t bytes);

//! One flat JSON object.
class FlatJson
{
public:
    FlatJson() : storage("", cv::FileStorage::WRITE | cv::FileStorage::MEMORY | cv::FileStorage::FORMAT_JSON) {}

    void put(const std::string& key, const std::string& text) { storage << key << text; }
    void put(const std::string& key, const char* text) { storage << key << text; }
    void put(const std::string& key, int number) { storage << key << number; }
    //! JSON has no word for NaN and infinity: they are left out.
    void put(const std::string& key, double number);
    void put(const std::string& key, const std::vector<double>& numbers) { storage << key << numbers; }
    void write(const std::string& file) { writeFile(file, storage.releaseAndGetString()); }

private:
    cv::FileStorage storage;
};

#endif

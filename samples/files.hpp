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

//! "1 image" or "2 images", for messages.
std::string counted(size_t count, const std::string& one, const std::string& many);

//! "'a', 'b', 'c' and 12 more", for messages.
std::string quoted(const std::vector<std::string>& names);

//! Names inside a folder, sorted; symbolic links are followed, hidden files left out.
std::vector<std::string> listFolder(const std::string& folder);

//! What a listing passes over.
struct LeftOut
{
    std::vector<std::string> noImages, deeper,
        unreadable; // files; images a folder deeper than those wanted; folders, each with the reason

    void add(const LeftOut& other);
    //! A line for each kind that there is any of.
    std::vector<std::string> notes() const;
};

//! Images directly inside a folder, with the folder's name in front.
std::vector<std::string> listImages(const std::string& folder);
std::vector<std::string> listImages(const std::string& folder, LeftOut& leftOut);

//! Images below a folder at any depth, without the folder's name in front. `except`: a folder to leave out. One that
//! cannot be read ends nothing.
std::vector<std::string> listImagesBelow(const std::string& folder, const std::string& except, LeftOut& leftOut);

//! Why a file cannot be read, in the system's words; empty if it can be.
std::string systemsReason(const std::string& file);

//! cv::imread that throws, with the file's name and the reason, when there is no picture to return.
cv::Mat readPicture(const std::string& file, int flags);

//! A line that names the TIFF files with several pages, of which only the first is read; none where there are no such
//! files.
std::vector<std::string> notesOfPages(const std::vector<std::string>& files);

//! Makes the folder that a file is going to lie in.
void makeParentFolder(const std::string& file);

//! The first bytes of a file, or fewer where it has no more or cannot be read.
std::string firstBytes(const std::string& file, size_t count);

//! All of a file. Throws when it cannot be read.
std::string readFile(const std::string& file);

//! Tells a model file from others in tables and lines: the first 16 digits of what sha256sum prints of it.
std::string hashOf(const std::string& modelFile);

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

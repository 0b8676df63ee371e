// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_FILES_HPP
#define ANOMALY_SAMPLES_FILES_HPP

#include "paths.hpp"

#include "opencv2/core.hpp"

#include <stdexcept>
#include <string>
#include <vector>

//! Whether a name ends as that of an image that OpenCV reads.
bool isImageFile(const std::string& path);
//! Whether a name ends as that of an image or a video of any format, also of one that OpenCV may not read.
bool isPictureOrVideo(const std::string& path);
//! Whether a name ends as that of a model or of a network. Models may also end in .json, as other files do.
bool isModelOrNetwork(const std::string& path);

//! "1 image" or "2 images", for messages.
std::string counted(size_t count, const std::string& one, const std::string& many);

//! Up to a few names in quotes, such as "'a', 'b', 'c' and 12 more", for messages.
std::string quoted(const std::vector<std::string>& names);

//! Names in a folder, sorted. Symbolic links are followed, and hidden files left out.
std::vector<std::string> listFolder(const std::string& folder);

//! Files and folders that a listing leaves out.
struct LeftOut
{
    std::vector<std::string> noImages;   // files that are no images by their names
    std::vector<std::string> deeper;     // images in deeper folders
    std::vector<std::string> unreadable; // folders, each with the reason
    std::vector<std::string> special;    // pipes, sockets and devices, which a program could wait for without end

    void add(const LeftOut& other);
    //! One line for each kind of which there are any.
    std::vector<std::string> notes() const;
};

//! Images directly in a folder, with the folder's path in front of their names. Only regular files are listed, links to
//! them, and links that lead nowhere, which are reported when they are read.
std::vector<std::string> listImages(const std::string& folder);
std::vector<std::string> listImages(const std::string& folder, LeftOut& leftOut);

//! Images in a folder and all folders inside it, by their paths within the folder. `except` is a folder to leave out.
//! Folders that cannot be read are left out, too.
std::vector<std::string> listImagesBelow(const std::string& folder, const std::string& except, LeftOut& leftOut);

//! The reason why a file cannot be read, as the system gives it; empty if it can be read.
std::string systemsReason(const std::string& file);

//! Calls cv::imread, and throws with the file's name and the reason if there is no image to return.
cv::Mat readPicture(const std::string& file, int flags);

//! A line that names TIFF files with several pages, of which only the first page is read. Empty if there are none.
std::vector<std::string> notesOfPages(const std::vector<std::string>& files);

//! Makes the folder of a file that will be written.
void makeParentFolder(const std::string& file);

//! The first bytes of a file. There are fewer if the file is shorter, and none if it cannot be read.
std::string firstBytes(const std::string& file, size_t count);

//! All bytes of a file. Throws if it cannot be read.
std::string readFile(const std::string& file);

//! A short identification of a model file for tables and output: the first 16 digits of its SHA-256.
std::string hashOf(const std::string& modelFile);

//! Makes the error that a file cannot be written, with the system's reason if errno has one.
std::runtime_error notWritable(const std::string& file);

//! Writes a file. Throws unless all of it is written.
void writeFile(const std::string& file, const std::string& text);

//! Shortens a file to this many bytes, or throws.
void cutFile(const std::string& file, size_t bytes);

//! A JSON object without nested objects.
class FlatJson
{
public:
    FlatJson() : storage("", cv::FileStorage::WRITE | cv::FileStorage::MEMORY | cv::FileStorage::FORMAT_JSON) {}

    void put(const std::string& key, const std::string& text) { storage << key << text; }
    void put(const std::string& key, const char* text) { storage << key << text; }
    void put(const std::string& key, int number) { storage << key << number; }
    //! NaN and infinity, which JSON does not have, are left out.
    void put(const std::string& key, double number);
    void put(const std::string& key, const std::vector<double>& numbers) { storage << key << numbers; }
    void write(const std::string& file) { writeFile(file, storage.releaseAndGetString()); }

private:
    cv::FileStorage storage;
};

#endif

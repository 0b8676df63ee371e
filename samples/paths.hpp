// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_PATHS_HPP
#define ANOMALY_SAMPLES_PATHS_HPP

#include <string>

// Parts of a path.
std::string fileName(const std::string& path);         // "a/b.png" -> "b.png"
std::string folderOf(const std::string& path);         // "a/b.png" -> "a", "b.png" -> "."
std::string withoutExtension(const std::string& path); // "a/b.png" -> "a/b"
std::string extension(const std::string& path);        // "a/b.PNG" -> "png"

//! Whether a path starts at a root or, in Windows, with a drive.
bool isAbsolute(const std::string& path);

//! A path with slashes instead of backslashes.
std::string withSlashes(std::string path);

//! Letters beyond ASCII stay as they are.
std::string lowerCase(std::string text);

//! "a" and "b.png" -> "a/b.png". Windows takes slashes too, so that tables and reports are the same on all systems.
std::string joined(const std::string& folder, const std::string& name);

//! The same text for all names of one file or folder, without links, and with slashes. A name that stands for nothing
//! stays as it is.
std::string realPath(const std::string& path);
//! The same for a folder that may not exist yet.
std::string realPathToBe(const std::string& folder);

//! Whether a name is that of a pipe, a socket or a device, or of a link to one. Opening a pipe that nobody writes to
//! would never end.
bool isSpecialFile(const std::string& path);

//! Makes a folder and all folders that it lies in. Returns whether it is there.
bool makeFolder(const std::string& folder);

#endif

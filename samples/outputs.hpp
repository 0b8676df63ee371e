// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_OUTPUTS_HPP
#define ANOMALY_SAMPLES_OUTPUTS_HPP

#include "opencv2/anomaly/detector.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

/** Checks the files that a program will write against those that it reads, before it writes anything.

Files are identified by what they are, not by their names: it does not matter if one is reached through a link, "./", or
another path to the same folder.
*/
class Outputs
{
public:
    //! Adds a file that the program reads. An empty name is ignored.
    void reads(const std::string& file);
    void reads(const std::vector<std::string>& files);
    //! Adds a model file, and its backbone if that is another file.
    void readsModel(const std::string& model, const std::string& backbone,
                    const cv::anomaly::AnomalyDetector& detector);

    //! Adds a file that the program writes because of `option`. An empty name is ignored. Throws UsageError if the file
    //! would replace one that is read, or another output.
    void writes(const std::string& option, const std::string& file);

    //! The same for a file of text, such as "csv", whose name must not be that of a photograph: what it holds would be
    //! lost, and a table by that name would be taken for an image. A "-" is refused, too, since files of this name are
    //! nearly always meant to be standard output.
    void writesText(const std::string& option, const std::string& file);

    bool isRead(const std::string& file) const;

private:
    std::set<std::string> inputs;
    std::map<std::string, std::string> outputs; // for each file, the option that asks for it
};

//! Throws if no file can be written under this name, so that this is found out before a long run. It changes no file.
void checkWritable(const std::string& file);

//! The same for a folder. It is made if it does not exist.
void checkWritableFolder(const std::string& folder);

//! Loads a model, or throws. Unlike cv::anomaly::loadDetector it says so where the name is that of a folder.
cv::Ptr<cv::anomaly::AnomalyDetector> readModel(const std::string& file, const std::string& backbone);

//! Throws if no model can be saved under this name; UsageError if the name itself is wrong.
void checkModelName(const std::string& option, const std::string& file);

/** Saves a model. If that fails, saves it under another name, in the same folder or in another one, and throws an error
that tells this name, so that no training is lost. */
void saveModel(const cv::anomaly::AnomalyDetector& detector, const std::string& file);

//! Writes a picture as name.jpg, or as name.png if it is too large for JPEG. Throws unless all of it is written.
void writePicture(const std::string& name, const cv::Mat& picture, const Outputs& outputs);

//! Writes a map of numbers as TIFF. Throws unless all of it is written.
void writeMap(const std::string& file, const cv::Mat& map);

#endif

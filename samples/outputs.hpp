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

/** What a program is to write, held against what it reads, before anything is written.

Files are compared as files, not by their names: a link, "./" or another way to the same folder make no difference.
*/
class Outputs
{
public:
    //! A file that the program reads; an empty name is none.
    void reads(const std::string& file);
    void reads(const std::vector<std::string>& files);
    //! A model file, and its network where that lies in a file of its own.
    void readsModel(const std::string& model, const std::string& backbone,
                    const cv::anomaly::AnomalyDetector& detector);

    //! A file that the program is asked to write by `option`; an empty name is none. Throws UsageError where it would
    //! replace one that is read, or another output.
    void writes(const std::string& option, const std::string& file);

    bool isRead(const std::string& file) const;

private:
    std::set<std::string> inputs;
    std::map<std::string, std::string> outputs; // with the option of each
};

//! Throws when no file can be written under this name, so that a long run does not end with that. All files stay as
//! they are.
void checkWritable(const std::string& file);

//! The same for a folder, which is made when it is not there.
void checkWritableFolder(const std::string& folder);

//! Throws when no model can be saved under this name: UsageError where the name itself is wrong.
void checkModelName(const std::string& option, const std::string& file);

/** Saves a model. When that fails, it is saved under another name, in the same folder or another one, and what is
thrown says which: no training is lost. */
void saveModel(const cv::anomaly::AnomalyDetector& detector, const std::string& file);

//! Writes a picture as name.jpg, or as name.png where it is too long for a JPEG. Throws when it is not written whole.
void writePicture(const std::string& name, const cv::Mat& picture, const Outputs& outputs);

//! Writes a map of numbers as TIFF. Throws when it is not written whole.
void writeMap(const std::string& file, const cv::Mat& map);

#endif

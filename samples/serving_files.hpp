// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_SERVING_FILES_HPP
#define ANOMALY_SAMPLES_SERVING_FILES_HPP

#include "opencv2/core.hpp"

#include <string>

//! An exported model as servers need to know it.
struct ServedModel
{
    std::string name;
    cv::Size image, map;
    bool channelsFirst; // images x 3 x rows x columns, else images x rows x columns x 3
    int mostImages;     // largest number of images in a batch; 0: batches always have one image
};

//! Throws UsageError unless all servers accept the name: lower-case letters, digits and '-', as Kubernetes requires.
void checkServedName(const std::string& option, const std::string& name);

//! Makes a name that all servers accept from the name of a file.
std::string servedName(const std::string& modelFile);

//! The file config.pbtxt of Triton.

//! Triton's config.pbtxt.
std::string tritonConfig(const ServedModel& model);

//! The file config.json of OpenVINO Model Server. It belongs in the folder above the model's own folder.
std::string ovmsConfig(const ServedModel& model);

//! The InferenceService of KServe for a Triton model repository at the URI `storage`.
std::string kserveService(const ServedModel& model, const std::string& storage);

#endif

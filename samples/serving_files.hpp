// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_SERVING_FILES_HPP
#define ANOMALY_SAMPLES_SERVING_FILES_HPP

#include "opencv2/core.hpp"

#include <string>

//! An exported model as a server is told of it.
struct ServedModel
{
    std::string name;
    cv::Size image, map;
    bool channelsFirst; // images x 3 x rows x columns, else images x rows x columns x 3
    int mostImages;     // of a batch; 0: batches are always of one image
};

//! Throws UsageError unless all servers take the name: lower-case letters, digits and '-', as Kubernetes asks for.
void checkServedName(const std::string& option, const std::string& name);

//! A name that all servers take, made of a file's.
std::string servedName(const std::string& modelFile);

//! Triton's config.pbtxt.
std::string tritonConfig(const ServedModel& model);

//! The config.json of OpenVINO Model Server, which lies in the folder that the model's own folder lies in.
std::string ovmsConfig(const ServedModel& model);

//! KServe's InferenceService, for a model repository of Triton that lies at `storage`.
std::string kserveService(const ServedModel& model, const std::string& storage);

#endif

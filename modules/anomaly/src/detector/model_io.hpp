// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_IO_HPP
#define OPENCV_ANOMALY_MODEL_IO_HPP

#include "../backbone/backbone.hpp"
#include "calibration.hpp"
#include "method.hpp"
#include "model_history.hpp"
#include "model_text.hpp"

#include <functional>

namespace cv { namespace anomaly {

//! What was learned of the images as one input mode shows them.
struct InputModel
{
    int inputMode; // INPUT_RESIZED or INPUT_CROPPED
    std::shared_ptr<const LearnedModel> learned;
};

//! All that a model file says.
struct DetectorModel
{
    std::shared_ptr<const Method> method; // with its settings
    BackboneSource backbone;
    std::vector<InputModel> models; // two for INPUT_ENSEMBLE: resized, cropped
    Calibration calibration;
    ModelHistory history;
};

//! In how many turns its images are learned.
int rotationsOf(const DetectorModel& model);

//! Where a backbone that is not embedded in the library is looked for.
struct BackbonePlaces
{
    const std::vector<uchar>* bytes; // after the model file, if not null
    String file;                     // before the model file, if not empty
    String folder;                   // at last here, under the backbone's own name
};

//! Writes into the map that is open in `file`.
void writeModel(FileStorage& file, const DetectorModel& model);

//! Writes a whole file: writeModel's map under the name that modelNode looks for.
void writeWholeModel(FileStorage& file, const DetectorModel& model);

//! A model file that was read; its nodes must not outlive it.
class ModelFile
{
public:
    //! read: gives the text; name: stands for it in messages. Throws when cv::FileStorage cannot parse it.
    ModelFile(const String& name, const std::function<ModelText()>& read);

    //! The map that holds a model, whose `method` tells the class; throws when this is no model file.
    ModelNode model() const;
    //! A map of the file, empty when it has none of this name.
    ModelNode map(const char* name) const;

private:
    String name;
    FileStorage storage;
    std::shared_ptr<const std::vector<Mat>> binary; // nodes point to it
};

ModelFile readModelFile(const String& filename);

//! name: stands for the text in messages.
ModelFile readModelFromMemory(std::string text, const String& name);

/** @brief Writes a file by cv::FileStorage, with matrices as base64; packed in parts where its name ends in .gz.

Throws when it cannot be opened. Whether all of it was written is up to the caller: cv::FileStorage does not report a
full disk. */
void writeModelFile(const String& filename, const std::function<void(FileStorage&)>& write);

//! Reads what writeModel wrote; throws, naming the field, when something is missing, of a newer version or not as it
//! should be.
DetectorModel readModel(const ModelNode& node, const BackbonePlaces& places);

//! Throws when a file that was written does not hold this model, as happens on a full disk: cv::FileStorage does not
//! report it.
void checkWritten(const String& filename, const DetectorModel& model);

//! Throws when the name does not say which format a file is to be written in.
void checkModelFileName(const String& filename);

}} // namespace cv::anomaly

#endif

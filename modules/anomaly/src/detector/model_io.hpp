// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_IO_HPP
#define OPENCV_ANOMALY_MODEL_IO_HPP

#include "../backbone/backbone.hpp"
#include "calibration.hpp"
#include "../patches/descriptor.hpp"
#include "../cfa/memory_bank.hpp"

#include "opencv2/anomaly/cfa.hpp"

namespace cv { namespace anomaly {

//! What one input mode's fit gives, in the original basis.
struct TrainedModel
{
    TrainedModel() : inputMode(CFA::INPUT_RESIZED), radius(0) {}

    int inputMode; // INPUT_RESIZED or INPUT_CROPPED
    Descriptor descriptor;
    Mat bank;
    double radius;
};

//! All that a model file says.
struct CfaModel
{
    CFA::Params params;
    BackboneSource backbone;
    std::vector<TrainedModel> models; // two for INPUT_ENSEMBLE: resized, cropped
    Calibration calibration;
};

//! Where a backbone that is not embedded in the library is looked for.
struct BackbonePlaces
{
    const std::vector<uchar>* bytes; // after the model file, if not null
    String file;                     // before the model file, if not empty
    String folder;                   // at last here, under the backbone's own name
};

//! Writes every parameter of visitParams by its name.
void writeParams(FileStorage& file, const CFA::Params& params);

//! Writes into the map that is open in `file`.
void writeModel(FileStorage& file, const CfaModel& model);

//! Reads what writeModel wrote; throws, naming the field, when something is missing, of a newer version or not as it
//! should be.
CfaModel readModel(const FileNode& node, const BackbonePlaces& places);

//! Throws when a file that was written does not hold this model, as happens on a full disk: cv::FileStorage does not
//! report it.
void checkWritten(const String& filename, const CfaModel& model);

//! The map that holds a model in a file, whose `method` tells the class; throws when this is no model file.
FileNode modelNode(const FileStorage& file, const String& filename);

//! Throws when the name does not say which format a file is to be written in.
void checkModelFileName(const String& filename);

//! Opens for reading or writing; throws when that fails, also where cv::FileStorage's parser does.
FileStorage openModelFile(const String& filename, int mode);

//! Opens what is in memory for reading; `name` stands for it in messages.
FileStorage openModelText(const std::string& text, const String& name);

String folderOf(const String& filename);

}} // namespace cv::anomaly

#endif

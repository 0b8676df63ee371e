// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_METHOD_HPP
#define ANOMALY_SAMPLES_METHOD_HPP

#include "command_line.hpp"
#include "files.hpp"

#include "opencv2/anomaly/detector.hpp"

#include <map>
#include <string>
#include <vector>

//! Figures that fit reported while it ran.
struct FitHistory
{
    std::map<std::string, std::vector<double>> figures; // for each name of FitProgress::figures, one value per epoch
    //! All values of a figure; empty if the method did not report it.
    std::vector<double> all(const std::string& figure) const;
    //! The last value of a figure, or 0.
    double last(const std::string& figure) const;
};

/** A method in anomaly_train and anomaly_benchmark: its options, and the results that only its detectors have.

Settings that all methods share are not handled here: the programs have options for them and pass them to create. To add
a method, write a file with a subclass and add it to methods.cpp.
*/
class Method
{
public:
    virtual ~Method() {}

    //! Name of the method in --method, in lower case.
    virtual std::string name() const = 0;
    //! What the method does and which images it is for: one sentence of the help.
    virtual std::string about() const = 0;

    //! Adds options that determine the size and speed of a model. anomaly_benchmark has them, too.
    virtual void addSizeOptions(CommandLine& line) = 0;
    //! Further options of anomaly_train.
    virtual void addLearningOptions(CommandLine& line);
    //! Adds options of anomaly_train that most users do not need.
    virtual void addExperiments(CommandLine& line);

    //! Makes a detector with the method's settings from the options, and with the shared settings.
    virtual cv::Ptr<cv::anomaly::AnomalyDetector> create(const cv::anomaly::DetectorParams& shared) const = 0;
    //! File with which an interrupted fit can go on; empty if there is none.
    virtual std::string checkpoint() const { return std::string(); }

    //! Text next to the progress bar.
    virtual std::string note(const cv::anomaly::FitProgress& progress) const;
    //! Writes the method's settings.
    //! Its own settings.
    virtual void putSettings(FlatJson& json) const = 0;
    //! Writes what the detector learned, and figures of the training.
    virtual void putResults(FlatJson& json, const cv::anomaly::AnomalyDetector& detector,
                            const FitHistory& history) const;
    //! The same as text, to be printed after the number of images; empty, or ending in ", ".
    virtual std::string summary(const cv::anomaly::AnomalyDetector& detector, const FitHistory& history) const;

    //! Number of random images from which a model becomes as large, and predicts as slowly, as from real images.
    virtual int imagesToFill(const cv::anomaly::DetectorParams& shared) const = 0;
    //! Makes a detector for such a model. It may skip training that does not change how long a prediction takes.
    virtual cv::Ptr<cv::anomaly::AnomalyDetector> createToPredict(const cv::anomaly::DetectorParams& shared) const;
    //! Number of images in a training step; 0 if the method has no steps because it sees each image once.
    virtual int batchSize() const { return 0; }
    virtual void setEpochs(int) {}
};

//! All methods, the default first.
std::vector<cv::Ptr<Method>> makeMethods();

//! Names of methods, in the same order.
std::vector<std::string> namesOf(const std::vector<cv::Ptr<Method>>& methods);

//! The method of a detector, by its name in --method.
std::string methodOf(const cv::anomaly::AnomalyDetector& detector);

//! Number of patches of an image, for methods that compare patches on a grid.
int patchesOf(const cv::anomaly::DetectorParams& shared, int patchStride);

//! Pixels from one patch of CFA to the next: the stride of c2, the finest output of the embedded network and most
//! others.
const int cfaPatchStride = 4;

//! Adds --patch_stride, which all methods with a grid of patches have.
void addPatchStride(CommandLine& line, int& patchStride);

//! Adds options for how an image's score is taken from its map. Each method adds them itself, because defaults differ.
void addImageScore(CommandLine& line, cv::anomaly::DetectorParams& params);
void putImageScore(FlatJson& json, const cv::anomaly::DetectorParams& params);

//! A method's settings in which the shared settings replace the defaults, except those of the image's score.
template <typename Params> Params withShared(Params own, const cv::anomaly::DetectorParams& shared)
{
    const cv::anomaly::DetectorParams before = own;
    static_cast<cv::anomaly::DetectorParams&>(own) = shared;
    own.imageScore = before.imageScore;
    own.topShare = before.topShare;
    return own;
}

#endif

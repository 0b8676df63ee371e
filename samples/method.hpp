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

//! What fit told while it ran.
struct FitHistory
{
    std::map<std::string, std::vector<double>> figures; // by the names of FitProgress::figures, a value for each epoch
    //! All values of a figure; none if the method did not tell it.
    std::vector<double> all(const std::string& figure) const;
    //! The value at the end of fit, or 0.
    double last(const std::string& figure) const;
};

/** One method as anomaly_train and anomaly_benchmark see it: its options, and what only its detectors can tell.

The settings that all methods share are not its business: the programs have the options for them and pass them to
create.
A new method is a file with a class on this one, and its place in methods.cpp.
*/
class Method
{
public:
    virtual ~Method() {}

    //! As --method has it, in lower case.
    virtual std::string name() const = 0;
    //! What it does and which images it is for, in one sentence of the help.
    virtual std::string about() const = 0;

    //! Options that decide how large a model is and how long it predicts. anomaly_benchmark has them too.
    virtual void addSizeOptions(CommandLine& line) = 0;
    //! Further options of anomaly_train.
    virtual void addLearningOptions(CommandLine& line);
    //! Options of anomaly_train that most users leave alone.
    virtual void addExperiments(CommandLine& line);

    //! Makes a detector with its own settings, as the options have set them, and those that all methods share.
    virtual cv::Ptr<cv::anomaly::AnomalyDetector> create(const cv::anomaly::DetectorParams& shared) const = 0;
    //! File that lets an interrupted fit go on; empty: there is none.
    virtual std::string checkpoint() const { return std::string(); }

    //! Words beside the progress bar.
    virtual std::string note(const cv::anomaly::FitProgress& progress) const;
    //! Its own settings.
    virtual void putSettings(FlatJson& json) const = 0;
    //! What the detector learned, and how that went.
    virtual void putResults(FlatJson& json, const cv::anomaly::AnomalyDetector& detector,
                            const FitHistory& history) const;
    //! The same in words, to stand after the number of images; empty or ending in ", ".
    virtual std::string summary(const cv::anomaly::AnomalyDetector& detector, const FitHistory& history) const;

    //! Random images that a model needs until it is as large, and predicts as slowly, as one of real images.
    virtual int imagesToFill(const cv::anomaly::DetectorParams& shared) const = 0;
    //! A detector for such a model, which may leave out training that does not change how long it predicts.
    virtual cv::Ptr<cv::anomaly::AnomalyDetector> createToPredict(const cv::anomaly::DetectorParams& shared) const;
    //! Images of a step of training; 0: the method takes no steps, because it looks at each image once.
    virtual int batchSize() const { return 0; }
    virtual void setEpochs(int) {}
};

//! All methods, the default first.
std::vector<cv::Ptr<Method>> makeMethods();

//! The names of methods, in their order.
std::vector<std::string> namesOf(const std::vector<cv::Ptr<Method>>& methods);

//! A detector's method as --method has it.
std::string methodOf(const cv::anomaly::AnomalyDetector& detector);

//! Patches of an image where a method compares patches on a grid.
int patchesOf(const cv::anomaly::DetectorParams& shared, int patchStride);

//! Pixels from one patch of CFA to the next: those of c2, the finest output of the embedded network and of most others.
const int cfaPatchStride = 4;

//! --patch_stride, which methods with a grid of patches have in common.
void addPatchStride(CommandLine& line, int& patchStride);

//! Options for how an image's score is taken of its map. Methods have them one by one, since their defaults differ.
void addImageScore(CommandLine& line, cv::anomaly::DetectorParams& params);
void putImageScore(FlatJson& json, const cv::anomaly::DetectorParams& params);

//! A method's settings with those that all methods share in place of their defaults, but for the image's score.
template <typename Params> Params withShared(Params own, const cv::anomaly::DetectorParams& shared)
{
    const cv::anomaly::DetectorParams before = own;
    static_cast<cv::anomaly::DetectorParams&>(own) = shared;
    own.imageScore = before.imageScore;
    own.topShare = before.topShare;
    return own;
}

#endif

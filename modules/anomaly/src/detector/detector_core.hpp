// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DETECTOR_CORE_HPP
#define OPENCV_ANOMALY_DETECTOR_CORE_HPP

#include "../input/image_source.hpp"
#include "fitted_model.hpp"
#include "onnx_export.hpp"
#include "thresholds.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace cv { namespace anomaly {

/** @brief What detectors of all methods have in common: all of AnomalyDetector, whose words hold for the functions of
the same names.

The fitted model is a snapshot that const functions take once and use to their end, while others put another in its
place.
Only the thread that changes the object writes members; it alone reads the method and the backbone without the mutex.
*/
class DetectorCore
{
public:
    //! Ready to fit; throws, naming it, for a setting out of range or a backbone that cannot be read.
    explicit DetectorCore(std::unique_ptr<const Method> method);
    //! With what a file says.
    explicit DetectorCore(const DetectorModel& model);

    void fit(const ImageSource& images);
    void update(const ImageSource& images);
    void setFitCallback(const FitCallback& function) { callback = function; }

    double predict(const Mat& image, OutputArray map, const Mat& mask) const;
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                      const std::function<bool()>& goesOn) const;
    double profile(const Mat& image, std::vector<String>& stages, std::vector<double>& milliseconds) const;
    //! See FittedModel::valueMaps; each is sized as predict's maps.
    void valueMaps(const Mat& image, int count, const FittedModel::PatchValues& valuesOf,
                   OutputArrayOfArrays maps) const;

    void calibrate(InputArrayOfArrays images, const Mat& labels, InputArrayOfArrays masks);
    void setImageThreshold(double value);
    void setPixelThreshold(double value);
    void toPicture(const Mat& image, OutputArray picture) const;

    //! The fitted model; throws where there is none.
    std::shared_ptr<const FittedModel> fittedModel() const;
    bool empty() const { return !std::atomic_load(&fitted); }
    void clear() { std::atomic_store(&fitted, std::shared_ptr<const FittedModel>()); }

    //! With the settings in use.
    std::shared_ptr<const Method> method() const;
    void setMapSize(int size);

    int engine() const { return usedEngine; }
    void setEngine(int wanted) { moveTo(resolveDevice(wanted, usedTarget)); }
    int target() const { return usedTarget; }
    void setTarget(int wanted) { moveTo(resolveDevice(usedEngine, wanted)); }
    int backend() const { return backendOf(usedTarget); }
    void setBackend(int wanted) { moveTo(resolveDevice(usedEngine, targetOf(wanted, usedTarget))); }

    void write(FileStorage& file) const { writeModel(file, fittedModel()->model); }
    void read(const FileNode& node);
    void save(const String& filename) const;
    void saveToMemory(std::vector<uchar>& model) const;
    int exportOnnx(const String& filename, const OnnxExportSettings& settings) const;
    //! The callback of fit stays with this one.
    std::shared_ptr<DetectorCore> clone() const;

private:
    DetectorCore();
    Device device() const { return Device{usedEngine, usedTarget}; }
    void moveTo(const Device& next);
    void useModel(const DetectorModel& model);
    void setThreshold(double Calibration::*which, bool ModelHistory::*follows, double value);
    void setMethod(std::shared_ptr<const Method> changed);
    void changeModel(const std::function<void(DetectorModel&)>& change);
    const DetectorParams& params() const { return usedMethod->sharedParams(); }

    std::shared_ptr<const Method> methodToFit(const ImageSource& images, const std::vector<int>& learned) const;
    Size chooseInputShape(const ImageSource& images, const std::vector<int>& learned) const;
    //! `pieces` gets the numbers that the training data has for the pieces of each chosen image.
    InputModel learn(Learner& learner, const DetectorParams& settings, const ImageSource& images,
                     std::vector<int>& chosen, int inputMode, int index, PiecesOfImages& pieces,
                     FitReporter& reporter) const;
    void calibrateWithGood(const FittedModel& model, const ImageSource& images);
    //! As learn, for one of the models of an update.
    void addImages(InputModel& model, const DetectorParams& settings, const Method& method, const ImageSource& images,
                   std::vector<int>& chosen, int index, PiecesOfImages& pieces, FitReporter& reporter) const;
    double score(const FittedModel& model, const Mat& image, OutputArray map, const Mat& mask, StageClock* clock,
                 BatchWish* wish = NULL) const;
    void scoreBatchOnGpu(const FittedModel& model, const std::vector<Mat>& images, std::vector<double>& scores,
                         std::vector<Mat>* maps, BatchWish& wish) const;

    std::shared_ptr<const Method> usedMethod;
    mutable std::mutex mutex;
    std::atomic<int> usedEngine, usedTarget;
    FitCallback callback;
    BackboneSource backboneSource;
    std::shared_ptr<const Backbone> backbone;
    std::shared_ptr<const FittedModel> fitted;
    mutable WorkspacePool<Mat> scoreMaps;
};

}} // namespace cv::anomaly

#endif

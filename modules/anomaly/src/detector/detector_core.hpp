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

/** @brief The implementation of AnomalyDetector that all methods share. Functions with the same name as in
AnomalyDetector do what that class documents.

The fitted model is an immutable snapshot. A const function takes a reference to it once and uses it until it returns,
while fit, update or a setter may replace it by another one. Only the thread that changes the object writes members, so
that this thread reads the method and the backbone without locking the mutex.
*/
class DetectorCore
{
public:
    //! Makes a detector that is ready to fit. Throws if a setting is out of range or the backbone cannot be read, and
    //! names it.
    explicit DetectorCore(std::unique_ptr<const Method> method);
    //! Makes a fitted detector from what a model file says.
    explicit DetectorCore(const DetectorModel& model);

    void fit(const ImageSource& images);
    void update(const ImageSource& images);
    void setFitCallback(const FitCallback& function) { callback = function; }

    double predict(const Mat& image, OutputArray map, const Mat& mask) const;
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                      const std::function<bool()>& goesOn) const;
    double profile(const Mat& image, std::vector<String>& stages, std::vector<double>& milliseconds) const;
    //! Computes FittedModel::valueMaps, each resized as predict resizes its map.
    static void valueMaps(const FittedModel& model, const Mat& image, int count,
                          const FittedModel::PatchValues& valuesOf, OutputArrayOfArrays maps);

    void calibrate(InputArrayOfArrays images, const Mat& labels, InputArrayOfArrays masks);
    void calibrate(const ImageSource& goodImages);
    void setImageThreshold(double value);
    void setPixelThreshold(double value);
    void toPicture(const Mat& image, OutputArray picture) const;

    //! Returns the fitted model; throws if there is none.
    std::shared_ptr<const FittedModel> fittedModel() const;
    bool empty() const { return !std::atomic_load(&fitted); }
    void clear() { std::atomic_store(&fitted, std::shared_ptr<const FittedModel>()); }

    //! Returns the method together with the settings in use.
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
    //! Makes a copy that shares the fitted model. The callback of setFitCallback is not copied.
    std::shared_ptr<DetectorCore> clone() const;

private:
    DetectorCore();
    Device device() const { return Device{usedEngine, usedTarget}; }
    void moveTo(const Device& newDevice);
    void useModel(const DetectorModel& model);
    void publish(const std::shared_ptr<const FittedModel>& model);
    void setThreshold(double Calibration::*which, bool ModelHistory::*follows, double value);
    void setMethod(std::shared_ptr<const Method> changed);
    void checkPrecision(const Device& device) const;
    BackboneSource sourceToFit(const Method& method, const ImageSource& images, const std::vector<int>& learned) const;
    void changeModel(const std::function<void(DetectorModel&)>& change);
    const DetectorParams& params() const { return usedMethod->sharedParams(); }

    std::shared_ptr<const Method> methodToFit(const ImageSource& images, const std::vector<int>& learned) const;
    Size chooseInputShape(const ImageSource& images, const std::vector<int>& learned) const;
    int chooseRotations(const ImageSource& images, const std::vector<int>& learned, const Method& method,
                        const Backbone& network) const;
    //! Learns the model of one input mode. `pieces` receives, for each chosen image, the indices that its pieces have
    //! in the training data; images that cannot be read are removed from `chosen`. `index` is that of the model in an
    //! ensemble.
    InputModel learn(Learner& learner, const Backbone& network, const DetectorParams& settings,
                     const ImageSource& images, std::vector<int>& chosen, int inputMode, int index,
                     PiecesOfImages& pieces, FitReporter& reporter) const;
    void calibrateWithGood(const FittedModel& model, const ImageSource& images, const FitReporter& reporter);
    //! Adds images to one of the models; the parameters are those of learn.
    void addImages(InputModel& model, const DetectorParams& settings, const Method& method, const ImageSource& images,
                   std::vector<int>& chosen, int index, PiecesOfImages& pieces, FitReporter& reporter) const;
    //! Scores one image that was not checked yet. clock and cancellation may be null.
    double score(const FittedModel& model, const Mat& image, OutputArray map, const Mat& mask, StageClock* clock,
                 BatchCancellation* cancellation = NULL) const;
    //! Scores images that were checked, gpuBatch of them at a time. maps may be null.
    void scoreBatchOnGpu(const FittedModel& model, const std::vector<Mat>& images, std::vector<double>& scores,
                         std::vector<Mat>* maps, BatchCancellation& cancellation) const;

    std::shared_ptr<const Method> usedMethod;
    mutable std::mutex mutex; // for usedMethod, backboneSource and backbone
    std::atomic<int> usedEngine, usedTarget;
    FitCallback callback;
    BackboneSource backboneSource;
    std::shared_ptr<const Backbone> backbone;
    std::shared_ptr<const FittedModel> fitted; // null before fit; accessed by std::atomic_load and atomic_store
    mutable WorkspacePool<Mat> scoreMaps;      // maps at the input's resolution, one for each running call
};

}} // namespace cv::anomaly

#endif

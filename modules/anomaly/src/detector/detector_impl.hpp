// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DETECTOR_IMPL_HPP
#define OPENCV_ANOMALY_DETECTOR_IMPL_HPP

#include "../base/as_column.hpp"
#include "../base/out_of_memory.hpp"
#include "detector_core.hpp"

namespace cv { namespace anomaly {

/** @brief Base of the methods' classes: each function of AnomalyDetector is passed to the core.
@tparam Interface the method's public class. A subclass adds the functions that only this method has
*/
template <typename Interface> class DetectorImpl : public Interface
{
public:
    explicit DetectorImpl(const std::shared_ptr<DetectorCore>& c) : core(c) {}

    String getMethod() const CV_OVERRIDE { return core->method()->name(); }
    DetectorParams getDetectorParams() const CV_OVERRIDE { return core->method()->sharedParams(); }

    void fit(InputArrayOfArrays images, InputArrayOfArrays masks) CV_OVERRIDE
    {
        // Inside of the call, because copying the headers of the arrays allocates memory, too.
        reportingOutOfMemory([&]() { core->fit(*imagesFromArrays(images, masks, significantBits())); });
    }
    void fit(const std::vector<String>& files, InputArray mask) CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->fit(*imagesFromFiles(files, mask.getMat(), significantBits())); });
    }
    void update(InputArrayOfArrays images, InputArrayOfArrays masks) CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->update(*imagesFromArrays(images, masks, significantBits())); });
    }
    void update(const std::vector<String>& files, InputArray mask) CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->update(*imagesFromFiles(files, mask.getMat(), significantBits())); });
    }
    int getLearnedImages() const CV_OVERRIDE { return core->fittedModel()->model.history.images; }
    int getUpdates() const CV_OVERRIDE { return core->fittedModel()->model.history.updates; }
    int getRotations() const CV_OVERRIDE { return rotationsOf(core->fittedModel()->model); }
    void getGoodImages(OutputArray figures, OutputArray scores) const CV_OVERRIDE
    {
        const std::shared_ptr<const FittedModel> model = core->fittedModel();
        const GoodImages& good = model->model.history.good;
        good.statistics.copyTo(figures);
        asColumn(good.scores.freshScores()).copyTo(scores);
    }
    void setFitCallback(const FitCallback& callback) CV_OVERRIDE { core->setFitCallback(callback); }

    double predict(InputArray image, OutputArray map, InputArray mask) const CV_OVERRIDE
    {
        return core->predict(image.getMat(), map, mask.getMat());
    }
    double predict(const String& file, OutputArray map, InputArray mask) const CV_OVERRIDE
    {
        return predict(reportingOutOfMemory([&]() { return readImage(file); }), map, mask);
    }
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores,
                      OutputArrayOfArrays maps) const CV_OVERRIDE
    {
        predictBatch(images, scores, maps, std::function<bool()>());
    }
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                      const std::function<bool()>& goesOn) const CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->predictBatch(images, scores, maps, goesOn); });
    }
    double profile(InputArray image, std::vector<String>& stages, std::vector<double>& milliseconds) const CV_OVERRIDE
    {
        return core->profile(image.getMat(), stages, milliseconds);
    }

    void calibrate(InputArrayOfArrays images, InputArray labels, InputArrayOfArrays masks) CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->calibrate(images, labels.getMat(), masks); });
    }
    void calibrate(const std::vector<String>& files, InputArray mask) CV_OVERRIDE
    {
        reportingOutOfMemory([&]() { core->calibrate(*imagesFromFiles(files, mask.getMat(), significantBits())); });
    }
    double getImageThreshold() const CV_OVERRIDE { return core->fittedModel()->model.calibration.imageThreshold; }
    double getPixelThreshold() const CV_OVERRIDE { return core->fittedModel()->model.calibration.pixelThreshold; }
    double getDefectArea(Size imageSize) const CV_OVERRIDE { return core->fittedModel()->defectArea(imageSize); }
    void setImageThreshold(double threshold) CV_OVERRIDE { core->setImageThreshold(threshold); }
    void setPixelThreshold(double threshold) CV_OVERRIDE { core->setPixelThreshold(threshold); }
    void getMapRange(double& lowest, double& highest) const CV_OVERRIDE
    {
        const std::shared_ptr<const FittedModel> model = core->fittedModel();
        lowest = model->model.calibration.lowest;
        highest = model->model.calibration.highest;
    }
    double normalizedScore(double score) const CV_OVERRIDE
    {
        return anomaly::normalizedScore(core->fittedModel()->model.calibration, score);
    }
    void toPicture(InputArray image, OutputArray picture) const CV_OVERRIDE
    {
        core->toPicture(image.getMat(), picture);
    }

    int getMapSize() const CV_OVERRIDE { return getDetectorParams().mapSize; }
    void setMapSize(int size) CV_OVERRIDE { core->setMapSize(size); }
    int getEngine() const CV_OVERRIDE { return core->engine(); }
    void setEngine(int engine) CV_OVERRIDE { core->setEngine(engine); }
    int getPreferableBackend() const CV_OVERRIDE { return core->backend(); }
    void setPreferableBackend(int backendId) CV_OVERRIDE { core->setBackend(backendId); }
    int getPreferableTarget() const CV_OVERRIDE { return core->target(); }
    void setPreferableTarget(int targetId) CV_OVERRIDE { core->setTarget(targetId); }

    bool empty() const CV_OVERRIDE { return core->empty(); }
    void clear() CV_OVERRIDE { core->clear(); }
    String getDefaultName() const CV_OVERRIDE { return "opencv_anomaly"; }
    using Algorithm::write;
    void write(FileStorage& file) const CV_OVERRIDE { core->write(file); }
    void read(const FileNode& node) CV_OVERRIDE { core->read(node); }
    void save(const String& filename) const CV_OVERRIDE { core->save(filename); }
    void saveToMemory(std::vector<uchar>& model) const CV_OVERRIDE { core->saveToMemory(model); }
    int exportOnnx(const String& filename, Size imageSize, int colors, int layout, int batch) const CV_OVERRIDE
    {
        return core->exportOnnx(filename, {imageSize, colors, layout, batch});
    }
    Ptr<AnomalyDetector> clone() const CV_OVERRIDE { return core->method()->detectorOf(core->clone()); }

protected:
    int significantBits() const { return getDetectorParams().significantBits; }

    //! The learned part of the only model, or of the first one of an ensemble, as the method's own class.
    template <typename Learned> std::shared_ptr<const Learned> firstModel() const
    {
        return firstOf<Learned>(*core->fittedModel());
    }
    template <typename Learned> static std::shared_ptr<const Learned> firstOf(const FittedModel& model)
    {
        return std::static_pointer_cast<const Learned>(model.model.models[0].learned);
    }
    //! The method in use, as its own class.
    template <typename MethodClass> std::shared_ptr<const MethodClass> methodAs() const
    {
        return std::static_pointer_cast<const MethodClass>(core->method());
    }

    const std::shared_ptr<DetectorCore> core;
};

//! Makes a detector of a method's class that is ready to fit.
template <typename Impl, typename MethodClass, typename Params> Ptr<Impl> createDetector(const Params& params)
{
    return reportingOutOfMemory([&]() {
        std::unique_ptr<const Method> method(new MethodClass(params));
        return makePtr<Impl>(std::make_shared<DetectorCore>(std::move(method)));
    });
}

//! Loads a detector as a given class; throws if the file holds a model of another method. `name` is the method's name
//! in the message.
template <typename Interface>
Ptr<Interface> loadDetectorAs(const char* name, const String& filename, const String& backboneFile)
{
    const Ptr<Interface> detector = loadDetector(filename, backboneFile).template dynamicCast<Interface>();
    if (!detector)
        CV_Error_(Error::StsParseError, ("'%s' holds a model of another method, expected %s: read it by loadDetector",
                                         filename.c_str(), name));
    return detector;
}

}} // namespace cv::anomaly

#endif

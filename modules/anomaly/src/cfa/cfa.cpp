// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "adaptation.hpp"
#include "../base/batch_wish.hpp"
#include "cfa_params.hpp"
#include "../device/device.hpp"
#include "../base/file_replacement.hpp"
#include "../detector/fitted.hpp"
#include "../input/image_source.hpp"
#include "../backbone/network_check.hpp"
#include "../base/random_stream.hpp"
#include "../input/random_view.hpp"
#include "../training/trainer_loader.hpp"
#include "../training/training_images.hpp"
#include "../base/workspace_pool.hpp"

#include "opencv2/dnn.hpp"

#include <atomic>
#include <mutex>
#include <numeric>

namespace cv { namespace anomaly {

namespace {

// How widely scores are spread shows as well in so many learned images as in thousands.
const size_t mostLearnedImagesScored = 64;

std::vector<int> evenSample(const std::vector<int>& all, size_t most)
{
    const size_t count = std::min(all.size(), most);
    std::vector<int> sample(count);
    for (size_t i = 0; i < count; i++)
        sample[i] = all[i * all.size() / count];
    return sample;
}

// cv::Mat says in a cv::Exception that there is no memory, std::vector does not.
template <typename Call> auto reportingLackOfMemory(const Call& call) -> decltype(call())
{
    try
    {
        return call();
    }
    catch (const std::bad_alloc&)
    {
        CV_Error(Error::StsNoMem, "The system gives no more memory; the detector is as it was");
    }
}

class CFAImpl CV_FINAL : public CFA
{
public:
    CFAImpl() : engine(resolveDevice(ENGINE_AUTO, dnn::DNN_TARGET_CPU).engine), target(dnn::DNN_TARGET_CPU) {}

    explicit CFAImpl(const Params& p) : CFAImpl()
    {
        params = p;
        checkParams(params);
        backboneSource = loadWholeBackbone(params.backbone, params.outputs);
        backbone = createBackbone(backboneSource, device());
        if (!isEmbeddedBackbone(params.backbone))
            backbone->forward(preprocess(Mat::zeros(params.inputSize, params.inputSize, CV_8UC3),
                                         inputSettings(params, INPUT_RESIZED)));
    }

    explicit CFAImpl(const CfaModel& model) : CFAImpl() { adopt(model); }

    void fit(InputArrayOfArrays images, InputArrayOfArrays masks) CV_OVERRIDE
    {
        reportingLackOfMemory([&]() { fitSource(*imagesFromArrays(images, masks, params.significantBits)); });
    }
    void fit(const std::vector<String>& files, InputArray mask) CV_OVERRIDE
    {
        reportingLackOfMemory([&]() { fitSource(*imagesFromFiles(files, mask.getMat(), params.significantBits)); });
    }
    void setFitCallback(const FitCallback& function) CV_OVERRIDE { callback = function; }

    double predict(InputArray image, OutputArray map, InputArray mask) const CV_OVERRIDE
    {
        return reportingLackOfMemory([&]() { return score(*current(), image.getMat(), map, mask.getMat(), NULL); });
    }
    double predict(const String& file, OutputArray map, InputArray mask) const CV_OVERRIDE
    {
        return predict(reportingLackOfMemory([&]() { return readImage(file); }), map, mask);
    }
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores,
                      OutputArrayOfArrays maps) const CV_OVERRIDE
    {
        predictBatch(images, scores, maps, std::function<bool()>());
    }
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                      const std::function<bool()>& goesOn) const CV_OVERRIDE;
    double profile(InputArray image, std::vector<String>& stages, std::vector<double>& milliseconds) const CV_OVERRIDE;

    void calibrate(InputArrayOfArrays images, InputArray labels, InputArrayOfArrays masks) CV_OVERRIDE;
    double getImageThreshold() const CV_OVERRIDE { return current()->model.calibration.imageThreshold; }
    double getPixelThreshold() const CV_OVERRIDE { return current()->model.calibration.pixelThreshold; }
    void setImageThreshold(double threshold) CV_OVERRIDE { setCalibration(&Calibration::imageThreshold, threshold); }
    void setPixelThreshold(double threshold) CV_OVERRIDE { setCalibration(&Calibration::pixelThreshold, threshold); }
    void getMapRange(double& lowest, double& highest) const CV_OVERRIDE
    {
        const std::shared_ptr<const Fitted> now = current();
        lowest = now->model.calibration.lowest;
        highest = now->model.calibration.highest;
    }
    double normalizedScore(double score) const CV_OVERRIDE
    {
        return anomaly::normalizedScore(current()->model.calibration, score);
    }
    void toPicture(InputArray image, OutputArray picture) const CV_OVERRIDE
    {
        const Mat source = image.getMat();
        const int bits = getParams().significantBits;
        checkImage(source, "The image", bits);
        toBgr8(source, bits).copyTo(picture);
    }
    void maskToInput(InputArray mask, OutputArray inputMask) const CV_OVERRIDE
    {
        CV_CheckTypeEQ(mask.type(), CV_8UC1, "A mask has one byte a pixel");
        const Params now = getParams();
        maskAtInput(mask.getMat(), inputSettings(now, inputModes(now.inputMode)[0])).copyTo(inputMask);
    }

    void randomView(InputArray image, InputArray mask, int seed, OutputArray view,
                    OutputArray viewMask) const CV_OVERRIDE;

    int getMapSize() const CV_OVERRIDE { return getParams().mapSize; }
    void setMapSize(int size) CV_OVERRIDE;
    int getEngine() const CV_OVERRIDE { return engine; }
    void setEngine(int wanted) CV_OVERRIDE { moveTo(resolveDevice(wanted, target)); }
    int getPreferableBackend() const CV_OVERRIDE { return backendOf(target); }
    void setPreferableBackend(int backend) CV_OVERRIDE { moveTo(resolveDevice(engine, targetOf(backend, target))); }
    int getPreferableTarget() const CV_OVERRIDE { return target; }
    void setPreferableTarget(int wanted) CV_OVERRIDE { moveTo(resolveDevice(engine, wanted)); }

    void neighborMaps(InputArray image, OutputArrayOfArrays maps) const CV_OVERRIDE;
    Params getParams() const CV_OVERRIDE
    {
        const std::lock_guard<std::mutex> lock(paramsMutex);
        return params;
    }
    double getRadius() const CV_OVERRIDE { return current()->model.models[0].radius; }
    Mat getMemoryBank() const CV_OVERRIDE { return current()->model.models[0].bank.clone(); }

    bool empty() const CV_OVERRIDE { return !std::atomic_load(&fitted); }
    void clear() CV_OVERRIDE { std::atomic_store(&fitted, std::shared_ptr<const Fitted>()); }
    String getDefaultName() const CV_OVERRIDE { return "opencv_anomaly"; }
    using Algorithm::write;
    void write(FileStorage& file) const CV_OVERRIDE { writeModel(file, current()->model); }
    void read(const FileNode& node) CV_OVERRIDE
    {
        reportingLackOfMemory([&]() { adopt(readModel(node, {&backboneSource.bytes, String(), String()})); });
    }
    void save(const String& filename) const CV_OVERRIDE;
    void saveToMemory(std::vector<uchar>& model) const CV_OVERRIDE;
    Ptr<AnomalyDetector> clone() const CV_OVERRIDE;

private:
    Device device() const { return Device{engine, target}; }
    int trainerDevice() const { return backendOf(target) == dnn::DNN_BACKEND_CUDA ? TRAIN_ON_CUDA : TRAIN_ON_CPU; }
    void moveTo(const Device& device);

    std::shared_ptr<const Fitted> current() const;
    void adopt(const CfaModel& model);
    void setParams(const Params& changed);
    void changeModel(const std::function<void(CfaModel&)>& change);
    void setCalibration(double Calibration::*value, double to);

    void fitSource(const ImageSource& images);
    TrainedModel learn(const ImageSource& images, std::vector<int>& chosen, int inputMode,
                       TrainingCheckpoint& checkpoint, FitReporter& reporter) const;
    Calibration thresholds(const Fitted& next, const ImageSource& images, const std::vector<int>& good,
                           const std::vector<int>& learned, const FitReporter& reporter) const;
    Calibration goodThresholds(const Fitted& now, const ImageSource& images) const;
    Calibration bestThresholds(const Fitted& now, const ImageSource& images, const Mat& labels, bool masked) const;
    typedef std::function<void(double score, const Mat& map, const Mat& mask)> ScoreVisitor;
    void forEachScore(const Fitted& next, const ImageSource& images, const std::vector<int>& indices, bool leaveOut,
                      const ScoreVisitor& visit) const;
    std::vector<int> scorable(const ImageSource& images, const std::vector<int>& wanted) const;

    double score(const Fitted& now, const Mat& image, OutputArray map, const Mat& mask, StageClock* clock,
                 BatchWish* wish = NULL) const;
    void scoreTogether(const Fitted& now, const std::vector<Mat>& images, std::vector<double>& scores,
                       std::vector<Mat>* maps, BatchWish& wish) const;

    // Only the thread that changes the object writes these. It alone reads params and the backbone without the mutex.
    Params params;
    mutable std::mutex paramsMutex;
    std::atomic<int> engine, target;
    FitCallback callback;
    BackboneSource backboneSource;
    std::shared_ptr<const Backbone> backbone;
    std::shared_ptr<const Fitted> fitted;
    mutable WorkspacePool<Mat> inputMaps;
};

std::shared_ptr<const Fitted> CFAImpl::current() const
{
    const std::shared_ptr<const Fitted> now = std::atomic_load(&fitted);
    if (!now)
        CV_Error(Error::StsBadArg, "The detector is empty: fit it to good images, or load a model");
    return now;
}

void CFAImpl::adopt(const CfaModel& model)
{
    const std::shared_ptr<const Backbone> network = createBackbone(model.backbone, device());
    const std::shared_ptr<const Fitted> next = std::make_shared<Fitted>(model, network, device());
    setParams(model.params);
    {
        const std::lock_guard<std::mutex> lock(paramsMutex);
        backboneSource = model.backbone;
        backbone = network;
    }
    std::atomic_store(&fitted, next);
}

void CFAImpl::setParams(const Params& changed)
{
    const std::lock_guard<std::mutex> lock(paramsMutex);
    params = changed;
}

// Puts a changed copy in the model's place, since calls that run keep to the one with which they began.
void CFAImpl::changeModel(const std::function<void(CfaModel&)>& change)
{
    const std::shared_ptr<Fitted> next = reportingLackOfMemory([&]() { return std::make_shared<Fitted>(*current()); });
    change(next->model);
    std::atomic_store(&fitted, std::shared_ptr<const Fitted>(next));
}

void CFAImpl::setMapSize(int size)
{
    CV_CheckGE(size, int(MAP_IMAGE), "Map size must be MAP_IMAGE or MAP_INPUT");
    CV_CheckLE(size, int(MAP_INPUT), "Map size must be MAP_IMAGE or MAP_INPUT");
    Params changed = params;
    changed.mapSize = size;
    setParams(changed);
    if (!empty())
        changeModel([size](CfaModel& model) { model.params.mapSize = size; });
}

void CFAImpl::moveTo(const Device& next)
{
    if (next.engine == engine && next.target == target)
        return;
    reportingLackOfMemory([&]() {
        const std::shared_ptr<const Backbone> network = createBackbone(backboneSource, next);
        if (!empty())
            std::atomic_store(&fitted,
                              std::shared_ptr<const Fitted>(std::make_shared<Fitted>(current()->model, network, next)));
        const std::lock_guard<std::mutex> lock(paramsMutex);
        backbone = network;
        engine = next.engine;
        target = next.target;
    });
}

void CFAImpl::setCalibration(double Calibration::*value, double to)
{
    if (cvIsNaN(to) || cvIsInf(to))
        CV_Error_(Error::StsOutOfRange, ("A threshold of %g is no number to compare scores with", to));
    changeModel([=](CfaModel& model) { model.calibration.*value = to; });
}

// ---- fit

// How many of `count` good images are kept out for thresholds: at least one where any are wanted.
int heldOutCount(int count, double fraction)
{
    return fraction > 0 ? std::max(1, cvRound(count * fraction)) : 0;
}

void CFAImpl::fitSource(const ImageSource& images)
{
    const int heldOut = heldOutCount(images.size(), params.validationFraction), fewest = heldOut + 2;
    if (images.size() < fewest)
        CV_Error_(Error::StsBadArg, ("%d images to fit, expected at least %d: two to learn from and %d for thresholds",
                                     images.size(), fewest, heldOut));
    if (adapts(params))
        requireTrainer(trainerDevice());

    TrainingCheckpoint checkpoint(params.checkpoint, params);
    RNG random = randomStream(params.seed, RANDOM_HELD_OUT);
    const std::vector<int> order = randomOrder(images.size(), random);
    const std::vector<int> good = scorable(images, std::vector<int>(order.begin(), order.begin() + heldOut));
    std::vector<int> learned(order.begin() + heldOut, order.end());
    std::sort(learned.begin(), learned.end());

    CfaModel next = {params, backboneSource, std::vector<TrainedModel>(), Calibration()};
    const std::vector<int> modes = inputModes(params.inputMode);
    FitReporter reporter(callback, int(modes.size()));
    for (size_t i = 0; i < modes.size(); i++)
    {
        reporter.startModel(int(i));
        checkpoint.startModel(int(i));
        next.models.push_back(learn(images, learned, modes[i], checkpoint, reporter));
    }
    // What load does with W, b and C is done here too, so that a loaded model predicts bit for bit as this one.
    const std::shared_ptr<Fitted> made = std::make_shared<Fitted>(next, backbone, device());
    made->model.calibration = thresholds(*made, images, good, learned, FitReporter(callback, 1));
    std::atomic_store(&fitted, std::shared_ptr<const Fitted>(made));
}

// Those that can be read and scored: found out before the training, not after it.
std::vector<int> CFAImpl::scorable(const ImageSource& images, const std::vector<int>& wanted) const
{
    std::vector<int> found;
    for (const int index : wanted)
    {
        Mat image;
        if (readImage(images, index, params.skipUnreadable, image) &&
            leavesPixels(maskAtInput(images.mask(index), inputSettings(params, inputModes(params.inputMode)[0]))))
            found.push_back(index);
    }
    return found;
}

// `chosen` loses the images that cannot be read.
TrainedModel CFAImpl::learn(const ImageSource& images, std::vector<int>& chosen, int inputMode,
                            TrainingCheckpoint& checkpoint, FitReporter& reporter) const
{
    TrainingImages training(images, params, inputSettings(params, inputMode), *backbone);
    training.read(chosen, reporter);
    TrainedModel model = adapt(training.data(), params, engine, trainerDevice(), checkpoint, reporter);
    model.inputMode = inputMode;
    return model;
}

void CFAImpl::randomView(InputArray image, InputArray mask, int seed, OutputArray view, OutputArray viewMask) const
{
    const Mat source = image.getMat(), sourceMask = mask.getMat();
    const Params now = getParams();
    checkImage(source, "The image", now.significantBits);
    checkMask(sourceMask, source.size());
    if (now.tile > 0)
        CV_Error(Error::StsNotImplemented,
                 "A view is stretched to one size, where a model with tiles sees none: predict the image itself");
    const RandomView chosen = drawView(now, 0, seed);
    // Of which INPUT_CROPPED takes the center
    const int side = now.inputMode == INPUT_RESIZED ? now.inputSize : now.resizeSize;
    chosen.of(source, side).copyTo(view);
    if (viewMask.needed())
        chosen.ofMask(sourceMask, side).copyTo(viewMask);
}

Calibration CFAImpl::thresholds(const Fitted& next, const ImageSource& images, const std::vector<int>& good,
                                const std::vector<int>& learned, const FitReporter& reporter) const
{
    const std::vector<int> some = evenSample(learned, mostLearnedImagesScored);
    const int steps = int(good.size() + some.size());
    int done = 0;
    GoodScores scores;
    forEachScore(next, images, good, params.skipUnreadable, [&](double score, const Mat& map, const Mat& mask) {
        scores.add(score, map, mask);
        reporter.report("thresholds", ++done, steps);
    });
    const bool heldOut = !scores.empty();
    if (!heldOut)
        CV_LOG_WARNING(NULL, "anomaly: no image was held out (see validationFraction), so thresholds come from the "
                             "images that were learned and are a little low");
    // One learned image more or less tells little of the spread: no reason to give a training up.
    forEachScore(next, images, some, heldOut || params.skipUnreadable,
                 [&](double score, const Mat& map, const Mat& mask) {
                     if (heldOut)
                         scores.addLearned(score);
                     else
                         scores.add(score, map, mask);
                     reporter.report("thresholds", ++done, steps);
                 });
    return scores.calibrate(params.thresholdQuantile);
}

// Those that cannot be read, if they are to be left out, and those of which a mask leaves nothing are passed over.
void CFAImpl::forEachScore(const Fitted& next, const ImageSource& images, const std::vector<int>& indices,
                           bool leaveOut, const ScoreVisitor& visit) const
{
    for (const int index : indices)
    {
        const Mat mask = maskAtInput(images.mask(index), next.input());
        Mat image, map;
        if (!leavesPixels(mask) || !readImage(images, index, leaveOut, image))
            continue;
        next.inputMap(image, NULL, map);
        visit(next.imageScore(map, mask), map, mask);
    }
}

// ---- predict

double CFAImpl::score(const Fitted& now, const Mat& image, OutputArray map, const Mat& mask, StageClock* clock,
                      BatchWish* wish) const
{
    checkImage(image, "The image", now.model.params.significantBits);
    checkMask(mask, image.size());
    const Mat inputMask = maskAtInput(mask, now.input());
    if (!leavesPixels(inputMask))
        CV_Error(Error::StsBadArg,
                 "The mask leaves no pixel of the image to score: it must be nonzero where the image is to be checked");
    const WorkspacePool<Mat>::Loan inputMap(inputMaps);
    now.inputMap(image, clock, *inputMap, wish);
    const double score = now.imageScore(*inputMap, inputMask);
    if (map.needed())
    {
        now.outputMap(*inputMap, image.size(), map);
        if (!mask.empty())
            map.setTo(0, (now.model.params.mapSize == MAP_IMAGE ? mask : inputMask) == 0);
    }
    lap(clock, STAGE_MAP);
    return score;
}

// What a GPU is given at once, so that maps at the input's resolution are few at a time.
void CFAImpl::scoreTogether(const Fitted& now, const std::vector<Mat>& images, std::vector<double>& scores,
                            std::vector<Mat>* maps, BatchWish& wish) const
{
    std::vector<Mat> found;
    for (size_t first = 0; first < images.size(); first += gpuBatch)
    {
        const std::vector<Mat> some(images.begin() + first, images.begin() + std::min(first + gpuBatch, images.size()));
        now.inputMaps(some, found, &wish);
        parallel_for_(Range(0, int(some.size())), [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
            {
                scores[first + i] = now.imageScore(found[i], Mat());
                if (maps)
                    now.outputMap(found[i], some[i].size(), (*maps)[first + i]);
            }
        });
    }
}

void CFAImpl::predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                           const std::function<bool()>& goesOn) const
{
    const std::shared_ptr<const Fitted> now = current();
    std::vector<Mat> all, made;
    images.getMatVector(all);
    for (size_t i = 0; i < all.size(); i++)
        checkImage(all[i], "Image " + std::to_string(i), now->model.params.significantBits);
    std::vector<double> found(all.size());
    made.resize(all.size());
    const bool wantsMaps = maps.needed();
    BatchWish wish(goesOn);
    const auto scoreImages = [&](const Range& range) {
        for (int i = range.start; i < range.end; i++)
            found[i] = wantsMaps ? score(*now, all[i], made[i], Mat(), NULL, &wish)
                                 : score(*now, all[i], noArray(), Mat(), NULL, &wish);
    };
    const Range whole(0, int(all.size()));
    reportingLackOfMemory([&]() {
        if (now->device.isGpu())
            scoreTogether(*now, all, found, wantsMaps ? &made : NULL, wish);
        else if (now->takesAtOnce(whole.size()))
            parallel_for_(whole, scoreImages);
        else
            scoreImages(whole);
    });
    scores = found;
    if (!maps.needed())
        return;
    maps.create(int(made.size()), 1, CV_32F);
    for (size_t i = 0; i < made.size(); i++)
        maps.getMatRef(int(i)) = made[i];
}

void CFAImpl::neighborMaps(InputArray image, OutputArrayOfArrays maps) const
{
    const std::shared_ptr<const Fitted> now = current();
    const Mat source = image.getMat();
    checkImage(source, "The image", now->model.params.significantBits);
    std::vector<Mat> nearest;
    reportingLackOfMemory([&]() { now->neighborMaps(source, nearest); });
    maps.create(int(nearest.size()), 1, CV_32F);
    for (size_t k = 0; k < nearest.size(); k++)
        now->outputMap(nearest[k], source.size(), maps.getMatRef(int(k)));
}

double CFAImpl::profile(InputArray image, std::vector<String>& stages, std::vector<double>& milliseconds) const
{
    static const char* const names[STAGE_COUNT] = {"preprocess", "backbone", "descriptor", "search", "map"};
    StageClock clock;
    Mat map;
    const double found = reportingLackOfMemory([&]() { return score(*current(), image.getMat(), map, Mat(), &clock); });
    stages.assign(names, names + STAGE_COUNT);
    milliseconds.assign(clock.milliseconds, clock.milliseconds + STAGE_COUNT);
    return found;
}

void CFAImpl::calibrate(InputArrayOfArrays images, InputArray labels, InputArrayOfArrays masks)
{
    const std::shared_ptr<const Fitted> now = current();
    const std::unique_ptr<ImageSource> source = imagesFromArrays(images, masks, now->model.params.significantBits);
    const bool goodOnly = masks.empty() && allGood(labels.getMat());
    checkLabels(labels.getMat(), source->size());
    const Calibration found = reportingLackOfMemory([&]() {
        return goodOnly ? goodThresholds(*now, *source)
                        : bestThresholds(*now, *source, labels.getMat(), !masks.empty());
    });
    changeModel([&found](CfaModel& model) { model.calibration = found; });
}

Calibration CFAImpl::goodThresholds(const Fitted& now, const ImageSource& images) const
{
    std::vector<int> all(images.size());
    std::iota(all.begin(), all.end(), 0);
    GoodScores scores;
    forEachScore(now, images, all, false,
                 [&scores](double score, const Mat& map, const Mat& mask) { scores.add(score, map, mask); });
    return scores.calibrate(now.model.params.thresholdQuantile);
}

Calibration CFAImpl::bestThresholds(const Fitted& now, const ImageSource& images, const Mat& labels, bool masked) const
{
    LabeledScores scores;
    for (int i = 0; i < images.size(); i++)
    {
        const Mat image = images.image(i), defects = images.mask(i);
        Mat map;
        now.inputMap(image, NULL, map);
        scores.add(now.imageScore(map, Mat()), map, maskAtInput(defects, now.input()));
    }
    return scores.calibrate(labels, masked, now.model.calibration);
}

// ---- save

void CFAImpl::save(const String& filename) const
{
    checkModelFileName(filename);
    const std::shared_ptr<const Fitted> now = current();
    const auto write = [&](const String& temporary) {
        FileStorage file = openModelFile(temporary, FileStorage::WRITE | FileStorage::BASE64);
        file << getDefaultName() << "{";
        writeModel(file, now->model);
        file << "}";
        file.release();
        checkWritten(temporary, now->model);
    };
    reportingLackOfMemory([&]() { replaceFile(filename, write); });
}

void CFAImpl::saveToMemory(std::vector<uchar>& model) const
{
    reportingLackOfMemory([&]() {
        CfaModel whole = current()->model;
        whole.params.embedBackbone = whole.params.embedBackbone || !isEmbeddedBackbone(whole.backbone.name);
        FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML | FileStorage::BASE64);
        file << getDefaultName() << "{";
        writeModel(file, whole);
        file << "}";
        const String text = file.releaseAndGetString();
        model.assign(text.begin(), text.end());
    });
}

Ptr<AnomalyDetector> CFAImpl::clone() const
{
    return reportingLackOfMemory([&]() {
        const Ptr<CFAImpl> copy = makePtr<CFAImpl>();
        copy->fitted = std::atomic_load(&fitted);
        const std::lock_guard<std::mutex> lock(paramsMutex);
        copy->params = params;
        copy->engine = copy->fitted ? copy->fitted->device.engine : engine.load();
        copy->target = copy->fitted ? copy->fitted->device.target : target.load();
        copy->backboneSource = copy->fitted ? copy->fitted->model.backbone : backboneSource;
        copy->backbone = copy->fitted ? copy->fitted->backbone : backbone;
        return Ptr<AnomalyDetector>(copy);
    });
}

} // namespace

Ptr<CFA> CFA::create(const Params& parameters)
{
    return reportingLackOfMemory([&]() { return makePtr<CFAImpl>(parameters); });
}

Ptr<AnomalyDetector> loadDetectorFromMemory(const std::vector<uchar>& model)
{
    return reportingLackOfMemory([&]() {
        const String name = "The model in memory";
        const FileStorage file = openModelText(std::string(model.begin(), model.end()), name);
        const std::vector<uchar> none; // a backbone of its own is in the model
        return Ptr<AnomalyDetector>(makePtr<CFAImpl>(readModel(modelNode(file, name), {&none, String(), String()})));
    });
}

Ptr<CFA> CFA::load(const String& filename, const String& backboneFile)
{
    return reportingLackOfMemory([&]() {
        const FileStorage file = openModelFile(filename, FileStorage::READ);
        const BackbonePlaces places = {NULL, backboneFile, folderOf(filename)};
        return makePtr<CFAImpl>(readModel(modelNode(file, filename), places));
    });
}

}} // namespace cv::anomaly

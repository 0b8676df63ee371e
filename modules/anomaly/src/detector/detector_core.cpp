// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "detector_core.hpp"
#include "../backbone/int8_network.hpp"
#include "../backbone/network_check.hpp"
#include "../base/file_replacement.hpp"
#include "../base/out_of_memory.hpp"
#include "../base/random_stream.hpp"
#include "../input/contrast.hpp"
#include "../input/input_shape.hpp"
#include "../training/image_copies.hpp"
#include "../training/map_ranges.hpp"
#include "../training/turned_parts.hpp"

#include "opencv2/core/utils/logger.hpp"
#include "opencv2/dnn.hpp"

#include <future>
#include <numeric>

namespace cv { namespace anomaly {

DetectorCore::DetectorCore()
    : usedEngine(resolveDevice(ENGINE_AUTO, dnn::DNN_TARGET_CPU).engine),
      usedTarget(dnn::DNN_TARGET_CPU)
{}

DetectorCore::DetectorCore(std::unique_ptr<const Method> m) : DetectorCore()
{
    usedMethod = std::move(m);
    checkAllParams(*usedMethod);
    backboneSource = loadWholeBackbone(params().backbone, params().outputs);
    backbone = createBackbone(backboneSource, device());
    if (params().precision == PRECISION_INT8)
        checkInt8Network(backboneSource);
    // A backbone of the user's is run once, so that a network that does not work is reported before fit reads images.
    if (!isEmbeddedBackbone(params().backbone))
        backbone->forward(blackInput(inputShapeOf(params())));
}

DetectorCore::DetectorCore(const DetectorModel& model) : DetectorCore()
{
    useModel(model);
}

std::shared_ptr<const FittedModel> DetectorCore::fittedModel() const
{
    const std::shared_ptr<const FittedModel> model = std::atomic_load(&fitted);
    if (!model)
        CV_Error(Error::StsBadArg, "The detector is empty: fit it to good images, or load a model");
    return model;
}

std::shared_ptr<const Method> DetectorCore::method() const
{
    const std::lock_guard<std::mutex> lock(mutex);
    return usedMethod;
}

void DetectorCore::setMethod(std::shared_ptr<const Method> changed)
{
    const std::lock_guard<std::mutex> lock(mutex);
    usedMethod.swap(changed);
}

// On the processor, another thread sets up the network, which takes 20 ms, while the calling thread sets up the search,
// which takes as long. On a GPU the calling thread does both, because the driver keeps much of its state by thread.
void DetectorCore::useModel(const DetectorModel& model)
{
    std::shared_ptr<const Backbone> network;
    const auto setUp = [&]() {
        network = createBackbone(model.backbone, device());
        network->prepare(inputShapeOf(model.method->sharedParams()));
    };
    const bool another = !device().isGpu() && getNumThreads() > 1;
    std::future<void> ready =
        std::async(another ? std::launch::async | std::launch::deferred : std::launch::deferred, setUp);
    const auto finish = [&]() {
        ready.get();
        return network;
    };
    publish(std::make_shared<const FittedModel>(model, finish, device()));
}

// Shows a model and its settings to all calls from now on. Nothing fails once the first of them has changed.
void DetectorCore::publish(const std::shared_ptr<const FittedModel>& model)
{
    BackboneSource source = model->model.backbone;
    const std::lock_guard<std::mutex> lock(mutex);
    usedMethod = model->model.method;
    backboneSource = std::move(source);
    backbone = model->backbone;
    std::atomic_store(&fitted, model);
}

// Replaces the model by a changed copy, because running calls still use the one with which they began.
void DetectorCore::changeModel(const std::function<void(DetectorModel&)>& change)
{
    reportingOutOfMemory([&]() {
        const std::shared_ptr<const FittedModel> before = fittedModel();
        DetectorModel model = before->model;
        change(model);
        std::atomic_store(&fitted, std::shared_ptr<const FittedModel>(before->with(model)));
    });
}

static std::shared_ptr<const Method> withSettings(const Method& method, const DetectorParams& settings)
{
    std::unique_ptr<Method> changed = method.clone();
    changed->sharedParams() = settings;
    return std::shared_ptr<const Method>(std::move(changed));
}

static std::shared_ptr<const Method> withMapSize(const Method& method, int size)
{
    DetectorParams settings = method.sharedParams();
    settings.mapSize = size;
    return withSettings(method, settings);
}

void DetectorCore::setMapSize(int size)
{
    CV_CheckGE(size, int(MAP_IMAGE), "Map size must be MAP_IMAGE or MAP_INPUT");
    CV_CheckLE(size, int(MAP_INPUT), "Map size must be MAP_IMAGE or MAP_INPUT");
    reportingOutOfMemory([&]() {
        const std::shared_ptr<const Method> changed = withMapSize(*usedMethod, size);
        if (!empty()) // first, since it may fail
            changeModel([&](DetectorModel& model) { model.method = changed; });
        setMethod(changed);
    });
}

void DetectorCore::moveTo(const Device& newDevice)
{
    if (newDevice.engine == usedEngine && newDevice.target == usedTarget)
        return;
    usedMethod->checkDevice(newDevice);
    checkPrecision(newDevice);
    reportingOutOfMemory([&]() {
        const std::shared_ptr<const Backbone> network = createBackbone(backboneSource, newDevice);
        if (!empty())
            std::atomic_store(&fitted, std::make_shared<const FittedModel>(fittedModel()->model, network, newDevice));
        const std::lock_guard<std::mutex> lock(mutex);
        backbone = network;
        usedEngine = newDevice.engine;
        usedTarget = newDevice.target;
    });
}

// A model in whole numbers is refused by its backbone; this is for a detector that is not fitted yet.
void DetectorCore::checkPrecision(const Device& newDevice) const
{
    if (params().precision == PRECISION_INT8 && newDevice.isGpu())
        CV_Error(Error::StsNotImplemented,
                 "Parameter precision is PRECISION_INT8, which is not implemented on a GPU: choose DNN_TARGET_CPU, or "
                 "PRECISION_FLOAT32");
}

void DetectorCore::setImageThreshold(double value)
{
    setThreshold(&Calibration::imageThreshold, &ModelHistory::imageFollows, value);
}

void DetectorCore::setPixelThreshold(double value)
{
    setThreshold(&Calibration::pixelThreshold, &ModelHistory::pixelFollows, value);
}

void DetectorCore::setThreshold(double Calibration::*which, bool ModelHistory::*follows, double value)
{
    if (cvIsNaN(value) || cvIsInf(value))
        CV_Error_(Error::StsOutOfRange, ("The threshold is %g, expected a number", value));
    changeModel([=](DetectorModel& model) {
        model.calibration.*which = value;
        model.history.*follows = false;
    });
}

void DetectorCore::toPicture(const Mat& image, OutputArray picture) const
{
    const int bits = method()->sharedParams().significantBits;
    checkImage(image, "The image", bits);
    toBgr8(image, bits).copyTo(picture);
}

// ---- fit

// Number of images, of `count` good ones, that are kept out for thresholds: at least one if any are wanted.
static int heldOutCount(int count, double fraction)
{
    return fraction > 0 ? std::max(1, cvRound(count * fraction)) : 0;
}

// Those of the wanted images that can be read, have pixels to score and are no copies of learned ones, whose scores
// would be those of learned images. This is checked before the training, which may take minutes.
static std::vector<int> scorable(const ImageSource& images, const std::vector<int>& wanted,
                                 const std::vector<int>& learned, const DetectorParams& settings)
{
    const InputSettings input = inputSettings(settings, inputModes(settings.inputMode)[0]);
    std::vector<int> usable;
    if (wanted.empty())
        return usable;
    ImageCopies copies(images);
    Mat image;
    for (const int index : learned)
        if (readImage(images, index, settings.skipUnreadable, image))
            copies.isCopy(index, image);
    for (const int index : wanted)
        if (readImage(images, index, settings.skipUnreadable, image) &&
            leavesPixels(maskAtInput(images.mask(index), input)) && !copies.isCopy(index, image))
            usable.push_back(index);
    return usable;
}

// The settings with the number of turns that fit chose, if they leave it to fit.
static DetectorParams settingsToLearn(const DetectorModel& model)
{
    DetectorParams settings = model.method->sharedParams();
    settings.rotations = rotationsOf(model);
    return settings;
}

static void warnIfAllAreAlike(const Calibration& calibration)
{
    if (calibration.imageThreshold == 0)
        CV_LOG_WARNING(NULL, "anomaly: the good images do not differ from each other, so that the threshold is 0 and "
                             "every image is called defective: learn from photographs of good parts");
}

void DetectorCore::fit(const ImageSource& images)
{
    const int heldOut = heldOutCount(images.size(), params().validationFraction), fewest = heldOut + 2;
    if (images.size() < fewest)
        CV_Error_(Error::StsBadArg, ("%d images to fit, expected at least %d: two to learn from and %d for thresholds",
                                     images.size(), fewest, heldOut));
    RNG random = randomStream(params().seed, RANDOM_HELD_OUT);
    const std::vector<int> order = randomOrder(images.size(), random);
    std::vector<int> learned(order.begin() + heldOut, order.end());
    std::sort(learned.begin(), learned.end());

    const std::shared_ptr<const Method> method = methodToFit(images, learned);
    const BackboneSource source = sourceToFit(*method, images, learned);
    const bool isSame = source.ranges.empty() && backboneSource.ranges.empty();
    const std::shared_ptr<const Backbone> network = isSame ? backbone : createBackbone(source, device());
    DetectorModel model = {method, source, std::vector<InputModel>(), Calibration(), ModelHistory()};
    model.history.rotations = chooseRotations(images, learned, *method, *network);
    const DetectorParams settings = settingsToLearn(model);
    // Only where fit chooses the turns: they are also in the hash of settings that checkpoints of other methods hold.
    const std::shared_ptr<const Method> toLearn = method->choosesRotations() ? withSettings(*method, settings) : method;
    const std::unique_ptr<Learner> learner = toLearn->startFit(device());
    const std::vector<int> good =
        scorable(images, std::vector<int>(order.begin(), order.begin() + heldOut), learned, settings);

    const std::vector<int> modes = inputModes(settings.inputMode);
    FitReporter reporter(callback, int(modes.size()));
    std::vector<PiecesOfImages> pieces(modes.size());
    for (size_t i = 0; i < modes.size(); i++)
        model.models.push_back(
            learn(*learner, *network, settings, images, learned, modes[i], int(i), pieces[i], reporter));
    const FittedModel uncalibrated(model, network, device());
    const GoodScores scores = scoresAfterFit(uncalibrated, images, good, learned, pieces, FitReporter(callback, 1));
    model.calibration = scores.calibrate(settings.thresholdQuantile, settings.contamination);
    warnIfAllAreAlike(model.calibration);
    model.history.images = int(learned.size());
    model.history.good = scores.kept(settings.contamination);
    publish(uncalibrated.with(model));
}

// The backbone with the ranges of its maps on the images, if it is to be computed in whole numbers, else without any.
BackboneSource DetectorCore::sourceToFit(const Method& method, const ImageSource& images,
                                         const std::vector<int>& learned) const
{
    BackboneSource source = backboneSource;
    source.ranges.clear();
    if (method.sharedParams().precision == PRECISION_INT8)
        source.ranges =
            rangesOnImages(source, images, learned, method.sharedParams(), device().engine, FitReporter(callback, 1));
    return source;
}

// The method with the input shape and the contrast setting that this fit uses.
std::shared_ptr<const Method> DetectorCore::methodToFit(const ImageSource& images,
                                                        const std::vector<int>& learned) const
{
    std::unique_ptr<Method> method = usedMethod->clone();
    DetectorParams& settings = method->sharedParams();
    settings.inputShape = chooseInputShape(images, learned);
    if (settings.chooseContrast)
        settings.matchContrast =
            settings.tile == 0 && contrastVaries(images, learned, inputSettings(settings, INPUT_RESIZED));
    checkAllParams(*method);
    return std::shared_ptr<const Method>(std::move(method));
}

int DetectorCore::chooseRotations(const ImageSource& images, const std::vector<int>& learned, const Method& method,
                                  const Backbone& network) const
{
    const DetectorParams& settings = method.sharedParams();
    if (settings.rotations > 0 || settings.tile > 0 || !method.choosesRotations())
        return 1;
    return turnsToLearn(images, learned, inputSettings(settings, INPUT_RESIZED), network, device().engine,
                        FitReporter(callback, 1));
}

// Tries the shape on a backbone of the user's: a network that flattens its maps, for instance, takes one input size
// only.
Size DetectorCore::chooseInputShape(const ImageSource& images, const std::vector<int>& learned) const
{
    if (!params().keepAspect)
        return inputShapeOf(params());
    const int side = params().inputSize;
    const double aspect = params().tile > 0 ? 1 : medianAspect(images, learned);
    if (aspect == 1)
        return Size(side, side);
    try
    {
        const Size shape = shapeOfAspect(aspect, side, coarsestStride(*backbone));
        if (!isEmbeddedBackbone(params().backbone))
            backbone->forward(blackInput(shape));
        return shape;
    }
    catch (const cv::Exception& e)
    {
        CV_Error_(e.code, ("The backbone does not take inputs of the aspect ratio that the training images have, %.3g: "
                           "set keepAspect to false to stretch them to %dx%d. %s",
                           aspect, side, side, e.err.c_str()));
    }
}

// Says so if 16-bit images keep to a quarter of their range, as those of cameras of 10, 12 or 14 bits do, unless the
// settings say so.
static void warnOfUnusedBits(double highest, int significantBits)
{
    if (significantBits < 16 || highest == 0 || highest >= 1 << 14)
        return;
    int bits = 8;
    while (highest >= 1 << bits)
        bits += 2;
    CV_LOG_WARNING(NULL, cv::format("anomaly: the 16-bit images have no value over %g of 65535, so that they are seen "
                                    "nearly black: if the camera gives %d bits, set significantBits to %d",
                                    highest, bits, bits));
}

InputModel DetectorCore::learn(Learner& learner, const Backbone& network, const DetectorParams& settings,
                               const ImageSource& images, std::vector<int>& chosen, int inputMode, int index,
                               PiecesOfImages& pieces, FitReporter& reporter) const
{
    reporter.startModel(index);
    TrainingImages training(images, settings, inputSettings(settings, inputMode), network, learner.featureKeeping());
    training.read(chosen, reporter);
    if (index == 0)
        warnOfUnusedBits(training.highestOf16BitImages(), settings.significantBits);
    for (const int image : chosen)
        pieces[image] = training.piecesOf(image);
    return {inputMode, learner.learn(training.data(), index, reporter)};
}

// ---- update

// Throws unless the model can be updated and there is an image to add.
static void checkUpdate(const DetectorModel& model, int images)
{
    if (images == 0)
        CV_Error(Error::StsBadArg, "There is no image to add, expected at least one");
    if (model.history.images == 0)
        CV_Error(Error::StsNotImplemented,
                 "The model was written by a version that did not keep the number and the scores of the learned "
                 "images, which an update needs: fit it once more, to old and new images");
}

// Brings the scores of earlier good images to what they would be by the larger model, and adds those of the new images.
// Images that the old model had learned are passed over, and so are those that others of the update show as well: the
// scores of either are far lower than those of new parts.
static void joinGoodImages(DetectorModel& model, GoodImages byOldModel, GoodImages byNewModel, double lowestRatio)
{
    const double share = model.method->sharedParams().thresholdQuantile;
    GoodImages& good = model.history.good;
    const auto keepOnly = [&](const std::vector<size_t>& chosen) {
        byOldModel.keepOnly(chosen);
        byNewModel.keepOnly(chosen);
    };
    keepOnly(good.unlearnedOf(byOldModel));
    keepOnly(good.withoutSiblings(byOldModel, byNewModel, lowestRatio, share));
    good.scores.scale(medianScoreRatio(byOldModel.scores, byNewModel.scores, good.scores.threshold(share)));
    good.levels.scale(medianScoreRatio(byOldModel.levels, byNewModel.levels, good.levels.threshold(share)));
    good.join(byNewModel);
}

// Thresholds after an update: quantiles of the good images' scores, unless they were set by hand or found from labels.
static Calibration updatedThresholds(const DetectorModel& model, const Calibration& later)
{
    const DetectorParams& params = model.method->sharedParams();
    const ModelHistory& history = model.history;
    Calibration updated = model.calibration;
    if (history.imageFollows)
        updated.imageThreshold = history.good.scores.threshold(params.thresholdQuantile);
    if (history.pixelFollows)
        updated.pixelThreshold = history.good.levels.threshold(params.thresholdQuantile);
    updated.lowest = std::min(updated.lowest, later.lowest);
    updated.highest = std::max(updated.highest, later.highest);
    return updated;
}

void DetectorCore::update(const ImageSource& images)
{
    const std::shared_ptr<const FittedModel> before = fittedModel();
    checkUpdate(before->model, images.size());
    DetectorModel model = before->model;
    const DetectorParams settings = settingsToLearn(model);
    std::vector<int> chosen(images.size());
    std::iota(chosen.begin(), chosen.end(), 0);
    FitReporter reporter(callback, int(model.models.size()));
    std::vector<PiecesOfImages> pieces(model.models.size());
    for (size_t i = 0; i < model.models.size(); i++)
        addImages(model.models[i], settings, *model.method, images, chosen, int(i), pieces[i], reporter);
    const FittedModel updated(model, before->backbone, before->device);
    const std::vector<int> scored = imagesToScore(chosen);
    const GoodScores scores =
        scoresAfterFit(updated, images, std::vector<int>(), scored, pieces, FitReporter(callback, 1));
    const double lowestRatio = lowestScoreRatio(model.history.images, int(chosen.size()));
    model.history.images += int(std::min(chosen.size(), size_t(ModelHistory::most - model.history.images)));
    model.history.updates += model.history.updates < ModelHistory::most;
    const GoodScores byOldModel = scoresOfGoodImages(*before, images, scores.images(), FitReporter(FitCallback(), 1));
    joinGoodImages(model, byOldModel.kept(0), scores.kept(0), lowestRatio);
    model.calibration = updatedThresholds(model, scores.calibrate(settings.thresholdQuantile));
    std::atomic_store(&fitted, std::shared_ptr<const FittedModel>(updated.with(model)));
}

void DetectorCore::addImages(InputModel& model, const DetectorParams& settings, const Method& method,
                             const ImageSource& images, std::vector<int>& chosen, int index, PiecesOfImages& pieces,
                             FitReporter& reporter) const
{
    reporter.startModel(index);
    const std::unique_ptr<Learner> learner = method.startUpdate(*model.learned, device());
    TrainingImages training(images, settings, inputSettings(settings, model.inputMode), *backbone,
                            learner->featureKeeping());
    training.read(chosen, reporter, 1);
    for (const int image : chosen)
        pieces[image] = training.piecesOf(image);
    model.learned = learner->update(*model.learned, training.data(), reporter);
}

// ---- predict

double DetectorCore::predict(const Mat& image, OutputArray map, const Mat& mask) const
{
    return reportingOutOfMemory([&]() { return score(*fittedModel(), image, map, mask, NULL); });
}

double DetectorCore::score(const FittedModel& model, const Mat& image, OutputArray map, const Mat& mask,
                           StageClock* clock, BatchCancellation* cancellation) const
{
    checkImage(image, "The image", model.params().significantBits);
    checkMask(mask, image.size());
    const Mat inputMask = maskAtInput(mask, model.input());
    if (!leavesPixels(inputMask))
        CV_Error(Error::StsBadArg,
                 "The mask leaves no pixel of the image to score: it must be nonzero where the image is to be checked");
    const WorkspacePool<Mat>::Loan scoreMap(scoreMaps);
    const double ownScore = model.scoreMap(image, clock, *scoreMap, cancellation);
    const double score = model.imageScore(ownScore, *scoreMap, inputMask);
    if (map.needed())
    {
        model.outputMap(*scoreMap, image.size(), map);
        if (!mask.empty())
            map.setTo(0, (model.params().mapSize == MAP_IMAGE ? mask : inputMask) == 0);
    }
    lap(clock, STAGE_MAP);
    return score;
}

// Images are passed on in the batches that a GPU takes, so that only gpuBatch maps at the input's resolution exist at a
// time.
void DetectorCore::scoreBatchOnGpu(const FittedModel& model, const std::vector<Mat>& images,
                                   std::vector<double>& scores, std::vector<Mat>* maps,
                                   BatchCancellation& cancellation) const
{
    std::vector<Mat> batchMaps;
    std::vector<double> ownScores;
    for (size_t first = 0; first < images.size(); first += gpuBatch)
    {
        const std::vector<Mat> batch(images.begin() + first,
                                     images.begin() + std::min(first + gpuBatch, images.size()));
        model.scoreMaps(batch, batchMaps, ownScores, &cancellation);
        parallel_for_(Range(0, int(batch.size())), [&](const Range& range) {
            for (int i = range.start; i < range.end; i++)
            {
                scores[first + i] = model.imageScore(ownScores[i], batchMaps[i], Mat());
                if (maps)
                    model.outputMap(batchMaps[i], batch[i].size(), (*maps)[first + i]);
            }
        });
    }
}

// Hands maps to the caller, without copying them unless they are wanted as UMat.
static void putMaps(const std::vector<Mat>& values, OutputArrayOfArrays maps)
{
    maps.create(int(values.size()), 1, CV_32F);
    for (int i = 0; i < int(values.size()); i++)
        if (maps.isUMatVector())
            values[i].copyTo(maps.getUMatRef(i));
        else
            maps.getMatRef(i) = values[i];
}

void DetectorCore::predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                                const std::function<bool()>& goesOn) const
{
    const std::shared_ptr<const FittedModel> model = fittedModel();
    std::vector<Mat> all;
    images.getMatVector(all);
    for (size_t i = 0; i < all.size(); i++)
        checkImage(all[i], "Image " + std::to_string(i), model->params().significantBits);
    std::vector<double> imageScores(all.size());
    std::vector<Mat> imageMaps(all.size());
    const bool wantsMaps = maps.needed();
    BatchCancellation cancellation(goesOn);
    const auto scoreImages = [&](const Range& range) {
        for (int i = range.start; i < range.end; i++)
            imageScores[i] = wantsMaps ? score(*model, all[i], imageMaps[i], Mat(), NULL, &cancellation)
                                       : score(*model, all[i], noArray(), Mat(), NULL, &cancellation);
    };
    const Range whole(0, int(all.size()));
    if (model->device.isGpu())
        scoreBatchOnGpu(*model, all, imageScores, wantsMaps ? &imageMaps : NULL, cancellation);
    else if (model->scoresInParallel(whole.size()))
        parallel_for_(whole, scoreImages);
    else
        scoreImages(whole);
    if (wantsMaps)
        putMaps(imageMaps, maps);
    scores.swap(imageScores);
}

void DetectorCore::valueMaps(const FittedModel& model, const Mat& image, int count,
                             const FittedModel::PatchValues& valuesOf, OutputArrayOfArrays maps)
{
    checkImage(image, "The image", model.params().significantBits);
    std::vector<Mat> scoreMaps, sized(count);
    model.valueMaps(image, count, valuesOf, scoreMaps);
    for (int k = 0; k < count; k++)
        model.outputMap(scoreMaps[k], image.size(), sized[k]);
    putMaps(sized, maps);
}

double DetectorCore::profile(const Mat& image, std::vector<String>& stages, std::vector<double>& milliseconds) const
{
    static const char* const names[STAGE_COUNT] = {"preprocess", "backbone", "descriptor", "search", "map"};
    StageClock clock;
    Mat map;
    const double imageScore = reportingOutOfMemory([&]() { return score(*fittedModel(), image, map, Mat(), &clock); });
    stages.assign(names, names + STAGE_COUNT);
    milliseconds.assign(clock.milliseconds, clock.milliseconds + STAGE_COUNT);
    return imageScore;
}

void DetectorCore::calibrate(InputArrayOfArrays images, const Mat& labels, InputArrayOfArrays masks)
{
    const std::shared_ptr<const FittedModel> model = fittedModel();
    const std::unique_ptr<ImageSource> source = imagesFromArrays(images, masks, model->params().significantBits);
    const bool goodOnly = masks.empty() && allGood(labels);
    checkLabels(labels, source->size());
    if (goodOnly)
        return calibrateWithGood(*model, *source, FitReporter(FitCallback(), 1));
    const bool masked = !masks.empty();
    const Calibration calibrated = bestThresholds(*model, *source, labels, masked);
    changeModel([&calibrated, masked](DetectorModel& changed) {
        changed.calibration = calibrated;
        changed.history.imageFollows = false;
        changed.history.pixelFollows = changed.history.pixelFollows && !masked;
    });
}

void DetectorCore::calibrate(const ImageSource& goodImages)
{
    calibrateWithGood(*fittedModel(), goodImages, FitReporter(callback, 1));
}

// Says so if good images score as low as learned ones do: thresholds from them would call most new parts defective.
static void warnOfLearned(const GoodImages& before, const GoodImages& given)
{
    const size_t all = given.scores.freshScores().size(), unlearned = before.unlearnedOf(given).size();
    if (unlearned < all)
        CV_LOG_WARNING(NULL, cv::format("anomaly: %zu of %zu good images score so low that the model must have learned "
                                        "them, which makes thresholds from them too low: give parts made since",
                                        all - unlearned, all));
}

void DetectorCore::calibrateWithGood(const FittedModel& model, const ImageSource& images, const FitReporter& reporter)
{
    if (images.size() == 0)
        CV_Error(Error::StsBadArg, "There is no image to calibrate with, expected at least one");
    std::vector<int> all(images.size());
    std::iota(all.begin(), all.end(), 0);
    const GoodScores scores = scoresOfGoodImages(model, images, all, reporter);
    const GoodImages good = scores.kept(0);
    if (model.model.history.images > 0)
        warnOfLearned(model.model.history.good, good);
    const Calibration calibrated = scores.calibrate(model.params().thresholdQuantile);
    changeModel([&](DetectorModel& changed) {
        changed.calibration = calibrated;
        changed.history.imageFollows = changed.history.pixelFollows = true;
        if (changed.history.images > 0) // files keep no images for a model without that number
            changed.history.good = good;
    });
}

// ---- save

void DetectorCore::read(const FileNode& node)
{
    reportingOutOfMemory([&]() {
        const DetectorModel model = readModel(node, {&backboneSource.bytes, String(), String()});
        if (String(model.method->name()) != usedMethod->name())
            CV_Error_(Error::StsParseError, ("Model file is of method '%s', expected %s: read it by loadDetector",
                                             model.method->name(), usedMethod->name()));
        useModel(model);
    });
}

void DetectorCore::save(const String& filename) const
{
    checkModelFileName(filename);
    const std::shared_ptr<const FittedModel> model = fittedModel();
    const auto write = [&](const String& temporary) {
        writeModelFile(temporary, [&](FileStorage& file) { writeWholeModel(file, model->model); });
        checkWritten(temporary, model->model);
    };
    reportingOutOfMemory([&]() { replaceFile(filename, write); });
}

void DetectorCore::saveToMemory(std::vector<uchar>& bytes) const
{
    reportingOutOfMemory([&]() {
        DetectorModel whole = fittedModel()->model;
        if (!isEmbeddedBackbone(whole.backbone.name))
        {
            std::unique_ptr<Method> method = whole.method->clone();
            method->sharedParams().embedBackbone = true;
            whole.method = std::move(method);
        }
        FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML | FileStorage::BASE64);
        writeWholeModel(file, whole);
        const String text = file.releaseAndGetString();
        bytes.assign(text.begin(), text.end());
    });
}

int DetectorCore::exportOnnx(const String& filename, const OnnxExportSettings& settings) const
{
    const std::shared_ptr<const FittedModel> model = fittedModel();
    int batch = 0;
    reportingOutOfMemory([&]() {
        const ExportedGraph exported = onnxOf(*model, settings);
        replaceFile(filename, [&](const String& temporary) { writeOnnx(exported.graph, temporary); });
        batch = exported.batch;
    });
    return batch;
}

std::shared_ptr<DetectorCore> DetectorCore::clone() const
{
    return reportingOutOfMemory([&]() {
        const std::shared_ptr<DetectorCore> copy(new DetectorCore);
        copy->fitted = std::atomic_load(&fitted);
        const std::lock_guard<std::mutex> lock(mutex);
        copy->usedMethod = copy->fitted ? copy->fitted->model.method : usedMethod;
        copy->usedEngine = copy->fitted ? copy->fitted->device.engine : usedEngine.load();
        copy->usedTarget = copy->fitted ? copy->fitted->device.target : usedTarget.load();
        copy->backboneSource = copy->fitted ? copy->fitted->model.backbone : backboneSource;
        copy->backbone = copy->fitted ? copy->fitted->backbone : backbone;
        return copy;
    });
}

}} // namespace cv::anomaly

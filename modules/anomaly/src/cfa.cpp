// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "adaptation.hpp"
#include "cfa_params.hpp"
#include "engine.hpp"
#include "file_replacement.hpp"
#include "fitted.hpp"
#include "image_source.hpp"
#include "random_stream.hpp"
#include "random_view.hpp"
#include "trainer_loader.hpp"
#include "workspace_pool.hpp"

#include "opencv2/imgproc.hpp"

namespace cv {
namespace anomaly {

namespace {

// Thresholds from the learned images themselves need no more than this many: a quantile of 0.995 is then the third highest.
const int mostLearnedImagesScored = 512;

// Any nonzero value marks a pixel, 1 as well as 255.
Mat maskAtInput(const Mat& mask, const InputSettings& input)
{
    return mask.empty() ? Mat() : preprocessMask(mask != 0, input);
}

bool leavesPixels(const Mat& inputMask)
{
    return inputMask.empty() || countNonZero(inputMask) > 0;
}

class CFAImpl CV_FINAL : public CFA
{
public:
    explicit CFAImpl(const Params& p) : params(p), engine(resolveEngine(ENGINE_AUTO))
    {
        checkParams(params);
        backboneSource = loadBackbone(params.backbone, params.outputs);
        backbone = Backbone::create(backboneSource, engine);
        if (!isEmbeddedBackbone(params.backbone))
            backbone->forward(preprocess(Mat::zeros(params.inputSize, params.inputSize, CV_8UC3), inputSettings(params, INPUT_RESIZED)));
    }

    CFAImpl(const CfaModel& model, int useEngine) : engine(useEngine) { adopt(model); }

    void fit(InputArrayOfArrays images, InputArrayOfArrays masks) CV_OVERRIDE { fitSource(*imagesFromArrays(images, masks)); }
    void fit(const std::vector<String>& files) CV_OVERRIDE { fitSource(*imagesFromFiles(files)); }
    void setFitCallback(const FitCallback& function) CV_OVERRIDE { callback = function; }

    double predict(InputArray image, OutputArray map, InputArray mask) const CV_OVERRIDE { return score(image.getMat(), map, mask.getMat(), NULL); }
    void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps) const CV_OVERRIDE;
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
    double normalizedScore(double score) const CV_OVERRIDE { return anomaly::normalizedScore(current()->model.calibration, score); }
    void maskToInput(InputArray mask, OutputArray inputMask) const CV_OVERRIDE
    {
        CV_CheckTypeEQ(mask.type(), CV_8UC1, "A mask has one byte a pixel");
        preprocessMask(mask.getMat(), inputSettings(params, inputModes(params.inputMode)[0])).copyTo(inputMask);
    }

    void randomView(InputArray image, InputArray mask, int seed, OutputArray view, OutputArray viewMask) const CV_OVERRIDE;

    int getMapSize() const CV_OVERRIDE { return params.mapSize; }
    void setMapSize(int size) CV_OVERRIDE
    {
        CV_CheckGE(size, int(MAP_IMAGE), "Map size must be MAP_IMAGE or MAP_INPUT");
        CV_CheckLE(size, int(MAP_INPUT), "Map size must be MAP_IMAGE or MAP_INPUT");
        params.mapSize = size;
    }
    int getEngine() const CV_OVERRIDE { return engine; }
    void setEngine(int wanted) CV_OVERRIDE;

    void neighbourMaps(InputArray image, OutputArrayOfArrays maps) const CV_OVERRIDE;
    Params getParams() const CV_OVERRIDE { return params; }
    double getRadius() const CV_OVERRIDE { return current()->model.models[0].radius; }
    Mat getMemoryBank() const CV_OVERRIDE { return current()->model.models[0].bank.C.clone(); }

    bool empty() const CV_OVERRIDE { return !std::atomic_load(&fitted); }
    void clear() CV_OVERRIDE { std::atomic_store(&fitted, std::shared_ptr<const Fitted>()); }
    String getDefaultName() const CV_OVERRIDE { return "opencv_anomaly"; }
    using Algorithm::write;
    void write(FileStorage& file) const CV_OVERRIDE { writeModel(file, modelToWrite()); }
    void read(const FileNode& node) CV_OVERRIDE { adopt(readModel(node, {&backboneSource.bytes, String(), String()})); }
    void save(const String& filename) const CV_OVERRIDE;

private:
    std::shared_ptr<const Fitted> current() const;
    CfaModel modelToWrite() const;
    void adopt(const CfaModel& model);
    void setCalibration(double Calibration::*value, double to);

    void fitSource(const ImageSource& images);
    TrainedModel learn(const ImageSource& images, std::vector<int>& chosen, int inputMode, TrainingCheckpoint& checkpoint, FitReporter& reporter) const;
    RandomView viewOf(uint64 item, int seed) const;
    TrainingFeatures features(const Mat& image, const Mat& mask, const InputSettings& input) const;
    Calibration thresholds(const Fitted& next, const ImageSource& images, const std::vector<int>& good, const std::vector<int>& learned, const FitReporter& reporter) const;
    GoodScores scoresOf(const Fitted& next, const ImageSource& images, const std::vector<int>& good, const FitReporter& reporter) const;
    std::vector<int> scorable(const ImageSource& images, const std::vector<int>& wanted) const;
    bool readImage(const ImageSource& images, int index, Mat& image) const;

    double score(const Mat& image, OutputArray map, const Mat& mask, StageClock* clock) const;
    bool takesImagesAtOnce(int count) const;

    Params params;
    int engine;
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
    const std::shared_ptr<const Backbone> network = Backbone::create(model.backbone, engine);
    const std::shared_ptr<const Fitted> next = std::make_shared<Fitted>(model, network, engine);
    params = model.params;
    backboneSource = model.backbone;
    backbone = network;
    std::atomic_store(&fitted, next);
}

void CFAImpl::setEngine(int wanted)
{
    const int resolved = resolveEngine(wanted);
    const std::shared_ptr<const Backbone> network = resolved == engine ? backbone : Backbone::create(backboneSource, resolved);
    if (!empty())
        std::atomic_store(&fitted, std::shared_ptr<const Fitted>(std::make_shared<Fitted>(current()->model, network, resolved)));
    backbone = network;
    engine = resolved;
}

void CFAImpl::setCalibration(double Calibration::*value, double to)
{
    if (cvIsNaN(to) || cvIsInf(to))
        CV_Error_(Error::StsOutOfRange, ("A threshold of %g is no number to compare scores with", to));
    const std::shared_ptr<Fitted> next = std::make_shared<Fitted>(*current());
    next->model.calibration.*value = to;
    std::atomic_store(&fitted, std::shared_ptr<const Fitted>(next));
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
        CV_Error_(Error::StsBadArg, ("%d images to fit, expected at least %d: two to learn from and %d for thresholds", images.size(), fewest, heldOut));
    if (params.adaptation != ADAPTATION_NONE && params.epochs > 0)
        requireTrainer();

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
    const std::shared_ptr<Fitted> made = std::make_shared<Fitted>(next, backbone, engine);
    made->model.calibration = thresholds(*made, images, good, learned, FitReporter(callback, 1));
    std::atomic_store(&fitted, std::shared_ptr<const Fitted>(made));
}

// False: left out, as skipUnreadable asks.
bool CFAImpl::readImage(const ImageSource& images, int index, Mat& image) const
{
    try
    {
        image = images.image(index);
        return true;
    }
    catch (const cv::Exception& e)
    {
        if (!params.skipUnreadable)
            throw;
        CV_LOG_WARNING(NULL, "anomaly: left out: " << e.err);
        return false;
    }
}

// Those that can be read and scored: found out before the training, not after it.
std::vector<int> CFAImpl::scorable(const ImageSource& images, const std::vector<int>& wanted) const
{
    std::vector<int> found;
    for (const int index : wanted)
    {
        Mat image;
        if (readImage(images, index, image) && leavesPixels(maskAtInput(images.mask(index), inputSettings(params, inputModes(params.inputMode)[0]))))
            found.push_back(index);
    }
    return found;
}

// `chosen` loses the images that cannot be read.
TrainedModel CFAImpl::learn(const ImageSource& images, std::vector<int>& chosen, int inputMode, TrainingCheckpoint& checkpoint, FitReporter& reporter) const
{
    const InputSettings input = inputSettings(params, inputMode);
    std::vector<int> readable;
    FeatureCache cache([&](int i) { return features(images.image(readable[i]), images.mask(readable[i]), input); }, size_t(params.cacheMiB) << 20);
    for (size_t i = 0; i < chosen.size(); i++)
    {
        Mat image;
        if (readImage(images, chosen[i], image))
        {
            readable.push_back(chosen[i]);
            cache.put(int(readable.size()) - 1, features(image, images.mask(chosen[i]), input));
        }
        reporter.report("features", int(i) + 1, int(chosen.size()));
    }
    if (readable.size() < 2)
        CV_Error_(Error::StsBadArg, ("%zu of %zu images can be read, expected at least two to learn from", readable.size(), chosen.size()));
    chosen = readable;
    TrainingData data = {int(readable.size()), cache, std::function<TrainingFeatures(int, int)>()};
    if (params.augmentation == AUGMENT_RD)
        data.view = [&](int i, int epoch) {
            const RandomView view = viewOf(uint64(epoch) << 32 | readable[i], params.seed);
            const InputSettings uncut = {input.crop, input.crop, input.mean, input.scale, input.swapRB};
            return features(view.of(images.image(readable[i]), input.crop), view.ofMask(images.mask(readable[i]), input.crop), uncut);
        };
    TrainedModel model = adapt(data, params, engine, checkpoint, reporter);
    model.inputMode = inputMode;
    return model;
}

RandomView CFAImpl::viewOf(uint64 item, int seed) const
{
    return RandomView(std::max(params.resizeSize, params.inputSize), params.inputSize, randomStream(seed, RANDOM_VIEW, item));
}

void CFAImpl::randomView(InputArray image, InputArray mask, int seed, OutputArray view, OutputArray viewMask) const
{
    const Mat source = image.getMat(), sourceMask = mask.getMat();
    checkImage(source);
    checkMask(sourceMask, source.size());
    const RandomView chosen = viewOf(0, seed);
    const int side = params.inputMode == INPUT_RESIZED ? params.inputSize : params.resizeSize; // of which INPUT_CROPPED takes the centre
    chosen.of(source, side).copyTo(view);
    if (viewMask.needed())
        chosen.ofMask(sourceMask, side).copyTo(viewMask);
}

TrainingFeatures CFAImpl::features(const Mat& image, const Mat& mask, const InputSettings& input) const
{
    const FeatureMaps maps = backbone->forward(preprocess(image, input));
    TrainingFeatures found;
    found.maps = poolPatches(maps.maps);
    if (!mask.empty())
    {
        resize(maskAtInput(mask, input), found.mask, patchGrid(maps.maps), 0, 0, INTER_NEAREST);
        found.mask = found.mask.reshape(1, 1);
    }
    return found;
}

Calibration CFAImpl::thresholds(const Fitted& next, const ImageSource& images, const std::vector<int>& good, const std::vector<int>& learned,
                                const FitReporter& reporter) const
{
    GoodScores scores = scoresOf(next, images, good, reporter);
    if (scores.empty())
    {
        CV_LOG_WARNING(NULL, "anomaly: no image was held out (see validationFraction), so thresholds come from the images that were learned and are a little low");
        scores = scoresOf(next, images, learned, reporter);
    }
    return scores.calibrate(params.thresholdQuantile);
}

GoodScores CFAImpl::scoresOf(const Fitted& next, const ImageSource& images, const std::vector<int>& good, const FitReporter& reporter) const
{
    GoodScores scores;
    const size_t stride = std::max<size_t>(1, (good.size() + mostLearnedImagesScored - 1) / mostLearnedImagesScored);
    for (size_t i = 0; i < good.size(); i += stride)
    {
        const Mat mask = maskAtInput(images.mask(good[i]), next.input());
        if (!leavesPixels(mask))
            continue;
        Mat map;
        next.inputMap(images.image(good[i]), NULL, map);
        scores.add(next.imageScore(map, mask), map, mask);
        reporter.report("thresholds", int(i) + 1, int(good.size()));
    }
    return scores;
}

// ---- predict

double CFAImpl::score(const Mat& image, OutputArray map, const Mat& mask, StageClock* clock) const
{
    const std::shared_ptr<const Fitted> now = current();
    checkImage(image);
    checkMask(mask, image.size());
    const Mat inputMask = maskAtInput(mask, now->input());
    if (!leavesPixels(inputMask))
        CV_Error(Error::StsBadArg, "The mask leaves no pixel of the image to score: it must be nonzero where the image is to be checked");
    const WorkspacePool<Mat>::Loan inputMap(inputMaps);
    now->inputMap(image, clock, *inputMap);
    const double score = now->imageScore(*inputMap, inputMask);
    if (map.needed())
    {
        const bool atImage = params.mapSize == MAP_IMAGE;
        map.create(atImage ? image.size() : inputMap->size(), CV_32F);
        Mat full = map.getMat();
        if (atImage)
            now->imageMap(*inputMap, full);
        else
            inputMap->copyTo(full);
        if (!mask.empty())
            full.setTo(0, (atImage ? mask : inputMask) == 0);
    }
    lap(clock, STAGE_MAP);
    return score;
}

// An image for each thread leaves no thread to wait for another, a tenth less time; but each needs a network of its own.
bool CFAImpl::takesImagesAtOnce(int count) const
{
    const size_t bytesAtMost = 512 << 20, networkCopies = 4; // cv::dnn's and the kernels' forms of the weights, maps
    return count >= 2 * getNumThreads() && getNumThreads() * networkCopies * backboneSource.bytes.size() <= bytesAtMost;
}

void CFAImpl::predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps) const
{
    std::vector<Mat> all, made;
    images.getMatVector(all);
    for (size_t i = 0; i < all.size(); i++)
        checkImage(all[i], "Image " + std::to_string(i));
    std::vector<double> found(all.size());
    made.resize(all.size());
    const bool wantsMaps = maps.needed();
    const auto scoreImages = [&](const Range& range) {
        for (int i = range.start; i < range.end; i++)
            found[i] = wantsMaps ? score(all[i], made[i], Mat(), NULL) : score(all[i], noArray(), Mat(), NULL);
    };
    const Range whole(0, int(all.size()));
    if (takesImagesAtOnce(whole.size()))
        parallel_for_(whole, scoreImages);
    else
        scoreImages(whole);
    scores = found;
    if (!maps.needed())
        return;
    maps.create(int(made.size()), 1, CV_32F);
    for (size_t i = 0; i < made.size(); i++)
        maps.getMatRef(int(i)) = made[i];
}

void CFAImpl::neighbourMaps(InputArray image, OutputArrayOfArrays maps) const
{
    const std::shared_ptr<const Fitted> now = current();
    const Mat source = image.getMat();
    checkImage(source);
    std::vector<Mat> nearest;
    now->neighbourMaps(source, nearest);
    maps.create(int(nearest.size()), 1, CV_32F);
    for (size_t k = 0; k < nearest.size(); k++)
    {
        Mat& map = maps.getMatRef(int(k));
        map = nearest[k];
        if (params.mapSize == MAP_IMAGE)
        {
            map.create(source.size(), CV_32F);
            now->imageMap(nearest[k], map);
        }
    }
}

double CFAImpl::profile(InputArray image, std::vector<String>& stages, std::vector<double>& milliseconds) const
{
    static const char* const names[STAGE_COUNT] = {"preprocess", "backbone", "descriptor", "search", "map"};
    StageClock clock;
    Mat map;
    const double found = score(image.getMat(), map, Mat(), &clock);
    stages.assign(names, names + STAGE_COUNT);
    milliseconds.assign(clock.milliseconds, clock.milliseconds + STAGE_COUNT);
    return found;
}

void CFAImpl::calibrate(InputArrayOfArrays images, InputArray labels, InputArrayOfArrays masks)
{
    const std::shared_ptr<const Fitted> now = current();
    const std::unique_ptr<ImageSource> source = imagesFromArrays(images, masks);
    LabelledScores scores;
    for (int i = 0; i < source->size(); i++)
    {
        const Mat image = source->image(i), defects = source->mask(i);
        Mat map;
        now->inputMap(image, NULL, map);
        scores.add(now->imageScore(map, Mat()), map, maskAtInput(defects, now->input()));
    }
    const std::shared_ptr<Fitted> next = std::make_shared<Fitted>(*now);
    next->model.calibration = scores.calibrate(labels.getMat(), !masks.empty(), now->model.calibration);
    std::atomic_store(&fitted, std::shared_ptr<const Fitted>(next));
}

// ---- save

CfaModel CFAImpl::modelToWrite() const
{
    CfaModel model = current()->model;
    model.params.mapSize = params.mapSize;
    return model;
}

void CFAImpl::save(const String& filename) const
{
    checkModelFileName(filename);
    const CfaModel model = modelToWrite();
    replaceFile(filename, [&](const String& temporary) {
        FileStorage file = openModelFile(temporary, FileStorage::WRITE | FileStorage::BASE64);
        file << getDefaultName() << "{";
        writeModel(file, model);
        file << "}";
        file.release();
        checkWritten(temporary, model);
    });
}

} // namespace

Ptr<CFA> CFA::create(const Params& parameters)
{
    return makePtr<CFAImpl>(parameters);
}

Ptr<CFA> CFA::load(const String& filename, const String& backboneFile)
{
    const FileStorage file = openModelFile(filename, FileStorage::READ);
    const BackbonePlaces places = {NULL, backboneFile, folderOf(filename)};
    return makePtr<CFAImpl>(readModel(modelNode(file, filename), places), resolveEngine(ENGINE_AUTO));
}

}} // namespace cv::anomaly

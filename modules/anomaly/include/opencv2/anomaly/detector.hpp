// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DETECTOR_HPP
#define OPENCV_ANOMALY_DETECTOR_HPP

#include "opencv2/core.hpp"

#include <functional>
#include <map>
#include <vector>

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

//! Resolution of the score map that AnomalyDetector::predict returns.
enum MapSize
{
    MAP_IMAGE = 0, //!< the map has as many pixels as the image
    //! The map has the resolution at which the model works, at which papers measure pixel figures. With tiles it grows
    //! with the image.
    MAP_INPUT = 1
};

//! Implementation that computes patch scores and maps. The choice belongs to the machine, so it is never saved.
enum Engine
{
    ENGINE_AUTO = 0,  //!< ENGINE_HALIDE if this build has it, else ENGINE_PLAIN
    ENGINE_PLAIN = 1, //!< plain C++ and unmodified cv::dnn; on the processor only, and in every build
    //! Halide kernels for the instruction set of the processor or for the GPU, for the backbone's convolutions too
    ENGINE_HALIDE = 2
};

//! How an image, or one of its tiles (see DetectorParams::tile), becomes the backbone's input.
enum InputMode
{
    INPUT_RESIZED = 0, //!< the whole image is stretched to the input's shape
    //! The image is stretched to resizeSize / inputSize times the sides of the input, and its center is the input.
    //! Outside of that center the map is 0, and its pixels do not count.
    INPUT_CROPPED = 1,
    //! One model for each of the two modes above. Their maps are averaged where both models see the image (CFA++ of
    //! @cite Lee2022cfa).
    INPUT_ENSEMBLE = 2
};

//! How the image's score is taken from its map.
enum ImageScore
{
    SCORE_MAX = 0, //!< the highest value of the map
    SCORE_TOP = 1  //!< the mean of the highest values of the map, DetectorParams::topShare of all its pixels
};

//! Numbers in which the backbone is computed.
enum Precision
{
    PRECISION_FLOAT32 = 0, //!< single precision
    //! Whole numbers of 8 bits, with sums of 32 bits. The network's maps are the same bit for bit on every processor,
    //! and for any number of threads. With AVX-512 VNNI or AVX-VNNI they take half the time of single precision or
    //! less, with AVX2 alone as much (a ResNet nearly twice as much), and on other processors more.
    PRECISION_INT8 = 1
};

//! Order in which an exported model takes the colors of a pixel.
enum ExportColors
{
    EXPORT_BGR = 0, //!< blue, green, red, as cv::imread returns them
    EXPORT_RGB = 1  //!< red, green, blue
};

//! Order of dimensions in which an exported model takes a batch of images.
enum ExportLayout
{
    EXPORT_NHWC = 0, //!< images x rows x columns x 3, as the pixels of a cv::Mat lie in memory
    EXPORT_NCHW = 1  //!< images x 3 x rows x columns
};

/** @brief The settings that detectors of all methods have. A method's own Params adds to them.

They are saved with a model, but for skipUnreadable and cacheMiB, which belong to the machine that fits.
*/
struct CV_EXPORTS_W_SIMPLE DetectorParams
{
    CV_WRAP DetectorParams();

    //! Network that computes the features: "lite0", "efficientnet-lite0/1" and "" all name the embedded
    //! EfficientNet-Lite0; any other text is the name of an ONNX file. Default: "".
    CV_PROP_RW String backbone;
    //! Whether save writes the bytes of the ONNX file into the model file, so that the model needs no second file.
    //! Default: false.
    CV_PROP_RW bool embedBackbone;
    //! Names of the network's outputs whose maps are used, the finest map first. Default: c2, c3, c4.
    CV_PROP_RW std::vector<String> outputs;
    //! Numbers in which the network is computed, one of cv::anomaly::Precision. With PRECISION_INT8 fit finds the range
    //! of each of the network's maps on up to 32 of the good images, and everything after the network learns from what
    //! whole numbers give. The ranges belong to the model file. It needs a network of convolutions (over all channels,
    //! or over each by itself), batch normalization, ReLU, Clip, Add and MaxPool; its models predict on the processor
    //! only, and cannot be exported to ONNX. Default: PRECISION_FLOAT32.
    CV_PROP_RW int precision;
    //! Value that is subtracted from each color channel of 0 to 255, in the order of channels in which the network
    //! takes them. It has to be that of the network's training. Default: 127.
    CV_PROP_RW Scalar inputMean;
    //! Factor by which each channel is multiplied after the subtraction. Default: 1/128.
    CV_PROP_RW Scalar inputScale;
    //! Whether the network takes channels in the order RGB; images themselves are always given as BGR. Default: true.
    CV_PROP_RW bool swapRB;
    //! Number of bits that the camera fills in 16-bit images, counted from the lowest. Set 10, 12 or 14 for cameras
    //! that deliver no more, because their images are nearly black otherwise. An image with a higher value is refused.
    //! Range: [8, 16]. Default: 16.
    CV_PROP_RW int significantBits;
    //! Whether fit chooses matchContrast by itself: it sets it where contrast, the standard deviation of an image's
    //! values, differs by more than 20 % among up to 64 good images (standard deviation over mean), as happens where
    //! light or exposure change. false: matchContrast is used as it is given. Default: true.
    CV_PROP_RW bool chooseContrast;
    //! Whether every image is brought to the same brightness and contrast before the network sees it: to a mean of 127
    //! and a standard deviation of 40 of all its 8-bit values. This finds more defects where light and exposure change,
    //! and costs accuracy where they do not, because a large defect changes the contrast of the whole image. It cannot
    //! be combined with tiles. If chooseContrast is true, every fit overwrites it. Default: false.
    CV_PROP_RW bool matchContrast;
    //! Part of the image that the network sees, one of cv::anomaly::InputMode. Default: INPUT_RESIZED.
    CV_PROP_RW int inputMode;
    //! Size of the network's input, as the side of a square with the same area. More pixels find smaller defects and
    //! take more time: 320 takes twice as long as 224. Range: [32, 4096]. Default: 224.
    CV_PROP_RW int inputSize;
    //! Whether fit chooses inputShape so that images keep their aspect ratio. It takes the median aspect ratio of up to
    //! 32 training images, limited to 1:8 and 8:1, an area of about inputSize x inputSize, and sides that are multiples
    //! of the network's stride, at least twice the stride. Square images and tiles get exactly inputSize x inputSize.
    //! All images of a model, also those with another aspect ratio, are stretched to that one shape. false: inputShape
    //! is used as it is given, for instance for a network that accepts a single size. Default: true.
    CV_PROP_RW bool keepAspect;
    //! Width and height of the network's input in pixels; an empty Size means inputSize x inputSize. If keepAspect is
    //! true, every fit overwrites it, and a detector that was fitted or loaded tells the shape in use. Range: [32,
    //! 4096] for each side. Default: empty.
    CV_PROP_RW Size inputShape;
    //! For INPUT_CROPPED and randomView: the input is cut from an image whose sides are resizeSize / inputSize times as
    //! long as those of the input. For a square input that image has resizeSize x resizeSize pixels. Range: [32, 8192].
    //! Default: 256.
    CV_PROP_RW int resizeSize;

    //! Side in pixels of the square tiles that a large image is cut into. Each tile is stretched to inputSize x
    //! inputSize; fit learns from all tiles alike, and predict blends their maps into one. 0: images are seen as a
    //! whole. Tiles need INPUT_RESIZED and an inputShape that is empty or square. Range: 0, or [32, 65536]. Default: 0.
    CV_PROP_RW int tile;
    //! Least overlap of neighboring tiles, as a share of their side. Range: [0, 0.5]. Default: 1/8.
    CV_PROP_RW double tileOverlap;

    //! Number of turns in which fit learns each training image or tile, spread evenly over 360 degrees: 8 means steps
    //! of 45 degrees. Turns help where parts lie at any angle and there are only some ten images of them. Some hundred
    //! images show all angles by themselves, and turns then cost accuracy. Corners that turn in from outside the image
    //! are not learned. A fit takes up to that many times as long; a prediction takes longer with SPADE only. PaDiM
    //! learns no turns. 0: PatchCore learns 8 turns of at most 40 images whose parts lie at any angle, which it finds
    //! out by how much nearer good images come to one another when they are turned; without turns it learns all other
    //! images, and so do the other methods. getRotations() tells the number in use. Range: [0, 64]. Default: 0.
    CV_PROP_RW int rotations;

    //! Standard deviation of the Gaussian that smooths the map, in pixels of the network's input; 0: no smoothing.
    //! Range: [0, 100]. Default: 4.
    CV_PROP_RW double smoothSigma;
    //! How a map becomes the score of its image, one of cv::anomaly::ImageScore; it is computed at the resolution of
    //! the network's input. SPADE ignores it and has an image score of its own. Default: SCORE_TOP.
    CV_PROP_RW int imageScore;
    //! Share of the map's pixels, the highest ones, whose mean is the image score of SCORE_TOP. Range: (0, 1]. Default:
    //! 0.003; CFA: 0.01.
    CV_PROP_RW double topShare;
    //! Resolution of the maps that predict returns, one of cv::anomaly::MapSize. Default: MAP_IMAGE.
    CV_PROP_RW int mapSize;

    //! Share of the good images that fit does not learn from, but sets the thresholds with. 0: thresholds come from the
    //! learned images, each scored without what that image taught the model; PatchCore and CFA also leave out what the
    //! image most similar to it taught. Where a method cannot do that (CFA with another bank than its default one,
    //! PaDiM with two images), thresholds are too low, and fit says so in the log. Range: [0, 0.5]. Default: 0.
    CV_PROP_RW double validationFraction;
    //! Share of further good images that is expected below the thresholds: below the image threshold with their scores,
    //! and below the pixel threshold with their maps, regions smaller than defectArea excepted. A lower value finds
    //! more defects and calls more good images defective. It is extrapolated where there are too few good images to
    //! tell (fewer than 33 for 0.97); 1: the threshold is the highest good score. Range: [0, 1]. Default: 0.97.
    CV_PROP_RW double thresholdQuantile;
    //! Least number of pixels of a region above the pixel threshold that is called a defect, counted in a map of the
    //! size of the network's input (MAP_INPUT). The default is a little less than a patch. Range: [0, 2^24]. Default:
    //! 50.
    CV_PROP_RW int defectArea;
    //! Share of the images given to fit that may be defective after all, for instance because nobody has looked through
    //! them. What only the images have that are most unlike all others, as many as this share, is left out of the banks
    //! of PatchCore and CFA, and as many, those with the highest scores, are left out of the thresholds. Range: [0,
    //! 0.5]. Default: 0.
    CV_PROP_RW double contamination;
    //! Seed of everything that is random in fit: the same seed, number of threads and build give the same model.
    //! Default: 0.
    CV_PROP_RW int seed;

    //! Whether fit leaves out files that cannot be read, with a warning, instead of stopping. Default: false.
    CV_PROP_RW bool skipUnreadable;
    //! Memory in MiB for features during fit. Features beyond it are stored in a temporary file, in OPENCV_TEMP_PATH or
    //! else the system's folder for temporary files; where the disk is full they are computed again at each use. Range:
    //! 0 or more. Default: 2048.
    CV_PROP_RW int cacheMiB;
};

//! How far a running fit has come; FitCallback receives it.
struct CV_EXPORTS FitProgress
{
    //! Stage of the method's work that is running, such as "features", "coreset", "training" or "thresholds".
    String stage;
    int step;   //!< finished steps of this stage: images, chosen patches, or batches counted over all epochs
    int steps;  //!< number of steps of this stage
    int epoch;  //!< the running epoch, counted from 1; 0 if the stage has no epochs
    int epochs; //!< number of epochs; 0 if the stage has none
    //! Figures of the training by name, each the mean over the running epoch so far; empty for methods that do not
    //! train. The method's class documents its figures, see CFA.
    std::map<String, double> figures;
};

//! Function that fit and update call while they run, from the thread that called them. If it returns false, fit throws
//! an exception with code Error::StsError and the detector stays as it was. The function may call const methods of the
//! detector, but must not change it.
typedef std::function<bool(const FitProgress&)> FitCallback;

/** @brief A detector that learns from good images what is normal, and scores how far an image is from that.

Images are 8-bit with 1, 3 (BGR) or 4 (BGRA, alpha is dropped) channels, 16-bit (full range: divided by 257, unless
DetectorParams::significantBits says otherwise), or floating point (0..1). They have at least 8x8 pixels. NaN and
infinity are refused. Every error, out-of-memory included, is a cv::Exception, and the detector then stays as it was.

Threads: the const methods may be called from several threads on one object, also while another thread changes it by
fit, update, calibrate, read, clear or a setter. A running call keeps the model, engine and map size with which it began
(predictBatch keeps them for all its images); calls that begin after the change see the new ones. Other threads keep
using the old model until fit() returns. Only one thread at a time may change an object: two changes at the same time
are not synchronized. Separate detectors share no state.
*/
class CV_EXPORTS_W AnomalyDetector : public Algorithm
{
public:
    //! Name of the method, as it stands in model files: "CFA", "PatchCore", "PaDiM" or "SPADE".
    CV_WRAP virtual String getMethod() const = 0;

    //! Settings in use, as far as detectors of all methods have them.
    CV_WRAP virtual DetectorParams getDetectorParams() const = 0;

    /** @brief Learns from good images.
    @param images vector of images; sizes may differ
    @param masks empty, or one CV_8UC1 mask of the same size for each image (an empty Mat stands for the whole image).
    Only patches under nonzero pixels are learned
    */
    CV_WRAP virtual void fit(InputArrayOfArrays images, InputArrayOfArrays masks = noArray()) = 0;

    /** @brief Learns from good image files, read one at a time, so that memory does not grow with the files' sizes.
    @param files names of files that cv::anomaly::readImage can read
    @param mask empty, or one CV_8UC1 mask for all images, which then have its size, as those of a fixed camera do. Only
    patches under nonzero pixels are learned
    */
    CV_WRAP_AS(fitFiles) virtual void fit(const std::vector<String>& files, InputArray mask = noArray()) = 0;

    /** @brief Adds further good images to the fitted model without the images that it learned before: parts of a new
    batch, or good images that were called defective.

    PatchCore and CFA choose their bank again, from the old bank and the patches of the new images, and keep to the size
    given in the settings. PaDiM adds the images to its sums. SPADE appends them, so its model grows with each image.
    All else stays as fit learned it: the shape and contrast of the input, PatchCore's axes and window, CFA's descriptor
    and radius. All new images are taken as good (DetectorParams::contamination has no effect), and none is kept out
    (neither has validationFraction).

    Both thresholds follow. Each new image (at most 200 of them) is scored by the new model without what that image
    taught it. Its score joins the scores of earlier good images, of which the newest 1,000 are kept, and the thresholds
    are quantiles of these as after fit. Because a larger model gives lower scores, the earlier scores are first
    multiplied by a factor: the median ratio of new to old score over those new images that the old model called good.
    This needs at least three such images; if images are added one by one, the thresholds stay a little high. Images
    that the model had learned already, which it knows by their low scores, leave the thresholds nearly as they are. A
    threshold that was set by hand, or by calibrate with labels, stays as it is.

    While update runs, other threads use the old model. If it throws, the old model stays.
    @param images vector of at least one image; sizes may differ
    @param masks as for fit
    @throws cv::Exception of code Error::StsNotImplemented if the model was saved before model files kept what an update
    needs, and for CFA with a scoring bank of k-means centers
    */
    CV_WRAP virtual void update(InputArrayOfArrays images, InputArrayOfArrays masks = noArray()) = 0;

    /** @brief Adds further good image files to the fitted model, read one at a time; see update for images.
    @param files as for fit
    @param mask as for fit
    */
    CV_WRAP_AS(updateFiles) virtual void update(const std::vector<String>& files, InputArray mask = noArray()) = 0;

    //! Number of images that the model learned from, those of updates included; 0 if its file was written before model
    //! files kept this number.
    CV_WRAP virtual int getLearnedImages() const = 0;
    //! Number of updates since fit.
    CV_WRAP virtual int getUpdates() const = 0;

    //! Returns in how many turns fit learned each image: rotations of the settings, or what fit chose where that is 0.
    CV_WRAP virtual int getRotations() const = 0;

    /** @brief Figures and scores of the good images that the thresholds come from, for DriftMonitor or statistics of
    your own.
    @param figures CV_32F, one row for each image: the values of cv::anomaly::DriftFigure without the score, in the
    order of that enum
    @param scores CV_32F column: scores of good images as the model would score them had it not learned them. Their
    order does not correspond to the rows of figures. Both are empty if getLearnedImages is 0
    */
    CV_WRAP virtual void getGoodImages(OutputArray figures, OutputArray scores) const = 0;

    //! Sets the function that fit, update and calibrate for files call while they run; an empty function removes it. It
    //! is not saved.
    virtual void setFitCallback(const FitCallback& callback) = 0;

    /** @brief Scores one image.
    @param image the image, in one of the formats that AnomalyDetector lists
    @param map CV_32FC1 map of scores, higher where the image differs more from good images. setMapSize sets its size
    @param mask CV_8UC1 of the image's size: only nonzero pixels count, and the map is 0 at all others
    @return the image's score, 0 or more without an upper limit, to be compared with getImageThreshold
    */
    CV_WRAP virtual double predict(InputArray image, OutputArray map = noArray(),
                                   InputArray mask = noArray()) const = 0;

    /** @brief Scores an image file. It is read by cv::anomaly::readImage, as fit reads files.

    cv::imread without flags converts 16-bit and floating point files to 8 bits. A detector that was fitted to the files
    with their full depth may call such converted images defective, even if they are good.
    @param file name of the file
    @param map as in predict for an image
    @param mask as in predict for an image
    @return as predict for an image
    */
    CV_WRAP_AS(predictFile)
    virtual double predict(const String& file, OutputArray map = noArray(), InputArray mask = noArray()) const = 0;

    /** @brief Scores several images, which may differ in size.
    @param images vector of images
    @param scores one score for each image
    @param maps one map for each image, as predict returns it
    */
    CV_WRAP virtual void predictBatch(InputArrayOfArrays images, CV_OUT std::vector<double>& scores,
                                      OutputArrayOfArrays maps = noArray()) const = 0;

    /** @brief Scores several images for a caller who may want to stop early.
    @param images vector of images
    @param scores one score for each image
    @param maps one map for each image, or noArray()
    @param goesOn function that is called between images, and between the tiles of one image, always by the calling
    thread. Once it returns false, predictBatch throws an exception with code Error::StsError and leaves scores and maps
    as they were
    */
    virtual void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                              const std::function<bool()>& goesOn) const = 0;

    /** @brief Scores one image and measures the time of each stage.
    @param image the image
    @param stages names of the stages in order: preprocess, backbone, descriptor, search, map
    @param milliseconds time of each stage; 0 if the stage is computed together with a neighboring one
    @return the image's score, as predict returns it
    */
    CV_WRAP virtual double profile(InputArray image, CV_OUT std::vector<String>& stages,
                                   CV_OUT std::vector<double>& milliseconds) const = 0;

    /** @brief Sets both thresholds from labeled images, where F1 is best, and the range that normalizedScore uses.

    Such a threshold lies in the middle between two neighboring scores, as that of cv::anomaly::bestF1. If all defective
    images score above all good ones, it is halfway between the highest good score and the lowest defective one.

    If all labels are zero and there are no masks, both thresholds are a quantile of the good images' scores instead, as
    after fit (see DetectorParams::thresholdQuantile). Images that were not learned, of parts made since, are best for
    this.
    @param images vector of good and defective images
    @param labels one integer for each image, nonzero if it is defective; may be empty if masks are given
    @param masks empty, or one CV_8UC1 mask for each image that is nonzero on defects (an empty Mat: no defect). The
    pixel threshold needs them and stays as it is without them
    */
    CV_WRAP virtual void calibrate(InputArrayOfArrays images, InputArray labels,
                                   InputArrayOfArrays masks = noArray()) = 0;

    /** @brief Sets both thresholds from good image files, read one at a time: calibrate with labels that are all zero.

    The files should show parts made since, as the model will meet them. Images that it learned score too low, and so
    would the thresholds be; a warning says so where their scores show it. While calibrate runs, other threads use the
    old thresholds.
    @param files names of at least one file that cv::anomaly::readImage can read. One that cannot be read is refused
    with its name, and nothing changes
    @param mask empty, or one CV_8UC1 mask for all images, which then have its size. Only nonzero pixels count
    */
    CV_WRAP_AS(calibrateFiles)
    virtual void calibrate(const std::vector<String>& files, InputArray mask = noArray()) = 0;

    //! Score from which an image is called defective.
    CV_WRAP virtual double getImageThreshold() const = 0;
    //! @param threshold image score from which an image is called defective; NaN and infinity are refused
    CV_WRAP virtual void setImageThreshold(double threshold) = 0;

    //! Map value from which a pixel is called defective, if it belongs to a region of at least getDefectArea pixels.
    CV_WRAP virtual double getPixelThreshold() const = 0;
    //! @param threshold map value from which a pixel is called defective; NaN and infinity are refused
    CV_WRAP virtual void setPixelThreshold(double threshold) = 0;

    //! Smallest region that is called a defect, in pixels of a map that has the image's size: the minimumArea of
    //! findDefects and drawDefects (see DetectorParams::defectArea).
    //! @param imageSize size of the image
    CV_WRAP virtual double getDefectArea(Size imageSize) const = 0;

    /** @brief Lowest and highest map value seen while the thresholds were set: one fixed range to draw all maps with.
    */
    CV_WRAP virtual void getMapRange(CV_OUT double& lowest, CV_OUT double& highest) const = 0;

    /** @brief Brings a score to a scale from 0 to 1 on which the image threshold lies at 0.5:
    clip((score - image threshold) / (highest - lowest) + 0.5, 0, 1), with the range that getMapRange returns. NaN stays
    NaN. */
    CV_WRAP virtual double normalizedScore(double score) const = 0;

    /** @brief Converts an image to 8-bit BGR with the brightness that the detector sees, to draw on it.
    @param image the image, in one of the formats that AnomalyDetector lists
    @param picture CV_8UC3 of the image's size, BGR. The values of 16-bit images are scaled by
    DetectorParams::significantBits
    */
    CV_WRAP virtual void toPicture(InputArray image, OutputArray picture) const = 0;

    //! Resolution of the maps, one of cv::anomaly::MapSize.
    CV_WRAP virtual int getMapSize() const = 0;
    //! @param mapSize one of cv::anomaly::MapSize
    CV_WRAP virtual void setMapSize(int mapSize) = 0;

    //! Engine in use: cv::anomaly::ENGINE_PLAIN or cv::anomaly::ENGINE_HALIDE.
    CV_WRAP virtual int getEngine() const = 0;
    //! Chooses one of cv::anomaly::Engine; throws an exception of code Error::StsNotImplemented if this build lacks it.
    CV_WRAP virtual void setEngine(int engine) = 0;

    //! Backend in use, one of cv::dnn::Backend: DNN_BACKEND_OPENCV, or DNN_BACKEND_CUDA on a GPU.
    CV_WRAP virtual int getPreferableBackend() const = 0;
    /** @brief Chooses the device on which fit and all functions that score compute from now on. Either this or
    setPreferableTarget is enough.

    The choice belongs to the machine and is never saved: a model that was trained on a GPU also loads on a processor.
    @param backendId one of cv::dnn::Backend: DNN_BACKEND_DEFAULT and DNN_BACKEND_OPENCV for the processor,
    DNN_BACKEND_CUDA for an NVIDIA GPU, in single precision unless DNN_TARGET_CUDA_FP16 is chosen
    @throws cv::Exception of code Error::StsNotImplemented that names what is missing and how to get it; the detector
    never falls back to another device
    */
    CV_WRAP virtual void setPreferableBackend(int backendId) = 0;

    //! Target in use, one of cv::dnn::Target; DNN_TARGET_CPU unless another one was chosen.
    CV_WRAP virtual int getPreferableTarget() const = 0;
    /** @brief Chooses the device as setPreferableBackend does, by its target.
    @param targetId one that getAvailableTargets lists: DNN_TARGET_CPU, DNN_TARGET_CUDA, or DNN_TARGET_CUDA_FP16, with
    which the factors in the network's convolutions are rounded to half precision (11 bits). fit of CFA on a GPU also
    needs a LibTorch with CUDA
    @throws cv::Exception of code Error::StsNotImplemented that names what is missing and how to get it; the detector
    never falls back to another device
    */
    CV_WRAP virtual void setPreferableTarget(int targetId) = 0;

    /** @brief Makes an independent copy of this detector.

    Both share the memory of the fitted model, which never changes: later changes of either one do not affect the other.
    The callback of setFitCallback is not copied. */
    CV_WRAP virtual Ptr<AnomalyDetector> clone() const = 0;

    /** @brief Saves the same as save, to memory, together with the backbone's ONNX file unless that is the embedded
    one.
    @param model bytes for loadDetectorFromMemory
    */
    CV_WRAP virtual void saveToMemory(CV_OUT std::vector<uchar>& model) const = 0;

    /** @brief Writes all that predict computes as one ONNX file, to be run by other programs.

    The graph takes `image`, a batch of 8-bit images of one size, and does with them what predict does: it stretches
    them, runs the network, and computes patch scores, maps and decisions. For each image of a batch it returns
    - `score`, float: what predict returns;
    - `normalized_score`, float: see normalizedScore;
    - `defective`, bool: whether the score reaches getImageThreshold, or is NaN;
    - `map`, float, rows x columns: predict's map, of the size that getMapSize says.

    All operators are standard ones, of opset 13 or of the backbone's opset if that is newer. In single precision,
    scores and maps differ from those of predict by rounding only, by a relative error of about 1e-6. An engine that
    chooses a shorter type by itself, such as OpenVINO on processors with bfloat16, has to be told not to. The metadata
    of the file name the method, the thresholds, the sizes and the origin of the model. An existing file is replaced in
    the same way as by save.

    With tiles (DetectorParams::tile) the file is the model of one tile: imageSize is the size of an image that predict
    sees as a single tile, and the program that runs the file cuts larger images.
    @param filename name of the ONNX file
    @param imageSize width and height of the images
    @param colors one of cv::anomaly::ExportColors. Gray images have to be given with three equal channels
    @param layout one of cv::anomaly::ExportLayout
    @param batch number of images in a batch; 0: any number if the backbone's operators allow that, else 1
    @return number of images in a batch that the file takes; 0: any number
    @throws cv::Exception of code Error::StsNotImplemented that gives the reason why a model cannot be exported: SPADE,
    a backbone with operators that have no form in opset 13, or a model of more than 2 GiB
    */
    CV_WRAP virtual int exportOnnx(const String& filename, Size imageSize, int colors = EXPORT_BGR,
                                   int layout = EXPORT_NHWC, int batch = 0) const = 0;
};

/** @brief Reads an image file as fit and predict do, with the depth that it has.

This is cv::imread with IMREAD_ANYCOLOR | IMREAD_ANYDEPTH.
@param file name of a file that cv::imread can read
@return the image, gray or BGR, turned upright as the file says
@throws cv::Exception of code Error::StsObjectNotFound that names a file which cannot be read
*/
CV_EXPORTS_W Mat readImage(const String& file);

/** @brief Brings a mask to the pixels of a MAP_INPUT map, at which papers measure pixel figures.
@param mask CV_8UC1 of the image's size, nonzero on defects (1 as well as 255)
@param params settings of the fitted detector (see AnomalyDetector::getDetectorParams). Their inputShape is the size of
the map, or inputSize x inputSize if that is empty. The map of an ensemble is that of INPUT_RESIZED
@param inputMask CV_8UC1 of the map's size, resized with INTER_NEAREST: 255 where the mask is nonzero, else 0
*/
CV_EXPORTS_W void maskToInput(InputArray mask, const DetectorParams& params, OutputArray inputMask);

/** @brief Shows an image as a less careful camera would, to measure how robust a detector is to that: RD-MVTec AD of
@cite Lee2022cfa.

The image is stretched to resizeSize / inputSize times the sides of the backbone's input, turned about its center by up
to 10 degrees in either direction, and cut at a random place to the part that the backbone sees. Pixels beyond the
image's edge are mirrored.
@param image the image, in one of the formats that AnomalyDetector lists
@param mask CV_8UC1 of the image's size, which is turned and cut with it; or empty
@param params settings of the fitted detector (see AnomalyDetector::getDetectorParams). Their inputShape is the size of
the input, or inputSize x inputSize if that is empty
@param seed number that determines the angle and the place
@param view image for predict, of the same type as image
@param viewMask the part of the mask that view shows; empty if there is no mask
@throws cv::Exception of code Error::StsNotImplemented with tiles, since a model with tiles never sees an image as a
whole
*/
CV_EXPORTS_W void randomView(InputArray image, InputArray mask, const DetectorParams& params, int seed,
                             OutputArray view, OutputArray viewMask = noArray());

/** @brief Lists the devices on which this build can compute on this machine.
@return values of cv::dnn::Target for AnomalyDetector::setPreferableTarget: DNN_TARGET_CPU, and those of a GPU if the
GPU kernels of this library, the driver, cuBLAS and cuDNN are all there
*/
CV_EXPORTS_W std::vector<int> getAvailableTargets();

/** @brief What to put into a bug report: versions of this library and OpenCV, what computes patch scores (Halide's
kernels, and for which instruction set, or plain C++) and the backbone (oneDNN or cv::dnn), what trains, which targets
setPreferableTarget accepts, and the features of the processor. The programs print it with --version.
@return several lines, each ending with a line feed
*/
CV_EXPORTS_W String getVersionInformation();

/** @brief Loads a detector of any method from a file that save wrote.
@param filename name of a .yml, .xml or .json file, or of one of these with .gz
@param backboneFile ONNX file of a backbone that is not embedded in the library. It is used instead of one in the model
file, whose ONNX bytes are then never parsed. If it is empty, the backbone in the model file is used, or else the file
of the backbone's name in the folder of the model file
@throws cv::Exception if the file is missing, damaged, of a newer format version or of an unknown method
*/
CV_EXPORTS_W Ptr<AnomalyDetector> loadDetector(const String& filename, const String& backboneFile = String());

/** @brief Checks before a long fit whether save could write its model to this name. It does not change any file.
@param filename name that ends in .yml, .yaml, .xml or .json in upper or lower case, or in one of these and .gz
@throws cv::Exception if the name has another ending, or if no file can be written there
*/
CV_EXPORTS_W void checkModelFile(const String& filename);

/** @brief Loads a detector that saveToMemory saved.

It reads no file. If the detector has a backbone that is not embedded in the library, files that it saves later include
that backbone (DetectorParams::embedBackbone).
@param model bytes that saveToMemory returned, or those of a model file without .gz that includes its backbone
*/
CV_EXPORTS_W Ptr<AnomalyDetector> loadDetectorFromMemory(const std::vector<uchar>& model);

//! @}

}} // namespace cv::anomaly

#endif

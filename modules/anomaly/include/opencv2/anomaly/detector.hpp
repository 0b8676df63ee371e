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

//! Resolution of the map that predict gives.
enum MapSize
{
    MAP_IMAGE = 0, //!< as many pixels as the image
    //! The resolution at which the model works, where figures of papers are taken; with tiles it grows with the image
    MAP_INPUT = 1
};

//! Which code computes patch scores and maps. Belongs to the machine: never saved. ENGINE_PLAIN computes on the
//! processor only.
enum Engine
{
    ENGINE_AUTO = 0,  //!< ENGINE_HALIDE where this build has it, else ENGINE_PLAIN
    ENGINE_PLAIN = 1, //!< plain C++, in every build, and cv::dnn as it is
    ENGINE_HALIDE = 2 //!< Halide kernels for the processor at hand, also for the backbone's convolutions
};

//! How an image, or a tile of one (see DetectorParams::tile), becomes the backbone's input.
enum InputMode
{
    INPUT_RESIZED = 0, //!< the whole image, stretched to the input's shape
    //! Stretched to more than the input's shape, resizeSize / inputSize times each side of it, then its center: outside
    //! it the map is 0 and does not count
    INPUT_CROPPED = 1,
    INPUT_ENSEMBLE = 2 //!< a model of each, maps averaged where both see the image (CFA++ of @cite Lee2022cfa)
};

//! How a map becomes the image's score.
enum ImageScore
{
    SCORE_MAX = 0, //!< its highest value
    SCORE_TOP = 1  //!< the mean of its highest values, a share topShare of all
};

//! In which order an exported model takes the colors of a pixel.
enum ExportColors
{
    EXPORT_BGR = 0, //!< as cv::imread gives them
    EXPORT_RGB = 1
};

//! How an exported model takes the pixels of a batch of images.
enum ExportLayout
{
    EXPORT_NHWC = 0, //!< images x rows x columns x 3, as a cv::Mat lies in memory
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
    //! of 45 degrees. Set it for parts that lie at any angle when there are only some ten images of them. Some hundred
    //! images show all angles by themselves, and turns then cost accuracy. Corners that turn in from outside the image
    //! are not learned. A fit takes up to that many times as long; a prediction takes longer with SPADE only. PaDiM
    //! accepts 1 only. Range: [1, 64]. Default: 1.
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
    //! image most similar to it taught. Where a method cannot do that (CFA with another bank than its default one),
    //! thresholds are a little low, and fit says so in the log. Range: [0, 0.5]. Default: 0.
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
    //! them. That share is left out of the thresholds, and patches that only those images have are left out of the
    //! banks of PatchCore and CFA. Range: [0, 0.5]. Default: 0.
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

//! Where a running fit stands.
struct CV_EXPORTS FitProgress
{
    //! The step of the method's work that is under way, such as "features", "coreset", "training" or "thresholds".
    String stage;
    int step;   //!< steps of this stage that are done: images, chosen patches, or batches over all epochs
    int steps;  //!< all steps of this stage
    int epoch;  //!< epoch under way, counted from 1; 0 where the stage has no epochs
    int epochs; //!< all epochs
    //! What the method tells of its training, by name, as means of the epoch so far; empty where it has nothing to
    //! tell. The class of the method says what its figures are.
    std::map<String, double> figures;
};

//! Called as a fit goes on, from the thread that called fit. Returning false cancels: fit then throws an exception
//! with code Error::StsError, and the detector stays as it was. It may call const methods, but not change the detector.
typedef std::function<bool(const FitProgress&)> FitCallback;

/** @brief A detector that learns from good images what is normal, and scores how far an image is from that.

Images are 8-bit with 1, 3 (BGR) or 4 (BGRA, alpha is dropped) channels, 16-bit (full range: divided by 257,
unless DetectorParams::significantBits says otherwise), or floating point (0..1), at least 8x8 pixels; NaN and infinity
are
refused. Every refusal is a cv::Exception, and the detector is then as it was.
Out-of-memory is reported the same way.

Threads: the const methods may be called from several threads on one object, also while another thread changes it by
fit, update,
calibrate, read, clear or a setter. A call that runs keeps to the model, engine and map size with which it began, a
predictBatch for
all its images; calls that begin once the change is complete see it. A fit that runs is seen by nobody until it ends.
Only one
thread at a time may change an object: changes do not wait for each other. Separate
detectors share no state.
*/
class CV_EXPORTS_W AnomalyDetector : public Algorithm
{
public:
    //! Name of the method, as model files have it: "CFA", "PatchCore", "PaDiM" or "SPADE".
    CV_WRAP virtual String getMethod() const = 0;

    //! The settings in use that detectors of all methods have.
    CV_WRAP virtual DetectorParams getDetectorParams() const = 0;

    /** @brief Learns from good images.
    @param images vector of images; sizes may differ
    @param masks empty, or one CV_8UC1 mask of its image's size for each (an empty Mat: all of it): only patches under
    nonzero pixels are learned
    */
    CV_WRAP virtual void fit(InputArrayOfArrays images, InputArrayOfArrays masks = noArray()) = 0;

    /** @brief Learns from good image files, read one at a time, so that memory does not grow with the files' sizes.
    @param files names that cv::imread can read; they are read as cv::anomaly::readImage does
    @param mask empty, or CV_8UC1 of the size of all images, as a fixed camera gives them: only patches under
    nonzero pixels are learned
    */
    CV_WRAP_AS(fitFiles) virtual void fit(const std::vector<String>& files, InputArray mask = noArray()) = 0;

    /** @brief Adds further good images to what was learned, without the old ones: parts of a new batch, or images that
    were called defective and are good.

    PatchCore and CFA choose their bank anew from its patches and those of the images, within the size that it has in
    the settings; PaDiM adds to its sums; SPADE appends, so that its model grows by each image. What else was learned
    stays: the shape and contrast of the input, PatchCore's axes and window, CFA's descriptor and radius. All images are
    taken for good (DetectorParams::contamination does not count), and none is kept out (validationFraction).

    Thresholds follow: each new image (200 of them at most) is scored by the new model without what that image taught
    it, and its score joins those of the good images of before, of which the newest 1,000 count; the thresholds are
    their quantile, as after fit. With more images to compare with, the old images would score lower now: their scores
    are multiplied by the median of what became of the scores of those new images that the old model called good, if
    there are three of them. Images that are added one by one do not show that, so that thresholds stay a little high
    then. A threshold that was set by hand, or by calibrate with labels, stays as it is.

    While it runs, other threads use the old model; when it throws, that stays.
    @param images vector of one image or more; sizes may differ
    @param masks as for fit
    @throws cv::Exception of code Error::StsNotImplemented for a model from a file of before models kept what an update
    goes on from, and for CFA with a scoring bank of centers
    */
    CV_WRAP virtual void update(InputArrayOfArrays images, InputArrayOfArrays masks = noArray()) = 0;

    /** @brief Adds further good image files, read one at a time.
    @param files as for fit
    @param mask as for fit
    */
    CV_WRAP_AS(updateFiles) virtual void update(const std::vector<String>& files, InputArray mask = noArray()) = 0;

    //! Images that the model learned from, those of updates included; 0: its file does not tell, since it was written
    //! before models kept that.
    CV_WRAP virtual int getLearnedImages() const = 0;
    //! How often images were added since fit.
    CV_WRAP virtual int getUpdates() const = 0;

    /** @brief What the good images show that the thresholds come from, for DriftMonitor and statistics of one's own.
    @param figures CV_32F, a row an image: the figures of cv::anomaly::DriftFigure but the score, in their order
    @param scores CV_32F column, in no order that goes with the rows of figures: scores of good images as new images
    would score. Both are empty where getLearnedImages is 0
    */
    CV_WRAP virtual void getGoodImages(OutputArray figures, OutputArray scores) const = 0;

    //! Sets what fit and update call as they go on, or nothing to stop that. Not copied into the model file.
    virtual void setFitCallback(const FitCallback& callback) = 0;

    /** @brief Scores one image.
    @param image the image
    @param map CV_32FC1 map of the patch scores, higher where the image differs more; its size is as setMapSize says
    @param mask CV_8UC1 of the image's size: only nonzero pixels count; outside the map is 0
    @return the image's score: 0 or more, without an upper limit, to be compared with getImageThreshold
    */
    CV_WRAP virtual double predict(InputArray image, OutputArray map = noArray(),
                                   InputArray mask = noArray()) const = 0;

    /** @brief Scores an image file, read as fit reads files: by cv::anomaly::readImage.

    cv::imread without flags reads 16-bit and floating point files as 8 bits, which makes other images of them: a
    detector that was fitted to the files themselves may then call good ones defective.
    @param file name of the file
    @param map as for an image that is given
    @param mask as for an image that is given
    @return the image's score, as for an image that is given
    */
    CV_WRAP_AS(predictFile)
    virtual double predict(const String& file, OutputArray map = noArray(), InputArray mask = noArray()) const = 0;

    /** @brief Scores several images, which may differ in size.
    @param images vector of images
    @param scores one score an image
    @param maps one map an image, as predict gives
    */
    CV_WRAP virtual void predictBatch(InputArrayOfArrays images, CV_OUT std::vector<double>& scores,
                                      OutputArrayOfArrays maps = noArray()) const = 0;

    /** @brief The same, for a caller who may want to end it early.
    @param images vector of images
    @param scores one score an image
    @param maps one map an image, or noArray()
    @param goesOn asked between images, and between tiles of one, always by the thread that called; once it returns
    false, the call throws an exception with code Error::StsError and leaves scores and maps as they were
    */
    virtual void predictBatch(InputArrayOfArrays images, std::vector<double>& scores, OutputArrayOfArrays maps,
                              const std::function<bool()>& goesOn) const = 0;

    /** @brief Scores one image and tells how long each stage took.
    @param image the image
    @param stages names of the stages in order: preprocess, backbone, descriptor, search, map
    @param milliseconds time of each stage; 0 where it is fused into a neighbor
    @return the image's score
    */
    CV_WRAP virtual double profile(InputArray image, CV_OUT std::vector<String>& stages,
                                   CV_OUT std::vector<double>& milliseconds) const = 0;

    /** @brief Sets thresholds from labeled images, where F1 is best, and the range that normalizedScore uses.

    Such a threshold lies in the middle between two neighboring scores, as that of cv::anomaly::bestF1: where all
    defective images score above all good ones, halfway from the highest good score to the lowest defective one.

    With labels that are all zero, and no masks, both thresholds are a quantile of the good images' scores instead, as
    after fit (see DetectorParams::thresholdQuantile): best from images that were not learned, of parts made since.
    @param images vector of good and defective images
    @param labels one integer an image, nonzero: defective; may be empty when masks are given
    @param masks empty, or a CV_8UC1 mask an image that is nonzero on defects (empty Mat: none); needed for the pixel
    threshold, which stays as it is without them
    */
    CV_WRAP virtual void calibrate(InputArrayOfArrays images, InputArray labels,
                                   InputArrayOfArrays masks = noArray()) = 0;

    //! Image score from which an image is called defective.
    CV_WRAP virtual double getImageThreshold() const = 0;
    //! @param threshold image score from which an image is called defective; NaN and infinity are refused
    CV_WRAP virtual void setImageThreshold(double threshold) = 0;

    //! Map value from which a pixel is called defective, if it lies in a region of at least getDefectArea pixels.
    CV_WRAP virtual double getPixelThreshold() const = 0;
    //! @param threshold map value from which a pixel is called defective; NaN and infinity are refused
    CV_WRAP virtual void setPixelThreshold(double threshold) = 0;

    //! Pixels of a map as large as an image that a region has to have to be called a defect: what findDefects and
    //! drawDefects take as minimumArea (see DetectorParams::defectArea).
    //! @param imageSize of the image
    CV_WRAP virtual double getDefectArea(Size imageSize) const = 0;

    /** @brief Lowest and highest map value seen when the thresholds were set: a fixed range to draw maps with. */
    CV_WRAP virtual void getMapRange(CV_OUT double& lowest, CV_OUT double& highest) const = 0;

    /** @brief The score on a scale from 0 to 1 on which the threshold lies at 0.5:
    clip((score - image threshold) / (highest - lowest) + 0.5, 0, 1); NaN stays NaN. */
    CV_WRAP virtual double normalizedScore(double score) const = 0;

    /** @brief The image as the detector reads it, to draw on.
    @param image the image
    @param picture CV_8UC3 of the image's size, BGR; of 16-bit images with fewer significant bits the full range
    */
    CV_WRAP virtual void toPicture(InputArray image, OutputArray picture) const = 0;

    //! Resolution of the maps, one of cv::anomaly::MapSize.
    CV_WRAP virtual int getMapSize() const = 0;
    //! @param mapSize one of cv::anomaly::MapSize
    CV_WRAP virtual void setMapSize(int mapSize) = 0;

    //! Engine in use: cv::anomaly::ENGINE_PLAIN or cv::anomaly::ENGINE_HALIDE.
    CV_WRAP virtual int getEngine() const = 0;
    //! Chooses one of cv::anomaly::Engine; one that this build lacks is an error of code Error::StsNotImplemented.
    CV_WRAP virtual void setEngine(int engine) = 0;

    //! Backend in use, one of cv::dnn::Backend: DNN_BACKEND_OPENCV, or DNN_BACKEND_CUDA on a GPU.
    CV_WRAP virtual int getPreferableBackend() const = 0;
    /** @brief Chooses where the detector computes from now on, for fit and for all that scores. Belongs to the machine:
    never saved, a model that a
    GPU trained loads on a processor. Either this or setPreferableTarget is enough.
    @param backendId one of cv::dnn::Backend: DNN_BACKEND_DEFAULT and DNN_BACKEND_OPENCV for the processor,
    DNN_BACKEND_CUDA for an NVIDIA
    GPU, in single precision unless DNN_TARGET_CUDA_FP16 is chosen
    @throws cv::Exception of code Error::StsNotImplemented that names what is missing and how to get it; nothing is put
    in its place
    */
    CV_WRAP virtual void setPreferableBackend(int backendId) = 0;

    //! Target in use, one of cv::dnn::Target; at first DNN_TARGET_CPU.
    CV_WRAP virtual int getPreferableTarget() const = 0;
    /** @brief As setPreferableBackend, by target.
    @param targetId one that getAvailableTargets lists: DNN_TARGET_CPU, DNN_TARGET_CUDA, or DNN_TARGET_CUDA_FP16, which
    lets the
    network's convolutions round factors to the 11 bits of half precision. fit on a GPU also needs a LibTorch with CUDA
    @throws cv::Exception of code Error::StsNotImplemented that names what is missing and how to get it; nothing is put
    in its place
    */
    CV_WRAP virtual void setPreferableTarget(int targetId) = 0;

    /** @brief Makes a detector like this one, which from then on changes by itself.

    Both share the memory of what was learned. The callback of fit stays with this one. */
    CV_WRAP virtual Ptr<AnomalyDetector> clone() const = 0;

    /** @brief Saves to memory what save writes into a file, and the backbone's ONNX with it where that is not the
    embedded one.
    @param model the model, for loadDetectorFromMemory
    */
    CV_WRAP virtual void saveToMemory(CV_OUT std::vector<uchar>& model) const = 0;

    /** @brief Writes all of predict as one ONNX file, for other programs than this library to run.

    The graph takes `image`, 8-bit images of one size, and does what predict does with them: stretching, network, patch
    scores, map and thresholds. It gives for each image of a batch
    - `score`, float: what predict returns;
    - `normalized_score`, float: see normalizedScore;
    - `defective`, bool: whether the score reaches getImageThreshold, or is no number;
    - `map`, float, rows x columns: predict's map, of the size that getMapSize says.

    It is of standard operators, opset 13 or that of the backbone if newer. Computed in single precision, scores and
    maps differ from predict's by rounding only, some 1e-6 of them: an engine that takes a shorter type by itself,
    such as OpenVINO on processors with bfloat16, has to be told not to. The file's metadata name the method, the
    thresholds, the sizes and where the model comes from. The file is replaced as save replaces one.

    With tiles (DetectorParams::tile) it is the model of one tile: imageSize is that of an image that predict sees as a
    single tile, and whoever runs it cuts larger ones.
    @param filename of the ONNX file
    @param imageSize width and height of the images
    @param colors one of cv::anomaly::ExportColors. Gray images have to be given with three equal channels
    @param layout one of cv::anomaly::ExportLayout
    @param batch images of a batch; 0: any number, where the backbone's operators allow that, else 1
    @return the images of a batch that the file takes; 0: any number
    @throws cv::Exception of code Error::StsNotImplemented that gives the reason where a model cannot be exported: of
    SPADE, of a backbone with operators that have no form in opset 13, or of more than 2 GiB
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

/** @brief Brings a mask to the pixels of a MAP_INPUT map, as figures of papers are taken.
@param mask CV_8UC1 of the image's size, nonzero on defects: 1 as well as 255
@param params settings of the fitted detector (see AnomalyDetector::getDetectorParams), whose inputShape is taken; where
that is empty, inputSize x inputSize. Of an ensemble the map is that of INPUT_RESIZED
@param inputMask CV_8UC1 of the map's size, by INTER_NEAREST: 255 where the mask is nonzero, else 0
*/
CV_EXPORTS_W void maskToInput(InputArray mask, const DetectorParams& params, OutputArray inputMask);

/** @brief Shows an image as a less careful camera does, to measure how well a detector bears that: RD-MVTec AD of
@cite Lee2022cfa.

The image is stretched to resizeSize / inputSize times the sides of the backbone's input, turned about its center by up
to 10 degrees either way, and cut at a random place, so that the backbone sees the cut. What lies beyond the image's
edge is mirrored.
@param image the image
@param mask CV_8UC1 of the image's size that moves along, or empty
@param params settings of the fitted detector (see AnomalyDetector::getDetectorParams), whose inputShape is taken; where
that is empty, inputSize x inputSize
@param seed of the turn and the place
@param view what to predict, of the image's type
@param viewMask the mask's part that view shows; empty without a mask
@throws cv::Exception of code Error::StsNotImplemented with tiles, which see no image as a whole
*/
CV_EXPORTS_W void randomView(InputArray image, InputArray mask, const DetectorParams& params, int seed,
                             OutputArray view, OutputArray viewMask = noArray());

/** @brief What this build can compute on, on this machine.
@return values of cv::dnn::Target for AnomalyDetector::setPreferableTarget: DNN_TARGET_CPU, and those of a GPU for which
the kernels of this
library, its driver, cuBLAS and cuDNN are all there
*/
CV_EXPORTS_W std::vector<int> getAvailableTargets();

/** @brief What to put into a bug report: versions of this library and OpenCV, what computes patch scores (Halide's
kernels, and for which instruction set, or plain C++) and the backbone (oneDNN or cv::dnn), what trains, which targets
setPreferableTarget accepts, and the features of the processor. The programs print it with --version.
@return several lines, each ending with a line feed
*/
CV_EXPORTS_W String getVersionInformation();

/** @brief Loads a detector of any method from a file that save wrote.
@param filename .yml, .xml or .json, each also with .gz
@param backboneFile the ONNX file of a backbone that is not embedded in the library; it is taken in place of one in the
model
file, whose ONNX is then never parsed. By default the one in the model file is taken, else it is looked for beside the
model
file under its own name
@throws cv::Exception when the file is missing, damaged, of a newer version or of an unknown method
*/
CV_EXPORTS_W Ptr<AnomalyDetector> loadDetector(const String& filename, const String& backboneFile = String());

/** @brief Tells before a long fit whether save could write its model, by the same rules. All files stay as they are.
@param filename .yml, .yaml, .xml or .json, in letters of either case, each also with .gz
@throws cv::Exception when the name has another ending, or no file can be written there
*/
CV_EXPORTS_W void checkModelFile(const String& filename);

/** @brief Loads a detector that saveToMemory saved.

It needs no file, and keeps a backbone of its own in files that it saves (DetectorParams::embedBackbone).
@param model what saveToMemory gave, or the bytes of a model file that is not packed and brings its backbone
*/
CV_EXPORTS_W Ptr<AnomalyDetector> loadDetectorFromMemory(const std::vector<uchar>& model);

//! @}

}} // namespace cv::anomaly

#endif

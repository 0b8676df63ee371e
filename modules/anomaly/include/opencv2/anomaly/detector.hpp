// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_DETECTOR_HPP
#define OPENCV_ANOMALY_DETECTOR_HPP

#include "opencv2/core.hpp"

#include <functional>
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

//! Where a running fit stands.
struct CV_EXPORTS FitProgress
{
    String stage; //!< "features", "bank", "training", "scoring bank" or "thresholds"
    int step;     //!< steps of this stage that are done: images, or batches over all epochs when training
    int steps;    //!< all steps of this stage
    int epoch;    //!< epoch under way from 1, or 0 outside "training"
    int epochs;   //!< all epochs
    //! Mean loss of the epoch so far, 0 outside "training". It may rise while the radius grows.
    double loss;
    //! Mean distance of the epoch's patches to their nearest center so far, as a share of the first epoch's mean: 1 in
    //! the first epoch, then falling as the descriptor learns what good patches have in common, and at last level; 0
    //! outside "training"
    double distance;
    double radius; //!< the hypersphere's radius now
};

//! Called as a fit goes on, from the thread that called fit. Returning false cancels: fit then throws an exception
//! with code Error::StsError, and the detector stays as it was. It may call const methods, but not change the detector.
typedef std::function<bool(const FitProgress&)> FitCallback;

/** @brief A detector that learns from good images what is normal, and scores how far an image is from that.

Images are 8-bit with 1, 3 (BGR) or 4 (BGRA, alpha is dropped) channels, 16-bit (full range: divided by 257,
unless CFA::Params::significantBits says otherwise), or floating point (0..1), at least 8x8 pixels; NaN and infinity are
refused. Every refusal is a cv::Exception, and the detector is then as it was.
So is memory that the system does not give.

Threads: the const methods may be called from several threads on one object, also while another thread changes it by
fit,
calibrate, read, clear or a setter. A call that runs keeps to the model, engine and map size with which it began, a
predictBatch for
all its images; calls that begin once the change is complete see it. A fit that runs is seen by nobody until it ends.
Only one
thread at a time may change an object: changes do not wait for each other. Objects have nothing in common.
*/
class CV_EXPORTS_W AnomalyDetector : public Algorithm
{
public:
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

    //! Sets what fit calls as it goes on, or nothing to stop that. Not copied into the model file.
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
    after fit (see CFA::Params::thresholdQuantile): best from images that were not learned, of parts made since.
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

    //! Map value from which a pixel is called defective.
    CV_WRAP virtual double getPixelThreshold() const = 0;
    //! @param threshold map value from which a pixel is called defective; NaN and infinity are refused
    CV_WRAP virtual void setPixelThreshold(double threshold) = 0;

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

    /** @brief Brings a mask to the pixels of a MAP_INPUT map, as figures of papers are taken.
    @param mask CV_8UC1 of the image's size, nonzero on defects: 1 as well as 255
    @param inputMask CV_8UC1 of the map's size, by INTER_NEAREST: 255 where the mask is nonzero, else 0
    */
    CV_WRAP virtual void maskToInput(InputArray mask, OutputArray inputMask) const = 0;

    /** @brief Shows an image as a less careful camera does, to measure how well a detector bears that: RD-MVTec AD of
    @cite Lee2022cfa.
    The image is stretched to resizeSize x resizeSize pixels, turned about its center by up to 10 degrees either way,
    and
    cut at a random place, so that the backbone sees the cut. What lies beyond the image's edge is mirrored.
    @param image the image
    @param mask CV_8UC1 of the image's size that moves along, or empty
    @param seed of the turn and the place
    @param view what to predict, of the image's type
    @param viewMask the mask's part that view shows; empty without a mask
    */
    CV_WRAP virtual void randomView(InputArray image, InputArray mask, int seed, OutputArray view,
                                    OutputArray viewMask = noArray()) const = 0;

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
};

/** @brief Reads an image file as fit and predict do, with the depth that it has.

This is cv::imread with IMREAD_ANYCOLOR | IMREAD_ANYDEPTH.
@param file name of a file that cv::imread can read
@return the image, gray or BGR, turned upright as the file says
@throws cv::Exception of code Error::StsObjectNotFound that names a file which cannot be read
*/
CV_EXPORTS_W Mat readImage(const String& file);

/** @brief What this build can compute on, on this machine.
@return values of cv::dnn::Target for AnomalyDetector::setPreferableTarget: DNN_TARGET_CPU, and those of a GPU for which
the kernels of this
library, its driver, cuBLAS and cuDNN are all there
*/
CV_EXPORTS_W std::vector<int> getAvailableTargets();

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

It needs no file, and keeps a backbone of its own in files that it saves (CFA::Params::embedBackbone).
@param model what saveToMemory gave, or the bytes of a model file that is not packed and brings its backbone
*/
CV_EXPORTS_W Ptr<AnomalyDetector> loadDetectorFromMemory(const std::vector<uchar>& model);

//! @}

}} // namespace cv::anomaly

#endif

// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CFA_HPP
#define OPENCV_ANOMALY_CFA_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

/** @brief CFA: coupled-hypersphere-based feature adaptation @cite Lee2022cfa.

A frozen backbone computes feature maps, and a learned 1x1 convolution, the descriptor, turns each patch into a short
vector close to its neighbors in a memory bank of normal patches. Images are then scored with another bank, which holds
patches of the good images as the learned descriptor gives them: the score of a patch is the distance to the nearest
patch of that bank. The defaults differ from the settings of the paper where other values give better results;
Params::paper returns those of the paper.

Stages of FitProgress: "features", "bank", "training", then for the default scoring bank "patches", "coreset" and
"scoring bank", and finally "thresholds".

Figures of FitProgress during training:
- "loss": mean loss of the running epoch so far. It may rise while the radius grows.
- "distance": mean distance of the epoch's patches to their nearest center so far, as a share of the first epoch's mean.
  It is 1 in the first epoch, falls while the descriptor learns what good patches have in common, and then stays level.
- "radius": radius of the hyperspheres.
*/
class CV_EXPORTS_W CFA : public AnomalyDetector
{
public:
    //! How the memory bank of normal patches is made from the training images.
    enum BankMode
    {
        BANK_MEAN = 0, //!< k-means of the mean descriptors at each position, as in the authors' code
        //! k-means of the first image, then a moving average of the patches nearest to each center: Algorithm 1 of the
        //! paper
        BANK_EMA = 1
    };
    //! Bank that images are scored with after the descriptor has adapted.
    enum ScoringBank
    {
        SCORING_BANK_KEPT = 0, //!< the bank that the descriptor adapted to, made of descriptors before adaptation
        //! k-means of adapted descriptors of patches that are drawn from all images, with as many centers as the other
        //! bank
        SCORING_BANK_PATCHES = 1,
        //! Greedy coreset of adapted descriptors: scoringBankSize of the patches that are drawn from all images,
        //! unchanged, and rare ones among them
        SCORING_BANK_CORESET = 2
    };
    //! Part of the loss that the descriptor learns with.
    enum Adaptation
    {
        ADAPTATION_NONE = 0,       //!< no training: the descriptor keeps its random start, and fit needs no LibTorch
        ADAPTATION_ATTRACTION = 1, //!< attraction to the K nearest centers, Eq. 1
        ADAPTATION_FULL = 2        //!< attraction, and repulsion from the J centers after them, Eq. 2
    };
    //! How training images are varied from epoch to epoch.
    enum Augmentation
    {
        AUGMENT_NONE = 0, //!< the image as predict sees it
        AUGMENT_RD = 1    //!< the image turned by up to 10 degrees and cut at a random place, as by randomView
    };
    //! How a patch's score is computed from the K nearest distances.
    enum ScoreMode
    {
        SCORE_CERTAINTY = 0, //!< the smallest distance times its softmin share among the K distances, Eq. 5
        SCORE_NEAREST = 1    //!< the smallest distance, Eq. 4
    };
    //! Random numbers that the descriptor starts with.
    enum DescriptorInit
    {
        INIT_UNIFORM = 0, //!< uniform within +-1/sqrt(inputs), PyTorch's default for a convolution
        INIT_HE = 1       //!< normal with standard deviation sqrt(2/inputs), and no bias
    };
    //! Settings of CFA in addition to those of all detectors. Defaults that differ from DetectorParams: imageScore is
    //! SCORE_TOP with topShare 0.01. Numbers in [] are the paper's, such as [SCORE_MAX]. All are saved with a model
    //! except checkpoint.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();
        //! Settings of the paper where they differ from the defaults, among them INPUT_CROPPED of images that are
        //! stretched to a square. The paper's backbones have to be given as ONNX files.
        CV_WRAP static CFA::Params paper();

        //! Number of centers in the bank that descriptors adapt to, and in all scoring banks but SCORING_BANK_CORESET,
        //! as a share of the patches of an image or tile. Range: (0, 1]. Default: 1/4 [1].
        CV_PROP_RW double gammaC;
        //! Length of a patch's descriptor, as a share of the number of features: shorter ones are faster. Range: (0,
        //! 2]. Default: 1/4 [1].
        CV_PROP_RW double gammaD;
        //! Number of nearest centers that attract a patch in training and that score it. Range: [1, 64]. Default: 3.
        CV_PROP_RW int K;
        //! Number of the next centers, which repel a patch in training. Range: [1, 64]. Default: 3.
        CV_PROP_RW int J;
        //! Margin of the repulsion, a squared distance. Range: 0 or more. Default: 0.1.
        CV_PROP_RW double alpha;
        //! Radius of the hyperspheres at the start of training. Range: 0 or more. Default: 1e-5.
        CV_PROP_RW double radius;
        //! Whether training learns the radius; left at its start, nothing is ever repelled. Default: true.
        CV_PROP_RW bool learnRadius;

        //! Number of times that training sees each image. Range: 0 or more. Default: 15 [30].
        CV_PROP_RW int epochs;
        //! Images of a training step; the last, incomplete batch of an epoch is left out. Range: [1, 4096]. Default: 4.
        CV_PROP_RW int batchSize;
        //! Learning rate of the optimizer, AdamW with amsgrad. Range: 0 or more. Default: 1e-3.
        CV_PROP_RW double learningRate;
        //! Weight decay of the optimizer. Range: 0 or more. Default: 5e-4.
        CV_PROP_RW double weightDecay;
        //! How the bank that descriptors adapt to sums up the training images, one of BankMode. Default: BANK_MEAN
        //! [BANK_EMA].
        CV_PROP_RW int bankMode;
        //! Bank that images are scored with after training, one of ScoringBank. Default: SCORING_BANK_CORESET
        //! [SCORING_BANK_KEPT].
        CV_PROP_RW int scoringBank;
        //! Largest number of patches in SCORING_BANK_CORESET, at least K: 1000 make a model of 4 MB and lose some
        //! accuracy. Range: [K, 1000000]. Default: 4000.
        CV_PROP_RW int scoringBankSize;
        //! How far each image moves the centers of BANK_EMA. Range: (0, 1]. Default: 0.01.
        CV_PROP_RW double bankMomentum;
        //! What the descriptor learns, one of Adaptation. Default: ADAPTATION_FULL.
        CV_PROP_RW int adaptation;
        //! How the descriptor starts, one of DescriptorInit. Default: INIT_UNIFORM [INIT_HE].
        CV_PROP_RW int descriptorInit;
        //! What training shows of an image in each epoch, one of Augmentation. Anything but AUGMENT_NONE runs every
        //! image through the network in each epoch, which takes longer. Default: AUGMENT_NONE.
        CV_PROP_RW int augmentation;
        //! Number of epochs in a row without a training loss lower by 1 % after which training ends; 0: it never ends
        //! early. Range: 0 or more. Default: 0.
        CV_PROP_RW int patience;

        //! How the K nearest distances become the score of a patch, one of ScoreMode. Default: SCORE_NEAREST
        //! [SCORE_CERTAINTY].
        CV_PROP_RW int scoreMode;
        //! Name of a file, .yml, .xml or .json, each also with .gz, in which fit saves after each epoch where it
        //! stands. A fit that finds such a file of the same images and settings goes on from there, to the same model.
        //! fit leaves the file in place: remove it once the model is saved. "": no file. Default: "".
        CV_PROP_RW String checkpoint;
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<CFA> create(const CFA::Params& parameters = CFA::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<CFA> load(const String& filename, const String& backboneFile = String());

    /** @brief Computes for each k the map of the distances to the k-th nearest center, from which scores are made: Fig.
    3 of @cite Lee2022cfa.
    @param image the image, in one of the formats that AnomalyDetector lists
    @param maps K maps, nearest center first, CV_32F, smoothed and of the size of predict's map. They come from the only
    model, or from the first one of an ensemble
    */
    CV_WRAP virtual void neighborMaps(InputArray image, OutputArrayOfArrays maps) const = 0;

    //! Settings in use.
    CV_WRAP virtual CFA::Params getParams() const = 0;
    //! Radius that fit learned, of the only model or the first one of an ensemble.
    CV_WRAP virtual double getRadius() const = 0;
    //! Bank that images are scored with, CV_32F: one row for each center (or for each patch, in the order in which the
    //! coreset chose them), as long as a descriptor. It is that of the only model or of the first one of an ensemble.
    CV_WRAP virtual Mat getMemoryBank() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif

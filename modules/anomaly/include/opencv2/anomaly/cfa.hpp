// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_CFA_HPP
#define OPENCV_ANOMALY_CFA_HPP

#include "opencv2/anomaly/detector.hpp"

namespace cv { namespace anomaly {

//! @addtogroup anomaly
//! @{

/** @brief Coupled-hypersphere-based Feature Adaptation @cite Lee2022cfa.

A frozen backbone gives feature maps; a learned 1x1 descriptor turns each patch into a short vector near its neighbors
in a memory bank of normal patches. Images are then scored with another bank, of patches of the good images as the
learned descriptor gives them: a patch's score is the distance to the nearest of these. The defaults differ from the
paper's settings where that helps; Params::paper has those.

Stages of FitProgress: "features", "bank", "training", then for the default scoring bank "patches", "coreset" and
"scoring bank", at last "thresholds".

Figures of FitProgress while it trains: "loss", the mean loss of the epoch so far, which may rise while the radius
grows;
"distance", the mean distance of the epoch's patches to their nearest center so far, as a share of the first epoch's
mean: 1 in
the first epoch, then falling as the descriptor learns what good patches have in common, and at last level; and
"radius", the
hypersphere's radius.
*/
class CV_EXPORTS_W CFA : public AnomalyDetector
{
public:
    //! How the memory bank sums up the training images.
    enum BankMode
    {
        BANK_MEAN = 0, //!< mean descriptor at each position, then k-means: what the authors' code does
        //! K-means of the first image, then a moving average of matched patches: Algorithm 1 of the paper
        BANK_EMA = 1
    };
    //! What images are scored with, once the descriptor has adapted.
    enum ScoringBank
    {
        SCORING_BANK_KEPT = 0, //!< the bank that it adapted to, made of the descriptors before
        //! K-means of the adapted descriptors of patches drawn from all images, as many centers as the other bank has
        SCORING_BANK_PATCHES = 1,
        //! A greedy coreset of the adapted descriptors of patches drawn from all images: scoringBankSize of these
        //! patches as they are, the rare ones among them
        SCORING_BANK_CORESET = 2
    };
    //! What the descriptor learns.
    enum Adaptation
    {
        ADAPTATION_NONE = 0,       //!< nothing: it stays at its random start, and fit needs no LibTorch
        ADAPTATION_ATTRACTION = 1, //!< the pull towards the K nearest centers, Eq. 1
        ADAPTATION_FULL = 2        //!< also the push away from the J centers after them, Eq. 2
    };
    //! What training shows of an image.
    enum Augmentation
    {
        AUGMENT_NONE = 0, //!< the image as predict sees it
        AUGMENT_RD = 1    //!< in each epoch turned by up to 10 degrees and cut at a random place, as randomView does
    };
    //! How the K nearest distances become a patch's score.
    enum ScoreMode
    {
        SCORE_CERTAINTY = 0, //!< the nearest, times its softmin share among the K: Eq. 5
        SCORE_NEAREST = 1    //!< the nearest: Eq. 4
    };
    //! How the descriptor starts.
    enum DescriptorInit
    {
        INIT_UNIFORM = 0, //!< PyTorch's default of a convolution: uniform within 1/sqrt(inputs)
        INIT_HE = 1       //!< normal with deviation sqrt(2/inputs), no bias
    };
    //! The settings of CFA beside those that all detectors have, of which imageScore is SCORE_TOP and topShare 0.01 by
    //! default [SCORE_MAX]. Saved with a model, but for checkpoint.
    struct CV_EXPORTS_W_SIMPLE Params : public DetectorParams
    {
        CV_WRAP Params();
        //! The paper's settings where they differ from the defaults, among them INPUT_CROPPED of images that are
        //! stretched to a square. Its backbones come as ONNX files.
        CV_WRAP static CFA::Params paper();

        //! Centers of the bank that descriptors adapt to, and of all scoring banks but SCORING_BANK_CORESET, as a share
        //! of the patches of an image (or tile), (0, 1]; default 1/4 [1]
        CV_PROP_RW double gammaC;
        CV_PROP_RW double gammaD; //!< length of a descriptor, as a share of the features', (0, 2]; default 1/4 [1]
        CV_PROP_RW int K;         //!< nearest centers that attract and that score, [1, 64]; default 3
        CV_PROP_RW int J;         //!< next centers, which repel; default 3
        CV_PROP_RW double alpha;  //!< margin of the repulsion, a squared distance; default 0.1
        CV_PROP_RW double radius; //!< the hyperspheres' radius at the start; default 1e-5
        //! Whether it is learned: left at its start nothing is ever repelled; default true
        CV_PROP_RW bool learnRadius;

        CV_PROP_RW int epochs;          //!< default 15 [30]
        CV_PROP_RW int batchSize;       //!< images; an incomplete last batch of an epoch is left out; default 4
        CV_PROP_RW double learningRate; //!< of AdamW with amsgrad; default 1e-3
        CV_PROP_RW double weightDecay;  //!< default 5e-4
        CV_PROP_RW int bankMode;        //!< one of BankMode; default BANK_MEAN [BANK_EMA]
        CV_PROP_RW int scoringBank;     //!< one of ScoringBank; default SCORING_BANK_CORESET [SCORING_BANK_KEPT]
        //! Patches of SCORING_BANK_CORESET at most, at least K, up to 1000000; default 4000
        CV_PROP_RW int scoringBankSize;
        CV_PROP_RW double bankMomentum; //!< how far each image moves the centers of BANK_EMA, (0, 1]; default 0.01
        CV_PROP_RW int adaptation;      //!< one of Adaptation; default ADAPTATION_FULL
        CV_PROP_RW int descriptorInit;  //!< one of DescriptorInit; default INIT_UNIFORM [INIT_HE]
        //! One of Augmentation; all but AUGMENT_NONE passes every image through the backbone in each epoch; default
        //! AUGMENT_NONE
        CV_PROP_RW int augmentation;
        //! Epochs in a row without a training loss lower by 1 %, after which training ends; 0: it never ends early;
        //! default 0
        CV_PROP_RW int patience;

        CV_PROP_RW int scoreMode; //!< one of ScoreMode; default SCORE_NEAREST [SCORE_CERTAINTY]
        //! File in which fit notes after each epoch where it stands, .yml, .xml or .json, each also with .gz. A fit
        //! that finds one of the same images and settings goes on there, to the same model. fit leaves it: remove it
        //! once the model is saved; default "": none
        CV_PROP_RW String checkpoint;
    };

    /** @brief Makes a detector that is ready to fit.
    @throws cv::Exception naming the parameter that is out of range, or the backbone that cannot be read
    */
    CV_WRAP static Ptr<CFA> create(const CFA::Params& parameters = CFA::Params());

    /** @brief Loads a model that save wrote. See loadDetector for the parameters. */
    CV_WRAP static Ptr<CFA> load(const String& filename, const String& backboneFile = String());

    /** @brief Shows what a score is made of: for each k the map of the distances to the k-th nearest center, Fig. 3 of
    @cite Lee2022cfa.
    @param image the image
    @param maps K maps, nearest first, CV_32F, smoothed and sized as predict's; of the only model, or the first of an
    ensemble
    */
    CV_WRAP virtual void neighborMaps(InputArray image, OutputArrayOfArrays maps) const = 0;

    //! The settings in use.
    CV_WRAP virtual CFA::Params getParams() const = 0;
    //! The radius that fit learned: of the only model, or the first of an ensemble.
    CV_WRAP virtual double getRadius() const = 0;
    //! The bank that images are scored with, centers (or patches, in the order of choice) x descriptor length, CV_32F:
    //! of the only model, or the first of an ensemble.
    CV_WRAP virtual Mat getMemoryBank() const = 0;
};

//! @}

}} // namespace cv::anomaly

#endif

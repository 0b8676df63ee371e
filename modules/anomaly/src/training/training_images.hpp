// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINING_IMAGES_HPP
#define OPENCV_ANOMALY_TRAINING_IMAGES_HPP

#include "../backbone/backbone.hpp"
#include "feature_cache.hpp"
#include "fit_reporter.hpp"
#include "../input/image_source.hpp"
#include "../input/tiling.hpp"
#include "../input/turned_image.hpp"

#include <functional>
#include <vector>

namespace cv { namespace anomaly {

//! Features that no patch grid of this size needs finer: finer maps are averaged to it, and the mask is the grid's.
TrainingFeatures averagedToGrid(const TrainingFeatures& features, Size grid);

//! How a method wants the features of its training images kept.
struct FeatureKeeping
{
    double memoryShare; // of cacheMiB that is for features
    bool toFile;        // whether a temporary file takes what memory does not; else that is computed at each use
    std::function<TrainingFeatures(const TrainingFeatures&)> reduce; // to what the method reads; empty: they stay whole
};

//! What a method learns from: the features of all images of a fit, or of all tiles of them.
struct TrainingData
{
    int images;               // or tiles, each as often as it is turned
    std::vector<int> sources; // the image that each of them is of
    FeatureCache& features;   // of the images as they are
    std::function<TrainingFeatures(int image, int epoch)>
        view; // of an image as randomView turns and cuts it for an epoch
};

//! Images to learn from, or all tiles of them, in all turns, as features: what lies between the files and the training.
class TrainingImages
{
public:
    //! All that is given must live longer.
    TrainingImages(const ImageSource& images, const DetectorParams& params, const InputSettings& input,
                   const Backbone& backbone, const FeatureKeeping& keeping);

    //! Passes each image through the backbone once. `chosen` loses those that cannot be read; throws where fewer than
    //! `fewest` are left.
    void read(std::vector<int>& chosen, const FitReporter& reporter, int fewest = 2);

    TrainingData data();

    //! The numbers of an image's pieces among those of the data.
    std::vector<int> piecesOf(int image) const;

private:
    //! What is learned at once: an image, or a tile of it, in one of its turns.
    struct Piece
    {
        int image, tile, turn;
    };
    void keep(int index, const Mat& image);
    void keep(const Piece& piece, const Mat& image, const Mat& mask, bool isWholeImage);
    TurnedImage turnedTile(const Piece& piece, const Mat& image) const;
    TrainingFeatures featuresAgain(int piece) const;
    TrainingFeatures featuresOfView(int piece, int epoch);
    TrainingFeatures features(const Mat& image, const Mat& mask, const InputSettings& whole) const;

    const ImageSource& images;
    const DetectorParams& params;
    const InputSettings input, tileInput; // of an image, and of what is cut of it
    const Backbone& backbone;
    const FeatureKeeping keeping;
    std::vector<Piece> pieces;
    FeatureCache cache;
};

}} // namespace cv::anomaly

#endif

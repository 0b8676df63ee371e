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

//! Averages maps that are finer than the grid to its size, and brings the mask to it, for methods that need no finer
//! maps.
TrainingFeatures averagedToGrid(const TrainingFeatures& features, Size grid);

//! The patches of a grid that a mask of the image lets be learned: 1 x patches, nonzero on them; empty if the mask is.
Mat patchMask(const Mat& imageMask, const InputSettings& input, Size grid);

//! How a method wants features of training images to be kept.
struct FeatureKeeping
{
    double memoryShare; // share of cacheMiB that features may take
    bool toFile;        // whether features that do not fit are written to a file, or computed again each time
    std::function<TrainingFeatures(const TrainingFeatures&)> reduce; // keeps what the method reads; empty: keeps all
};

//! What a method learns from. A piece is an image, or a tile of one, in one of its turns. Pieces are numbered from 0.
struct TrainingData
{
    int images;               // number of pieces
    std::vector<int> sources; // for each piece the index of its image
    FeatureCache& features;   // features of each piece
    //! Features of a piece that is turned and cut as by randomView, differently in each epoch.
    std::function<TrainingFeatures(int image, int epoch)> view;
};

//! Reads training images, cuts them into tiles, turns them, and computes the features of all pieces.
class TrainingImages
{
public:
    //! All arguments are kept by reference and must live longer than this object.
    TrainingImages(const ImageSource& images, const DetectorParams& params, const InputSettings& input,
                   const Backbone& backbone, const FeatureKeeping& keeping);

    //! Reads each image and computes its features once. Images that cannot be read, and exact copies of others, are
    //! removed from `chosen`. Throws if fewer than `fewest` are left.
    void read(std::vector<int>& chosen, const FitReporter& reporter, int fewest = 2);

    //! The highest value of those images that have 16 bits; 0 if none has.
    double highestOf16BitImages() const { return highest16; }

    TrainingData data();

    //! Indices of the pieces of an image in the training data.
    std::vector<int> piecesOf(int image) const;

private:
    //! An image, or a tile of it, in one of its turns.
    struct Piece
    {
        int image, tile, turn;
    };
    void keep(int index, const Mat& image);
    void keep(const Piece& piece, const Mat& image, const Mat& mask, bool isWholeImage);
    TurnedImage turnedTile(const Piece& piece, const Mat& image) const;
    TrainingFeatures recomputedFeatures(int piece) const;
    TrainingFeatures featuresOfView(int piece, int epoch);
    TrainingFeatures features(const Mat& image, const Mat& mask, const InputSettings& whole) const;

    const ImageSource& images;
    const DetectorParams& params;
    const InputSettings input, tileInput; // of a whole image, and of one of its tiles
    const Backbone& backbone;
    const FeatureKeeping keeping;
    std::vector<Piece> pieces;
    FeatureCache cache;
    double highest16 = 0;
};

}} // namespace cv::anomaly

#endif

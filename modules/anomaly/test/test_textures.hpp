// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_TEXTURES_HPP
#define OPENCV_ANOMALY_TEST_TEXTURES_HPP

#include "test_precomp.hpp"

#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"

namespace opencv_test {

//! Returns an image of a good part, 8-bit BGR: a woven texture of noise that depends on the seed.
inline Mat goodImage(int seed, Size size = Size(96, 80))
{
    Mat image(size, CV_8UC3);
    RNG random(seed + 1);
    random.fill(image, RNG::UNIFORM, 0, 40);
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++)
            image.at<Vec3b>(y, x) += Vec3b(uchar(90 + 50 * ((x / 6 + y / 6) % 2)), 100, uchar(120 + 20 * (x / 12 % 2)));
    return image;
}

inline std::vector<Mat> goodImages(int count, Size size = Size(96, 80))
{
    std::vector<Mat> images;
    for (int i = 0; i < count; i++)
        images.push_back(goodImage(i, size));
    return images;
}

//! Returns an image and others that continue its last row: all look alike, but they are no copies, which would be
//! learned only once.
inline std::vector<Mat> alike(const Mat& image, int count)
{
    std::vector<Mat> images(count);
    for (int i = 0; i < count; i++)
        cv::copyMakeBorder(image, images[i], 0, i, 0, 0, BORDER_REPLICATE);
    return images;
}

//! Returns the place of the defect in badImage.
inline Rect defectOf(Size size)
{
    return Rect(size.width / 2, size.height / 4, size.width / 5, size.height / 5);
}

inline Mat badImage(int seed, Size size = Size(96, 80))
{
    Mat image = goodImage(seed, size);
    rectangle(image, defectOf(size), Scalar(230, 240, 20), FILLED);
    return image;
}

//! Returns settings for a quick fit: one model with an input of 64 pixels, without training.
inline CFA::Params quickParams()
{
    CFA::Params params;
    params.inputSize = 64;
    params.resizeSize = 72;
    params.adaptation = CFA::ADAPTATION_NONE;
    params.scoringBankSize = 64; // of 256 patches of an image
    params.epochs = 1;
    return params;
}

inline Ptr<CFA> quickDetector(const CFA::Params& params = quickParams(), int images = 6)
{
    Ptr<CFA> cfa = CFA::create(params);
    cfa->fit(goodImages(images));
    return cfa;
}

//! Returns the same settings with training. Tests that use it must check canTrain.
inline CFA::Params trainingParams(int epochs)
{
    CFA::Params params = quickParams();
    params.adaptation = CFA::ADAPTATION_FULL;
    params.batchSize = 3;
    params.epochs = epochs;
    params.validationFraction = 0.1;
    return params;
}

inline bool fitsWithTraining()
{
    try
    {
        CFA::create(trainingParams(1))->fit(goodImages(4));
        return true;
    }
    catch (const cv::Exception& e)
    {
        if (e.code != Error::StsNotImplemented)
            throw;
        return false;
    }
}

//! Whether opencv_anomaly_train can be loaded.
inline bool canTrain()
{
    static const bool can = fitsWithTraining();
    return can;
}

//! Returns the whole model as text: W, b, C and everything else.
inline String contentOf(const CFA& cfa)
{
    FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML | FileStorage::BASE64);
    cfa.write(file);
    return file.releaseAndGetString();
}

//! The name of a temporary file. The file is removed at the end of the scope.
struct TemporaryName
{
    explicit TemporaryName(const String& extension) : name(cv::tempfile(extension.c_str()))
    {
        std::remove(name.c_str());
    }
    ~TemporaryName() { std::remove(name.c_str()); }

    String name;
};

//! Good images of successive seeds as files, which are removed at the end.
struct ImageFiles
{
    explicit ImageFiles(int count, int firstSeed = 0)
    {
        for (int i = 0; i < count; i++)
        {
            files.emplace_back(new TemporaryName(".png"));
            names.push_back(files.back()->name);
            imwrite(names.back(), goodImage(firstSeed + i));
        }
    }

    std::vector<std::unique_ptr<TemporaryName>> files;
    std::vector<String> names;
};

//! Returns the message of the cv::Exception that `call` throws, or "" if it throws none.
template <typename Call> String errorOf(const Call& call)
{
    try
    {
        call();
    }
    catch (const cv::Exception& e)
    {
        return e.err;
    }
    return String();
}

//! Fails unless `call` throws a cv::Exception whose message contains `part`.
#define EXPECT_ERROR_WITH(part, call) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOf([&]() { call; }))

} // namespace opencv_test

#endif

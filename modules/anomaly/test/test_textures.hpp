// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TEST_TEXTURES_HPP
#define OPENCV_ANOMALY_TEST_TEXTURES_HPP

#include "test_precomp.hpp"

#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"

namespace opencv_test {

//! A woven texture of seeded noise, 8-bit BGR: what good parts look like in these tests.
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

//! Where badImage has its defect.
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

//! Small and quick: one model on a 64 pixel input, without training.
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

//! The same with training; for tests that need it, see canTrain.
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

//! True when opencv_anomaly_train is here.
inline bool canTrain()
{
    static const bool can = fitsWithTraining();
    return can;
}

//! W, b, C and all else, as text.
inline String contentOf(const CFA& cfa)
{
    FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_YAML | FileStorage::BASE64);
    cfa.write(file);
    return file.releaseAndGetString();
}

//! A temporary file's name, and no such file when this goes out of scope.
struct TemporaryName
{
    explicit TemporaryName(const String& extension) : name(cv::tempfile(extension.c_str()))
    {
        std::remove(name.c_str());
    }
    ~TemporaryName() { std::remove(name.c_str()); }

    String name;
};

//! The message of the cv::Exception that `call` throws, or "" when it throws none.
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

//! Fails unless `call` throws a cv::Exception whose message holds `part`.
#define EXPECT_ERROR_WITH(part, call) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOf([&]() { call; }))

} // namespace opencv_test

#endif

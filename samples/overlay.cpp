// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "overlay.hpp"

#include "opencv2/anomaly/visualize.hpp"
#include "opencv2/imgproc.hpp"

#include <algorithm>

using namespace cv;

Mat drawColors(const anomaly::AnomalyDetector& detector, const Mat& image, const Mat& map)
{
    double lowest, highest;
    detector.getMapRange(lowest, highest);
    // The threshold lies at two thirds of the color scale, so that yellow and red are only for defects. The highest
    // value of good images would be no use as the end of the scale, since it may lie far above the threshold.
    const double threshold = detector.getPixelThreshold();
    Mat picture;
    detector.toPicture(image, picture);
    anomaly::drawHeatMap(picture, map, picture, lowest, lowest + 1.5 * (threshold - lowest), 0.5, COLORMAP_JET,
                         threshold);
    return picture;
}

Mat drawOverlay(const anomaly::AnomalyDetector& detector, const Mat& image, const Mat& map, double minimumArea)
{
    Mat picture = drawColors(detector, image, map);
    anomaly::drawDefects(picture, map, picture, detector.getPixelThreshold(),
                         smallestDefect(detector, image.size(), minimumArea));
    return picture;
}

double smallestDefect(const anomaly::AnomalyDetector& detector, Size imageSize, double minimumArea)
{
    return minimumArea < 0 ? detector.getDefectArea(imageSize) : minimumArea;
}

void addCaption(Mat& picture, const std::string& text)
{
    const int margin = 4, font = FONT_HERSHEY_SIMPLEX, width = getTextSize(text, font, 1, 1, NULL).width;
    const double smallest = 0.4; // Smaller letters cannot be read.
    const double fitting = double(picture.cols - 2 * margin) / width;
    const double scale = std::max(smallest, std::min(fitting, picture.rows / 800.));
    const int stroke = std::max(1, cvRound(scale));
    int below = 0;
    const Size size = getTextSize(text, font, scale, stroke, &below);
    const int band = size.height + below + 2 * margin, columns = std::max(picture.cols, size.width + 2 * margin);
    Mat whole(picture.rows + band, columns, CV_8UC3, Scalar::all(0));
    picture.copyTo(whole(Rect(Point(), picture.size())));
    const Point origin(margin, picture.rows + margin + size.height);
    putText(whole, text, origin, font, scale, Scalar::all(255), stroke, LINE_AA);
    picture = whole;
}

std::string verdict(const anomaly::AnomalyDetector& detector, double score)
{
    return score < detector.getImageThreshold() ? "good" : "defective"; // A score of NaN counts as defective.
}

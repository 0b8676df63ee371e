// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_VISUALIZE_HPP
#define OPENCV_ANOMALY_VISUALIZE_HPP

#include "opencv2/core.hpp"
#include "opencv2/imgproc.hpp"

#include <cfloat>
#include <vector>

namespace cv { namespace anomaly {

/** @addtogroup anomaly
@{

All functions return pictures as CV_8UC3, BGR. They take pictures of 8-bit, 16-bit (full range) or floating point values
(0..1, clipped) with 1, 3 (BGR) or 4 (BGRA, alpha is dropped) channels. Maps are CV_32FC1 without NaN or infinity. They
may have any size and are stretched to the size of the image, bilinearly. dst may be the same Mat as the image. Any
other argument is a cv::Exception that says what was found and what is expected.
*/

/** @brief Draws a map over its image in colors.

The higher the score, the more the color covers the image, so that the image stays clear where nothing stands out. With
a threshold, the image is unchanged up to three quarters of the way from lowest to the threshold; from there the color
fades in, and from the threshold on its cover is opacity. Without a threshold the cover grows evenly from 0 at lowest to
opacity at highest.
@param image picture to draw on, for instance from AnomalyDetector::toPicture
@param map CV_32FC1 map of scores
@param dst CV_8UC3 of the image's size
@param lowest map value that is drawn in the first color
@param highest map value that is drawn in the last color. If it is not above lowest, both are taken from this map, which
then uses all colors even if nothing is wrong. To compare images use AnomalyDetector::getMapRange
@param opacity cover of the highest scores, 0..1
@param colormap one of cv::ColormapTypes
@param threshold map value from which a pixel is called defective, for instance AnomalyDetector::getPixelThreshold;
-DBL_MAX: none
*/
CV_EXPORTS_W void drawHeatMap(InputArray image, InputArray map, OutputArray dst, double lowest = 0, double highest = 0,
                              double opacity = 0.5, int colormap = COLORMAP_JET, double threshold = -DBL_MAX);

//! A region where a map is at or above a threshold, as findRegions returns it. Places and lengths are in pixels.
struct CV_EXPORTS_W_SIMPLE DefectRegion
{
    CV_WRAP DefectRegion();

    CV_PROP Rect box;         //!< smallest upright rectangle around the region
    CV_PROP int area;         //!< number of pixels of the region, 1 or more
    CV_PROP double peak;      //!< highest score in the region
    CV_PROP double meanScore; //!< mean of the scores in the region
    CV_PROP Point2d centroid; //!< mean position of its pixels; (0, 0) is the center of the map's first pixel
    //! Outer contour, as cv::findContours with CHAIN_APPROX_SIMPLE returns it
    CV_PROP std::vector<Point> contour;
};

/** @brief Finds the 8-connected regions where a map is at or above a threshold, and measures each.
@param map CV_32FC1 map of scores
@param threshold map value from which a pixel is called defective, for instance AnomalyDetector::getPixelThreshold
@param regions regions in falling order of their highest score. A region within the hole of another one is a region of
its own
@param minimumArea regions with fewer pixels are left out; for instance AnomalyDetector::getDefectArea
@param imageSize size to which the map is stretched first, as in drawDefects, so that all figures are in pixels of the
image; empty: the map is not stretched, and all figures are in its pixels
*/
CV_EXPORTS_W void findRegions(InputArray map, double threshold, CV_OUT std::vector<DefectRegion>& regions,
                              double minimumArea = 0, Size imageSize = Size());

/** @brief Finds the outlines of the regions where a map is at or above a threshold: the contours of findRegions, in the
same order.
@param map CV_32FC1 map of scores
@param threshold map value from which a pixel is called defective, for instance AnomalyDetector::getPixelThreshold
@param contours vector of vectors of Point, in pixels of the map: the outer contour of each region, as cv::findContours
returns it
@param minimumArea regions with fewer pixels are left out
*/
CV_EXPORTS_W void findDefects(InputArray map, double threshold, OutputArrayOfArrays contours, double minimumArea = 0);

/** @brief Draws the outlines that findDefects finds.
@param image picture to draw on
@param map CV_32FC1 map of scores, which is stretched to the image's size first
@param dst CV_8UC3 of the image's size
@param threshold map value from which a pixel is called defective, for instance AnomalyDetector::getPixelThreshold
@param minimumArea regions with fewer pixels of the image are left out
@param color color of the lines, BGR
@param thickness thickness of the lines in pixels; 0: chosen by the image's size
*/
CV_EXPORTS_W void drawDefects(InputArray image, InputArray map, OutputArray dst, double threshold,
                              double minimumArea = 0, const Scalar& color = Scalar(40, 40, 255), int thickness = 0);

/** @brief Puts pictures side by side at the same height, each with its title above it.
@param pictures vector of pictures. One of CV_8UC1 without values above 1 is taken as a mask, and its ones are drawn
white
@param titles one title for each picture, or none at all. A title wider than its picture is written smaller, then cut.
Characters outside ASCII become question marks
@param dst CV_8UC3
@param height height of the pictures, at least 16 pixels; their widths follow from it
*/
CV_EXPORTS_W void drawPanel(InputArrayOfArrays pictures, const std::vector<String>& titles, OutputArray dst,
                            int height = 256);

//! @}

}} // namespace cv::anomaly

#endif

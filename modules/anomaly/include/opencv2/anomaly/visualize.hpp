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

Pictures come out as CV_8UC3, BGR. They may go in as 8-bit, 16-bit (full range) or floating point (0..1, clipped) with
1,
3 (BGR) or 4 (BGRA, alpha is dropped) channels. Maps are CV_32FC1 without NaN or infinity, of any size: they are
stretched
to the image's, bilinearly. dst may be the image. Anything else is a cv::Exception that says what was found and
what is expected.
*/

/** @brief Lays a map over its image in colors.

The color's cover grows with the score, so that the image stays clear where nothing stands out: with a threshold the
image is left exactly as it is up to three quarters of the way from lowest to the threshold, from there the color fades
in, and from the threshold on it covers the image as far as opacity says. Without a threshold the cover grows evenly
from nothing at lowest to opacity at highest.
@param image the image
@param map CV_32FC1 map of scores
@param dst CV_8UC3 of the image's size
@param lowest map value that is drawn in the first color
@param highest map value that is drawn in the last color; if not over lowest, both are taken from this map, which then
has the full range of colors even if nothing is wrong. To compare images use AnomalyDetector::getMapRange
@param opacity how far the highest scores cover the image, 0..1
@param colormap one of cv::ColormapTypes
@param threshold map value from which a pixel is called defective, as AnomalyDetector::getPixelThreshold; -DBL_MAX: none
*/
CV_EXPORTS_W void drawHeatMap(InputArray image, InputArray map, OutputArray dst, double lowest = 0, double highest = 0,
                              double opacity = 0.5, int colormap = COLORMAP_JET, double threshold = -DBL_MAX);

//! A region where a map is at or above a threshold, as findRegions gives it: places and lengths are in pixels.
struct CV_EXPORTS_W_SIMPLE DefectRegion
{
    CV_WRAP DefectRegion();

    CV_PROP Rect box;         //!< the smallest upright rectangle around the region
    CV_PROP int area;         //!< number of its pixels, 1 or more
    CV_PROP double peak;      //!< its highest score
    CV_PROP double meanScore; //!< mean of its scores
    CV_PROP Point2d centroid; //!< mean place of its pixels, from (0, 0) at the center of the first pixel
    //! Outer contour, as cv::findContours with CHAIN_APPROX_SIMPLE gives it
    CV_PROP std::vector<Point> contour;
};

/** @brief The 8-connected regions where a map is at or above a threshold, with figures of each.
@param map CV_32FC1 map of scores
@param threshold map value from which a pixel is called defective, as AnomalyDetector::getPixelThreshold
@param regions the regions, that of the highest score first; each counts, also one within another's hole
@param minimumArea regions with fewer pixels are left out, as AnomalyDetector::getDefectArea
@param imageSize where it is given the map is stretched to this size first, as drawDefects does, so that all figures
are in pixels of the image; empty: in pixels of the map
*/
CV_EXPORTS_W void findRegions(InputArray map, double threshold, CV_OUT std::vector<DefectRegion>& regions,
                              double minimumArea = 0, Size imageSize = Size());

/** @brief Outlines of the regions where a map is at or above a threshold: the contours of findRegions, in its order.
@param map CV_32FC1 map of scores
@param threshold map value from which a pixel is called defective, as AnomalyDetector::getPixelThreshold
@param contours vector of vectors of Point, as cv::findContours gives: the outer contour of each 8-connected region, in
pixels of the map, also of
regions within another's hole
@param minimumArea regions with fewer pixels are left out
*/
CV_EXPORTS_W void findDefects(InputArray map, double threshold, OutputArrayOfArrays contours, double minimumArea = 0);

/** @brief Draws the outlines that findDefects finds.
@param image the image
@param map CV_32FC1 map of scores
@param dst CV_8UC3 of the image's size
@param threshold map value from which a pixel is called defective
@param minimumArea regions with fewer pixels of the image are left out
@param color BGR
@param thickness of the lines in pixels; 0: by the image's size
*/
CV_EXPORTS_W void drawDefects(InputArray image, InputArray map, OutputArray dst, double threshold,
                              double minimumArea = 0, const Scalar& color = Scalar(40, 40, 255), int thickness = 0);

/** @brief Puts pictures side by side at the same height, each under its title.
@param pictures vector of pictures; one of CV_8UC1 with no value over 1 is taken as a mask, whose ones are drawn white
@param titles as many as pictures, or none at all; a title wider than its picture is written smaller, then cut.
Characters outside ASCII become question marks
@param dst CV_8UC3
@param height of the pictures, at least 16 pixels; widths follow
*/
CV_EXPORTS_W void drawPanel(InputArrayOfArrays pictures, const std::vector<String>& titles, OutputArray dst,
                            int height = 256);

//! @}

}} // namespace cv::anomaly

#endif

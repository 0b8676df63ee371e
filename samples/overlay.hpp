// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_OVERLAY_HPP
#define ANOMALY_SAMPLES_OVERLAY_HPP

#include "opencv2/anomaly/detector.hpp"

#include <string>

//! The image with the colors of its map where that comes near the pixel threshold or lies above it, and as it is
//! elsewhere. The colors mean the same on every image of a model.
cv::Mat drawColors(const cv::anomaly::AnomalyDetector& detector, const cv::Mat& image, const cv::Mat& map);

//! The same, with outlines of the defects that have at least minimumArea pixels, or as many as the model says where
//! that is negative.
cv::Mat drawOverlay(const cv::anomaly::AnomalyDetector& detector, const cv::Mat& image, const cv::Mat& map,
                    double minimumArea = -1);

//! Smallest area of a defect in pixels of the image: minimumArea, or that of the model if minimumArea is negative.
double smallestDefect(const cv::anomaly::AnomalyDetector& detector, cv::Size imageSize, double minimumArea = -1);

//! Adds a line of text below a picture. The picture's own pixels do not change. A narrow picture gets a margin on its
//! right.
void addCaption(cv::Mat& picture, const std::string& text);

//! "defective" if the score reaches the detector's threshold, else "good".
std::string verdict(const cv::anomaly::AnomalyDetector& detector, double score);

#endif

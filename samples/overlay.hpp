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

//! Pixels of an image that a region has to have to be called a defect: minimumArea, or as many as the model says where
//! that is negative.
double smallestDefect(const cv::anomaly::AnomalyDetector& detector, cv::Size imageSize, double minimumArea = -1);

//! Puts a line of text below a picture, where it hides nothing and no pixel changes its place. A narrow picture gets a
//! margin on the right.
void addCaption(cv::Mat& picture, const std::string& text);

//! "defective" from the detector's threshold on, else "good".
std::string verdict(const cv::anomaly::AnomalyDetector& detector, double score);

#endif

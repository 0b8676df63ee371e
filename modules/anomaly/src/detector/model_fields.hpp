// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_FIELDS_HPP
#define OPENCV_ANOMALY_MODEL_FIELDS_HPP

#include "opencv2/core.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

/* How fields of a model file are read, which may come from anyone: each of these throws StsParseError that names the
field when it is missing or not as it should be. */

//! The field of a map.
FileNode child(const FileNode& parent, const String& key);

double number(const FileNode& parent, const String& key, double low = -DBL_MAX, double high = DBL_MAX);

int integer(const FileNode& parent, const String& key, int low, int high);

String text(const FileNode& parent, const String& key);

//! Whether all elements are numbers.
bool holdsNumbers(const FileNode& list);

//! A matrix of this type, which has at least one element.
Mat matrix(const FileNode& parent, const String& key, int type);

//! Throws when the matrix that was read as `key` has another size, NaN or infinity.
void expectSize(const Mat& matrix, const char* key, int rows, int64 cols);

//! The counts of channels of the features that a model was learned from, one for each of the backbone's outputs.
std::vector<int> readChannels(const FileNode& model, size_t scales);
void writeChannels(FileStorage& file, const std::vector<int>& channels);

}} // namespace cv::anomaly

#endif

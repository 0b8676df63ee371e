// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_MODEL_FIELDS_HPP
#define OPENCV_ANOMALY_MODEL_FIELDS_HPP

#include "model_binary.hpp"

#include <cfloat>

namespace cv { namespace anomaly {

/* How fields of a model file are read, which may come from anyone: each of these throws StsParseError that names the
field when it is missing or not as it should be. */

//! The field of a map.
ModelNode child(const ModelNode& parent, const String& key);

double number(const ModelNode& parent, const String& key, double low = -DBL_MAX, double high = DBL_MAX);

int integer(const ModelNode& parent, const String& key, int low, int high);

String text(const ModelNode& parent, const String& key);

//! Whether all elements are numbers.
bool holdsNumbers(const ModelNode& list);

//! A matrix of this type, which has at least one element.
Mat matrix(const ModelNode& parent, const String& key, int type);

//! Throws when the matrix that was read as `key` has another size, NaN or infinity.
void expectSize(const Mat& matrix, const char* key, int rows, int64 cols);

//! The counts of channels of the features that a model was learned from, one for each of the backbone's outputs.
std::vector<int> readChannels(const ModelNode& model, size_t scales);
void writeChannels(FileStorage& file, const std::vector<int>& channels);

//! A list of integers; -1 for each element that is none.
std::vector<int> readIntegers(const ModelNode& parent, const String& key);
//! As text, also where the file has binary data: their type is not among those that are read.
void writeIntegers(FileStorage& file, const String& key, const std::vector<int>& values);
//! A list of numbers as cv::FileStorage writes std::vector<double>.
std::vector<double> readDoubles(const ModelNode& parent, const String& key);

//! Throws before a model is written that is too large to be read again; `instead`: what makes a smaller one.
void checkFitsIntoFile(size_t matrixBytes, const char* instead);
//! Says so in the log after the fit of such a model, which can be used but not saved.
void warnIfTooLargeForFile(size_t matrixBytes, const char* instead);

}} // namespace cv::anomaly

#endif

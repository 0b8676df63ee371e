// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "precomp.hpp"
#include "feature_cache.hpp"

namespace cv {
namespace anomaly {

static size_t bytesOf(const TrainingFeatures& features)
{
    size_t bytes = features.mask.total();
    for (size_t i = 0; i < features.maps.size(); i++)
        bytes += features.maps[i].total() * sizeof(float);
    return bytes;
}

FeatureCache::FeatureCache(const Compute& c, size_t limitBytes) : compute(c), freeBytes(limitBytes) {}

TrainingFeatures FeatureCache::get(int image)
{
    if (size_t(image) < kept.size() && !kept[image].maps.empty())
        return kept[image];
    return compute(image);
}

void FeatureCache::put(int image, const TrainingFeatures& features)
{
    const size_t bytes = bytesOf(features);
    if (bytes > freeBytes)
        return;
    freeBytes -= bytes;
    kept.resize(std::max(kept.size(), size_t(image) + 1));
    kept[image] = features;
}

}} // namespace cv::anomaly

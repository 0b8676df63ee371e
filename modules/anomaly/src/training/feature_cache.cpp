// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "feature_cache.hpp"

namespace cv { namespace anomaly {

static size_t bytesOf(const TrainingFeatures& features)
{
    size_t bytes = features.mask.total();
    for (size_t i = 0; i < features.maps.size(); i++)
        bytes += features.maps[i].total() * sizeof(float);
    return bytes;
}

FeatureCache::FeatureCache(const Compute& c, size_t limitBytes, bool spills)
    : compute(c),
      freeBytes(limitBytes),
      toFile(spills)
{}

TrainingFeatures FeatureCache::get(int image)
{
    if (size_t(image) >= kept.size())
        return compute(image);
    const Kept& known = kept[image];
    if (known.place < 0)
        return known.features.maps.empty() ? compute(image) : known.features;
    const TrainingFeatures features = {file.read(known.place), known.features.mask};
    return features;
}

void FeatureCache::put(int image, const TrainingFeatures& features)
{
    kept.resize(std::max(kept.size(), size_t(image) + 1));
    Kept& entry = kept[image];
    const size_t bytes = bytesOf(features);
    if (bytes <= freeBytes)
    {
        freeBytes -= bytes;
        entry.features = features;
        return;
    }
    if (toFile)
        entry.place = file.append(features.maps);
    if (entry.place >= 0)
        entry.features.mask = features.mask;
}

}} // namespace cv::anomaly

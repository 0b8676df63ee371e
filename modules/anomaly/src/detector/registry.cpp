// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "../precomp.hpp"
#include "registry.hpp"

namespace cv { namespace anomaly {

// Each method's folder defines one of these functions. A new method needs a declaration here and a line in the table.
std::unique_ptr<Method> createCfaMethod();
std::unique_ptr<Method> createPadimMethod();
std::unique_ptr<Method> createPatchCoreMethod();
std::unique_ptr<Method> createSpadeMethod();

namespace {

//! A method by the name that model files and getMethod use.
struct Entry
{
    const char* name;
    std::unique_ptr<Method> (*create)();
};

std::vector<Entry> entries = {
    {"CFA", createCfaMethod},
    {"PaDiM", createPadimMethod},
    {"PatchCore", createPatchCoreMethod},
    {"SPADE", createSpadeMethod},
};

} // namespace

std::unique_ptr<Method> createMethod(const String& name)
{
    for (const Entry& entry : entries)
        if (name == entry.name)
            return entry.create();
    return std::unique_ptr<Method>();
}

void addMethod(const char* name, std::unique_ptr<Method> (*create)())
{
    entries.push_back({name, create});
}

String methodNames()
{
    String names;
    for (const Entry& entry : entries)
        names += (names.empty() ? "" : ", ") + String(entry.name);
    return names;
}

}} // namespace cv::anomaly

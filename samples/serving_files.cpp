// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "serving_files.hpp"
#include "command_line.hpp"
#include "files.hpp"

#include <cctype>
#include <regex>

using cv::format;

namespace {

const size_t longestName = 63; // the limit for labels of Kubernetes

// A tensor in the text format of Triton's model configuration.
std::string tritonTensor(const std::string& name, const std::string& type, const std::string& sizes,
                         const std::string& more = std::string())
{
    return "  {\n    name: \"" + name + "\"\n    data_type: " + type + "\n    dims: [ " + sizes + " ]\n" + more + "  }";
}

// An output that is one number for each image. When Triton batches, it leaves the batch dimension out of `dims`, which
// must not be empty: the file's shape [N] is then given as dims [1] that are reshaped to none.
std::string tritonNumber(const ServedModel& model, const std::string& name, const std::string& type)
{
    return tritonTensor(name, type, "1", model.mostImages > 0 ? "    reshape { shape: [ ] }\n" : "");
}

std::string imageSizes(const ServedModel& model)
{
    return format(model.channelsFirst ? "3, %d, %d" : "%d, %d, 3", model.image.height, model.image.width);
}

} // namespace

std::string servedName(const std::string& modelFile)
{
    std::string name;
    for (const char c : withoutExtension(withoutExtension(fileName(modelFile))))
        if (std::isalnum(static_cast<unsigned char>(c)) && name.size() < longestName)
            name += char(std::tolower(static_cast<unsigned char>(c)));
        else if (!name.empty() && name.back() != '-' && name.size() + 1 < longestName)
            name += '-';
    while (!name.empty() && name.back() == '-')
        name.pop_back();
    return name.empty() || !std::isalpha(static_cast<unsigned char>(name[0])) ? "model" : name;
}

void checkServedName(const std::string& option, const std::string& name)
{
    if (name.size() > longestName || !std::regex_match(name, std::regex("[a-z]([a-z0-9-]*[a-z0-9])?")))
        throw badValue(option, name,
                       "up to 63 lower-case letters, digits and '-', such as parts-2, which all servers take");
}

std::string tritonConfig(const ServedModel& model)
{
    const std::string one = model.mostImages > 0 ? "" : "1, ";
    std::string text = "name: \"" + model.name + "\"\nbackend: \"onnxruntime\"\n";
    text += format("max_batch_size: %d\n", model.mostImages);
    text += "input [\n" + tritonTensor("image", "TYPE_UINT8", one + imageSizes(model)) + "\n]\noutput [\n";
    text += tritonNumber(model, "score", "TYPE_FP32") + ",\n";
    text += tritonNumber(model, "normalized_score", "TYPE_FP32") + ",\n";
    text += tritonNumber(model, "defective", "TYPE_BOOL") + ",\n";
    text += tritonTensor("map", "TYPE_FP32", one + format("%d, %d", model.map.height, model.map.width)) + "\n]\n";
    return model.mostImages > 1 ? text + "dynamic_batching { }\n" : text;
}

// The hint makes OpenVINO compute in float. By default it uses bfloat16 on processors that have it, which changes the
// scores.
std::string ovmsConfig(const ServedModel& model)
{
    return "{\n"
           "  \"model_config_list\": [\n"
           "    {\n"
           "      \"config\": {\n"
           "        \"name\": \"" +
           model.name +
           "\",\n"
           "        \"base_path\": \"" +
           model.name +
           "\",\n"
           "        \"plugin_config\": { \"INFERENCE_PRECISION_HINT\": \"f32\" }\n"
           "      }\n"
           "    }\n"
           "  ]\n"
           "}\n";
}

std::string kserveService(const ServedModel& model, const std::string& storage)
{
    return "apiVersion: serving.kserve.io/v1beta1\n"
           "kind: InferenceService\n"
           "metadata:\n"
           "  name: " +
           model.name +
           "\n"
           "spec:\n"
           "  predictor:\n"
           "    model:\n"
           "      modelFormat:\n"
           "        name: onnx\n"
           "      protocolVersion: v2\n"
           "      runtime: kserve-tritonserver\n"
           "      storageUri: \"" +
           storage + "\"\n";
}

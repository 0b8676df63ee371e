// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "fuzz_model.hpp"

#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>

namespace {

// Writes a model again with some of its fields as the fuzzer likes, so that it need not find the syntax first.
class Copy
{
public:
    Copy(FuzzedDataProvider& d, cv::FileStorage& f)
        : data(d),
          file(f),
          fieldsToKeep(data.ConsumeIntegralInRange(0, 120))
    {}

    void write(const cv::FileNode& node)
    {
        if (node.isNamed())
            file << node.name();
        if (fieldsToKeep-- == 0)
        {
            fieldsToKeep = data.ConsumeIntegralInRange(0, 120);
            writeOther();
        }
        else if (node.isMap() || node.isSeq())
            writeCollection(node);
        else if (node.isInt())
            file << int(node);
        else if (node.isReal())
            file << double(node);
        else
            file << node.string();
    }

private:
    void writeOther()
    {
        switch (data.ConsumeIntegralInRange(0, 5))
        {
        case 0:
            file << data.ConsumeIntegral<int>();
            break;
        case 1:
            file << data.ConsumeFloatingPoint<double>();
            break;
        case 2:
            file << data.ConsumeIntegralInRange(-2, 300);
            break;
        case 3:
            file << "many";
            break;
        case 4:
            file << cv::Mat(data.ConsumeIntegralInRange(1, 9), data.ConsumeIntegralInRange(1, 14),
                            data.ConsumeBool() ? CV_32F : CV_8U, cv::Scalar(data.ConsumeFloatingPoint<float>()));
            break;
        default:
            file << std::vector<double>(size_t(data.ConsumeIntegralInRange(0, 5)), data.ConsumeFloatingPoint<double>());
        }
    }

    void writeCollection(const cv::FileNode& node)
    {
        const bool isOfNumbers = node.isSeq() && node.size() > 0 && !(*node.begin()).isMap();
        file << (node.isMap() ? "{" : isOfNumbers ? "[:" : "[");
        for (const cv::FileNode& part : node)
            if (!data.ConsumeBool() || fieldsToKeep > 0)
                write(part);
        file << (node.isMap() ? "}" : "]");
    }

    FuzzedDataProvider& data;
    cv::FileStorage& file;
    int fieldsToKeep;
};

std::string savedText()
{
    cv::FileStorage file(".yml", cv::FileStorage::WRITE | cv::FileStorage::MEMORY);
    file << "opencv_anomaly"
         << "{";
    smallModel(0.1)->write(file);
    file << "}";
    return file.releaseAndGetString();
}

} // namespace

// read of a model whose fields are not what they should be, into a detector that has learned before.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
{
    static const cv::Ptr<cv::anomaly::CFA> cfa = smallModel();
    static const cv::FileStorage model(savedText(), cv::FileStorage::READ | cv::FileStorage::MEMORY);
    FuzzedDataProvider data(bytes, size);
    std::string text;
    try
    {
        cv::FileStorage file(".yml", cv::FileStorage::WRITE | cv::FileStorage::MEMORY);
        Copy(data, file).write(model["opencv_anomaly"]);
        text = file.releaseAndGetString();
    }
    catch (const cv::Exception&)
    {
        return 0; // cv::FileStorage does not write everything everywhere
    }
    try
    {
        const cv::FileStorage file(text, cv::FileStorage::READ | cv::FileStorage::MEMORY);
        cfa->read(file["opencv_anomaly"]);
    }
    catch (const cv::Exception&)
    {}
    requireScore(*cfa);
    return 0;
}

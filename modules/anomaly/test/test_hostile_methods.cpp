// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Model files of PatchCore, PaDiM and SPADE in which a field is missing or differs from what save wrote.
#include "test_changed_fields.hpp"
#include "test_methods.hpp"
#include "test_model_files.hpp"

namespace opencv_test { namespace {

//! A model of a few thousand numbers that contains its backbone, so that the file has every possible field.
template <typename Method> typename Method::Params smallParamsOf()
{
    typename Method::Params params = quickParamsOf<Method>();
    params.backbone = testDataPath("backbones/two_scales.onnx");
    params.outputs = {"fine", "coarse"};
    params.embedBackbone = true;
    params.inputSize = 32;
    params.patchStride = 16;
    return params;
}

//! Loads model files one after another, and counts how many are refused and how many are read.
class ChangedFiles
{
public:
    explicit ChangedFiles(const AnomalyDetector& detector) : image(badImage(3))
    {
        FileStorage file(".yml", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::BASE64);
        file << "opencv_anomaly"
             << "{";
        detector.write(file);
        file << "}";
        saved = file.releaseAndGetString();
    }

    void expectErrorsOrScores()
    {
        const FileStorage storage(saved, FileStorage::READ | FileStorage::MEMORY);
        std::vector<String> fields;
        listFields(storage["opencv_anomaly"], "", fields);
        for (const Format& format : formats)
            for (const String& field : fields)
                for (const auto& value : replacements())
                {
                    if (isElement(field) && isCollection(value.first))
                        continue; // FileStorage cannot write such a node there.
                    SCOPED_TRACE(field + " replaced by " + value.first + " in " + format.extension);
                    const Change change = {field, value.second};
                    expectErrorOrScore(Copy(format, change).of(storage.root()), format.extension, field);
                }
    }

    int refused = 0, taken = 0;

private:
    void expectErrorOrScore(const String& text, const String& extension, const String& path)
    {
        const TemporaryName file(extension);
        writeText(file.name, text);
        Ptr<AnomalyDetector> loaded;
        const String error = errorOf([&]() { loaded = loadDetector(file.name); });
        if (!loaded)
        {
            EXPECT_PRED2(names, error, path);
            refused++;
        }
        else if (isWithin("outputs.", path)) // what a backbone gives is known when it runs
        {
            EXPECT_ERROR_WITH("does not give the outputs", loaded->predict(image));
            refused++;
        }
        else
        {
            const double score = loaded->predict(image);
            EXPECT_FALSE(cvIsNaN(score) || cvIsInf(score)) << score;
            taken++;
        }
    }

    const Mat image;
    String saved;
};

template <typename Method> void expectRefusals(const typename Method::Params& params)
{
    ChangedFiles files(*quickDetectorOf<Method>(params, 4));
    files.expectErrorsOrScores();
    EXPECT_GT(files.taken, 15); // Some replacements equal the old value, or mean the same.
    EXPECT_GT(files.refused, 1000);
}

TEST(Anomaly_HostileMethods, every_field_of_PaDiM_removed_or_replaced)
{
    PaDiM::Params params = smallParamsOf<PaDiM>();
    params.features = 5;
    expectRefusals<PaDiM>(params);
    params.reduction = PaDiM::FEATURES_PROJECTED;
    expectRefusals<PaDiM>(params);
}

TEST(Anomaly_HostileMethods, every_field_of_SPADE_removed_or_replaced)
{
    expectRefusals<SPADE>(smallParamsOf<SPADE>());
}

TEST(Anomaly_HostileMethods, every_field_of_PatchCore_removed_or_replaced)
{
    PatchCore::Params params = smallParamsOf<PatchCore>();
    params.bankSize = 10;
    params.window = 1;
    expectRefusals<PatchCore>(params);
}

template <typename Method> void expectFlippedBitsAreFound(const char* matrix)
{
    const TemporaryName file(".yml");
    quickDetectorOf<Method>(smallParamsOf<Method>(), 4)->save(file.name);
    String text = readText(file.name);
    const size_t number = text.find("ICAg", text.find("!!binary", text.find(matrix))) + 45;
    text[number] = text[number] == 'A' ? 'B' : 'A';
    writeText(file.name, text);
    EXPECT_ERROR_WITH("checksum", loadDetector(file.name)) << matrix;
}

TEST(Anomaly_HostileMethods, flipped_bit_in_a_matrix_is_found)
{
    for (const char* matrix : {"mean: !!opencv-matrix", "whitening: !!opencv-matrix"})
        expectFlippedBitsAreFound<PaDiM>(matrix);
    for (const char* matrix : {"summaries: !!opencv-matrix", "rows0: !!opencv-matrix", "rows1: !!opencv-matrix"})
        expectFlippedBitsAreFound<SPADE>(matrix);
}

}} // namespace opencv_test

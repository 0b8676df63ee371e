// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Model files that are missing, cut or changed, and disks that take no model: what the messages say, and what stays.
#include "test_disks.hpp"
#include "test_model_files.hpp"
#include "test_textures.hpp"

#include <fstream>
#include <sstream>

namespace opencv_test { namespace {

//! The text of a saved model, and a file for changed texts.
struct SavedModel
{
    explicit SavedModel(const String& extension = ".yml") : file(extension)
    {
        const Ptr<CFA> cfa = quickDetector(smallestParams(), 4);
        cfa->save(file.name);
        text = readText(file.name);
    }

    //! Returns the message of load for the text in which the first `from` after `start` is replaced.
    String errorAfter(const String& from, const String& to, const String& start = String()) const
    {
        String changed = text;
        const size_t at = changed.find(from, changed.find(start));
        CV_Assert(at != String::npos);
        writeText(file.name, changed.replace(at, from.size(), to));
        return errorOf([&]() { CFA::load(file.name); });
    }

    TemporaryName file;
    String text;
};

TEST(Anomaly_ModelFile, missing_and_foreign_files)
{
    EXPECT_ERROR_WITH("'no/such/model.yml' cannot be read", CFA::load("no/such/model.yml"));
    EXPECT_ERROR_WITH("is no model file", CFA::load(testDataPath("gold/head.yml")));
    EXPECT_ERROR_WITH("cannot be read", CFA::load(testDataPath("images/one_pixel.png")));
    EXPECT_ERROR_WITH("is no model file", loadDetector(testDataPath("gold/head.yml")));
}

TEST(Anomaly_ModelFile, cut_in_half)
{
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz"})
    {
        const SavedModel saved(extension);
        writeText(saved.file.name, saved.text.substr(0, saved.text.size() / 2));
        EXPECT_THROW(CFA::load(saved.file.name), cv::Exception) << extension;
    }
}

TEST(Anomaly_ModelFile, changed_fields_are_named)
{
    const SavedModel saved;
    EXPECT_EQ("", saved.errorAfter("method: CFA", "method: CFA"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "format version 3", saved.errorAfter("version: 2", "version: 3"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'Unknown'", saved.errorAfter("method: CFA", "method: Unknown"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "lacks 'method'", saved.errorAfter("method: CFA", "way: CFA"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'K'", saved.errorAfter("K: 3", "K: -1"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'K'", saved.errorAfter("K: 3", "K: none"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'alpha'", saved.errorAfter("alpha: ", "alpha: .Nan # "));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "lacks 'gammaC'", saved.errorAfter("gammaC:", "gamma:"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'checksum'", saved.errorAfter("K: 3", "K: 2"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'checksum'", saved.errorAfter("image: ", "image: 1"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "SHA-256", saved.errorAfter("sha256: b71f", "sha256: b71e"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'W'", saved.errorAfter("rows: ", "rows: 9", "W:"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'W'", saved.errorAfter("cols: ", "cols: 20000000", "W:"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "expected 8 x 1059", saved.errorAfter("144,", "145,", "channels:"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "'highest'", saved.errorAfter("highest: ", "highest: -"));
}

TEST(Anomaly_ModelFile, flipped_bit_in_a_matrix_is_found)
{
    const SavedModel saved;
    for (const char* matrix : {"W: !!opencv-matrix", "b: !!opencv-matrix", "C: !!opencv-matrix"})
    {
        const size_t data = saved.text.find("!!binary", saved.text.find(matrix)),
                     number = saved.text.find("ICAg", data) + 35;
        String changed = saved.text;
        changed[number] = changed[number] == 'A' ? 'B' : 'A';
        writeText(saved.file.name, changed);
        EXPECT_ERROR_WITH("checksum", CFA::load(saved.file.name)) << matrix;
    }
}

TEST(Anomaly_ModelFile, refused_read_leaves_the_detector_as_it_was)
{
    const Ptr<CFA> cfa = quickDetector();
    const double score = cfa->predict(badImage(3));
    const FileStorage other(testDataPath("gold/head.yml"), FileStorage::READ);
    EXPECT_THROW(cfa->read(other.root()), cv::Exception);
    EXPECT_EQ(score, cfa->predict(badImage(3)));
}

TEST(Anomaly_ModelFile, save_where_nothing_can_be_written)
{
    const Ptr<CFA> cfa = quickDetector(smallestParams(), 4);
    EXPECT_ERROR_WITH("cannot be written", cfa->save("no/such/folder/model.yml"));
    EXPECT_ERROR_WITH("its name must end in", cfa->save("model.onnx"));
    EXPECT_NE(0, std::remove("model.onnx"));
}

#if defined(__linux__)

TEST(Anomaly_ModelFile, write_that_breaks_off_keeps_the_old_file)
{
    for (const char* extension : {".yml", ".json", ".xml.gz"})
    {
        const SavedModel saved(extension);
        const Ptr<CFA> other = quickDetector(smallestParams(), 5);
        {
            const SizeLimit limit(4096);
            EXPECT_ERROR_WITH("could not be written whole", other->save(saved.file.name));
        }
        EXPECT_EQ(saved.text, readText(saved.file.name));
    }
}

TEST(Anomaly_ModelFile, full_disk_keeps_the_old_file)
{
    const SmallDisk disk(128);
    if (!disk.mounted)
        SKIP_TEST(
            "a tmpfs can be mounted by root only; write_that_breaks_off_keeps_the_old_file tests the same without");
    const String file = disk.folder + "/model.yml";
    writeText(file, "the old one");
    writeText(disk.folder + "/filler", String(100000, 'x'));
    const Ptr<CFA> cfa = quickDetector(smallestParams(), 4);
    EXPECT_ERROR_WITH("could not be written whole", cfa->save(file));
    EXPECT_EQ("the old one", readText(file));
    std::remove((disk.folder + "/filler").c_str());
    EXPECT_NO_THROW(cfa->save(file));
    EXPECT_NO_THROW(CFA::load(file));
    std::remove(file.c_str());
    EXPECT_EQ(std::vector<String>(), filesIn(disk.folder));
    EXPECT_TRUE(disk.isClosed());
}

#endif

}} // namespace opencv_test

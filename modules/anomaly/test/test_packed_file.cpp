// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Model files that are packed as several gzip members, which several threads pack and unpack.
#include "test_model_files.hpp"
#include "test_textures.hpp"

#include "opencv2/core/utility.hpp"

namespace opencv_test { namespace {

size_t numberAt(const String& bytes, size_t at)
{
    size_t value = 0;
    for (size_t i = 4; i-- > 0;)
        value = value << 8 | uchar(bytes[at + i]);
    return value;
}

//! The members of a packed file, by the sizes in their heads.
std::vector<String> membersOf(const String& bytes)
{
    std::vector<String> members;
    for (size_t start = 0; start < bytes.size(); start += members.back().size())
    {
        const size_t size = numberAt(bytes, start + 16);
        CV_Assert(bytes.substr(start, 2) == "\x1f\x8b" && size > 28 && start + size <= bytes.size());
        members.push_back(bytes.substr(start, size));
    }
    return members;
}

String joined(const std::vector<String>& members)
{
    String all;
    for (const String& member : members)
        all += member;
    return all;
}

//! Its file has several members: some 3000 patches.
Ptr<PatchCore> fittedDetector()
{
    const Ptr<PatchCore> detector = PatchCore::create();
    detector->fit(goodImages(4, Size(224, 224)));
    return detector;
}

//! A detector, its file and the file's members.
class Anomaly_PackedFile : public testing::Test
{
protected:
    Anomaly_PackedFile() : file(".yml.gz")
    {
        static const Ptr<PatchCore> fitted = fittedDetector();
        detector = fitted;
        detector->save(file.name);
        bytes = readText(file.name);
        members = membersOf(bytes);
    }

    String errorOfBytes(const String& changed) const
    {
        writeText(file.name, changed);
        return errorOf([&]() { loadDetector(file.name); });
    }

    Ptr<PatchCore> detector;
    const TemporaryName file;
    String bytes;
    std::vector<String> members;
};

TEST_F(Anomaly_PackedFile, is_the_same_for_any_number_of_threads)
{
    const int usual = getNumThreads();
    for (const int threads : {1, 3})
    {
        setNumThreads(threads);
        detector->save(file.name);
        EXPECT_TRUE(readText(file.name) == bytes) << threads;
        EXPECT_EQ(loadDetector(file.name)->getImageThreshold(), detector->getImageThreshold()) << threads;
    }
    setNumThreads(usual);
}

TEST_F(Anomaly_PackedFile, is_read_by_others_as_the_text_that_was_packed)
{
    const TemporaryName plain(".yml");
    detector->save(plain.name);
    String lines = readText(plain.name);
    lines.erase(std::remove(lines.begin(), lines.end(), '\r'),
                lines.end()); // with which Windows ends lines of plain files
    const size_t size = lines.size();
    ASSERT_EQ((size + (1 << 20) - 1) >> 20, members.size());
    ASSERT_LT(2u, members.size());
    size_t unpacked = 0;
    for (const String& member : members)
        unpacked += numberAt(member, member.size() - 4);
    EXPECT_EQ(size, unpacked);
    // cv::FileStorage reads by zlib.
    const FileStorage text(plain.name, FileStorage::READ), packed(file.name, FileStorage::READ);
    EXPECT_EQ(String(text["opencv_anomaly"]["models"][0]["checksum"]),
              String(packed["opencv_anomaly"]["models"][0]["checksum"]));
    EXPECT_EQ(String(text["opencv_anomaly"]["checksum"]), String(packed["opencv_anomaly"]["checksum"]));
}

TEST_F(Anomaly_PackedFile, damaged_members_are_refused)
{
    EXPECT_EQ("", errorOfBytes(bytes));
    String changed = bytes;
    changed[members[0].size() + members[1].size() / 2] ^= 1;
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "it cannot be unpacked", errorOfBytes(changed));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "it cannot be unpacked", errorOfBytes(bytes.substr(0, bytes.size() - 9)));
    std::vector<String> others = members;
    std::swap(others[1], others[2]);
    EXPECT_NE("", errorOfBytes(joined(others)));
    others.erase(others.begin() + 1);
    EXPECT_NE("", errorOfBytes(joined(others)));
}

// Whoever reads a file as RFC 1952 has it does not see the sizes in the heads: they are hints, no more.
TEST_F(Anomaly_PackedFile, wrong_sizes_in_heads_do_no_harm)
{
    for (const char* size : {"\0\0\0\0", "\x1c\0\0\0", "\xff\xff\xff\xff", "\xff\xff\0\0"})
    {
        String changed = bytes;
        EXPECT_EQ("", errorOfBytes(changed.replace(members[0].size() + 16, 4, size, 4)));
    }
}

}} // namespace opencv_test

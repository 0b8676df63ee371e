// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "test_model_files.hpp"

#include "../src/base/base64.hpp"
#include "../src/detector/model_fields.hpp"
#include "../src/detector/model_text.hpp"

namespace opencv_test { namespace {

String decoded(const String& text)
{
    std::vector<uchar> bytes(mostBytesOfBase64(text.size()));
    const size_t count = decodeBase64(text.data(), text.data() + text.size(), bytes.data());
    return String(bytes.begin(), bytes.begin() + count);
}

// The examples of RFC 4648.
TEST(Anomaly_Base64, published_examples)
{
    const char* const examples[][2] = {{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}};
    for (const auto& example : examples)
        EXPECT_EQ(example[0], decoded(example[1]));
}

TEST(Anomaly_Base64, all_characters)
{
    const String text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bytes = decoded(text);
    ASSERT_EQ(48u, bytes.size());
    for (size_t i = 0; i < 64; i++) // each is its place in the text
    {
        const size_t bit = 6 * i, byte = bit / 8;
        const int two = uchar(bytes[byte]) << 8 | (byte + 1 < bytes.size() ? uchar(bytes[byte + 1]) : 0);
        EXPECT_EQ(int(i), (two >> (10 - bit % 8)) & 63) << text[i];
    }
}

TEST(Anomaly_Base64, blanks_may_stand_anywhere)
{
    EXPECT_EQ("foobar", decoded("Zm9v\n   YmFy\r\n"));
    EXPECT_EQ("foobar", decoded(" Z\tm9vY\n m\nFy"));
    EXPECT_EQ("fooba", decoded("Zm9vYm E\n="));
    EXPECT_EQ("fooba", decoded("Zm9vYmE")); // some writers leave the equals signs out
}

String encoded(const String& bytes)
{
    const String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    String text;
    for (size_t i = 0; i < bytes.size(); i += 3)
    {
        int group = 0;
        for (size_t k = i; k < i + 3; k++)
            group = group << 8 | (k < bytes.size() ? uchar(bytes[k]) : 0);
        for (size_t k = 0; k < 4; k++)
            text += i + k <= bytes.size() ? alphabet[(group >> (18 - 6 * k)) & 63] : '=';
    }
    return text;
}

String randomBytes(int count, RNG& random)
{
    String bytes;
    for (int i = 0; i < count; i++)
        bytes += char(random.uniform(0, 256));
    return bytes;
}

TEST(Anomaly_Base64, lengths_around_those_of_vectors)
{
    RNG random(9);
    for (int length = 0; length < 200; length++)
    {
        const String bytes = randomBytes(length, random), text = encoded(bytes);
        EXPECT_EQ(bytes, decoded(text));
        const size_t at = size_t(random.uniform(0, int(text.size()) + 1));
        EXPECT_EQ(bytes, decoded(text.substr(0, at) + " \n  " + text.substr(at)));
    }
}

// Within what is decoded a vector at a time, and near its end.
TEST(Anomaly_Base64, every_other_character_is_refused)
{
    RNG random(3);
    const String text = encoded(randomBytes(60, random));
    const String allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ \n\r\t=";
    for (int character = 0; character < 256; character++)
        for (const size_t at : {size_t(0), size_t(17), size_t(47), text.size() - 1})
        {
            String changed = text;
            changed[at] = char(character);
            if (allowed.find(char(character)) != String::npos)
                continue;
            const String part = cv::format("value %d within", character);
            EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOf([&]() { decoded(changed); }));
        }
}

TEST(Anomaly_Base64, what_is_none)
{
    EXPECT_ERROR_WITH("a character of value 45", decoded("Zm9v-mFy"));
    EXPECT_ERROR_WITH("a character of value 200", decoded("Zm9vYm\xC8y"));
    EXPECT_ERROR_WITH("goes on after its end", decoded("Zm8=Zm9v"));
    EXPECT_ERROR_WITH("ends with 1 characters", decoded("Zm9vY"));
    EXPECT_ERROR_WITH("2 characters and 1 equals", decoded("Zm9vYg="));
    EXPECT_ERROR_WITH("0 characters and 1 equals", decoded("Zm9v="));
}

//! A text that cv::FileStorage has written, with these matrices of one row under the names a, b, c ...
String textOf(const std::vector<Mat>& matrices, const String& extension, int flags)
{
    FileStorage file(extension, FileStorage::WRITE | FileStorage::MEMORY | flags);
    file << "matrices"
         << "{";
    for (size_t i = 0; i < matrices.size(); i++)
        file << String(1, char('a' + i)) << matrices[i];
    file << "name"
         << "it ends: !! # ] a"
         << "}";
    return file.releaseAndGetString();
}

void expectEqual(const std::vector<Mat>& matrices, const String& text)
{
    const FileStorage plain(text, FileStorage::READ | FileStorage::MEMORY);
    const ModelText taken = checkedModelText(text);
    const FileStorage rest(taken.text, FileStorage::READ | FileStorage::MEMORY);
    const ModelNode node(rest["matrices"], &taken.binary);
    EXPECT_EQ("it ends: !! # ] a", cv::anomaly::text(node, "name"));
    for (size_t i = 0; i < matrices.size(); i++)
    {
        const String name(1, char('a' + i));
        const Mat found = matrix(node, name, matrices[i].type());
        Mat expected;
        plain["matrices"][name] >> expected;
        ASSERT_EQ(expected.size(), found.size());
        EXPECT_EQ(0, std::memcmp(expected.data, found.data, expected.total() * expected.elemSize())) << name;
        EXPECT_EQ(0, std::memcmp(matrices[i].data, found.data, found.total() * found.elemSize())) << name;
    }
}

// Lines have 48 bytes: sizes around that, as cv::FileStorage reads them.
TEST(Anomaly_ModelBinary, same_as_read_by_file_storage)
{
    RNG random(5);
    std::vector<Mat> matrices;
    for (const int type : {CV_8U, CV_16U, CV_32F})
        for (const Size size : {Size(1, 1), Size(2, 1), Size(1, 3), Size(5, 5), Size(24, 1), Size(7, 7), Size(100, 9)})
        {
            matrices.push_back(Mat(size, type));
            random.fill(matrices.back(), RNG::UNIFORM, type == CV_32F ? -1 : 0, type == CV_32F ? 1 : 65536);
        }
    for (const char* extension : {".yml", ".xml", ".json"})
        for (const int flags : {int(FileStorage::BASE64), 0})
        {
            SCOPED_TRACE(cv::format("%s, flags %d", extension, flags));
            expectEqual(matrices, textOf(matrices, extension, flags));
        }
}

TEST(Anomaly_ModelBinary, lists_of_doubles)
{
    const std::vector<double> values = {0.1, -1e300, 3};
    for (const char* extension : {".yml", ".xml", ".json"})
        for (const int flags : {int(FileStorage::BASE64), 0})
        {
            FileStorage file(extension, FileStorage::WRITE | FileStorage::MEMORY | flags);
            file << "values" << values;
            const ModelText taken = checkedModelText(file.releaseAndGetString());
            const FileStorage rest(taken.text, FileStorage::READ | FileStorage::MEMORY);
            const ModelNode node(rest.root(), &taken.binary);
            EXPECT_EQ(values, readDoubles(node, "values"));
        }
}

//! What is said of a text with the first `from` after the first matrix's data begins replaced.
String errorAfter(String text, const String& from, const String& to)
{
    text.replace(text.find(from, text.find("MWYg")), from.size(), to);
    return errorOf([&]() {
        const ModelText taken = checkedModelText(text);
        const FileStorage rest(taken.text, FileStorage::READ | FileStorage::MEMORY);
        matrix(ModelNode(rest["matrices"], &taken.binary), "a", CV_32F);
    });
}

TEST(Anomaly_ModelBinary, damaged_data)
{
    const Mat zeros = Mat::zeros(2, 5, CV_32F); // 24 bytes of header and 40 of data: it ends in ==
    for (const char* extension : {".yml", ".xml", ".json"})
    {
        SCOPED_TRACE(extension);
        const String text = textOf({zeros}, extension, FileStorage::BASE64);
        EXPECT_EQ("", errorAfter(text, "AAAA", "AAAA"));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "within base64 data", errorAfter(text, "AAAA", "AA:A"));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "goes on after", errorAfter(text, "AAAA", "AA=="));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "41 bytes", errorAfter(text, "==", "A="));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "a multiple of the 4", errorAfter(text, "AAAA", ""));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "with 7 elements", errorAfter(text, "AAAAAAAAAAAAAAAA", ""));
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "not announced", errorAfter(text, "MWYg", "MXMg")); // short
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "type CV_32F", errorAfter(text, "MWYg", "MXUg"));   // bytes
    }
}

}} // namespace opencv_test

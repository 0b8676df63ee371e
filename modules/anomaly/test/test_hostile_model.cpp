// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Model files of CFA with fields that are missing or changed, with flipped bits, or cut: each gives an exception or a
// model.
#include "test_changed_fields.hpp"
#include "test_textures.hpp"

#include <fstream>
#include <functional>
#include <sstream>

#ifdef __unix__
#include <unistd.h>
#endif

namespace opencv_test { namespace {

void writeText(const String& file, const String& text)
{
    std::ofstream(file.c_str(), std::ios::binary) << text;
}

String readText(const String& file)
{
    std::ostringstream text;
    text << std::ifstream(file.c_str(), std::ios::binary).rdbuf();
    return text.str();
}

//! A model of a few thousand bytes that contains its backbone, so that the file has every possible field.
Ptr<CFA> smallDetector(const char* backbone = "backbones/two_scales.onnx",
                       const std::vector<String>& outputs = {"fine", "coarse"})
{
    CFA::Params params = quickParams();
    params.backbone = testDataPath(backbone);
    params.outputs = outputs;
    params.embedBackbone = true;
    params.gammaC = 1. / 8;
    return quickDetector(params, 4);
}

String savedText(const CFA& cfa, const String& extension)
{
    const TemporaryName file(extension);
    cfa.save(file.name);
    return readText(file.name);
}

class Anomaly_HostileModel : public testing::Test
{
protected:
    Anomaly_HostileModel()
        : cfa(smallDetector()),
          other(smallDetector("backbones/one_scale.onnx", {"fine"})),
          image(badImage(3)),
          score(other->predict(image))
    {}

    //! Reads a model with changed fields as a new detector, and into a detector that is fitted already.
    void expectErrorOrScore(const String& text, const String& extension, const String& path)
    {
        const TemporaryName file(extension);
        writeText(file.name, text);
        Ptr<CFA> loaded;
        const String error = errorOf([&]() { loaded = CFA::load(file.name); });
        if (loaded && isWithin("outputs.", path)) // what a backbone gives is known when it runs
            return expectErrorOfPredict(*loaded);
        if (loaded)
            return expectScore(*loaded);
        EXPECT_PRED2(names, error, path);
        const FileStorage storage(text, FileStorage::READ | FileStorage::MEMORY);
        EXPECT_PRED2(names, errorOf([&]() { other->read(storage["opencv_anomaly"]); }), path);
        EXPECT_EQ(score, other->predict(image));
        refused++;
    }

    void expectErrorOfPredict(const CFA& loaded)
    {
        EXPECT_ERROR_WITH("does not give the outputs 'many, coarse'", loaded.predict(image));
        refused++;
    }

    void expectScore(const CFA& loaded)
    {
        const double found = loaded.predict(image);
        EXPECT_FALSE(cvIsNaN(found) || cvIsInf(found)) << found;
        taken++;
    }

    //! Loads a file of these bytes. It must throw a cv::Exception or give a model that scores.
    void expectErrorOrScore(const String& bytes, const String& extension)
    {
        const TemporaryName file(extension);
        writeText(file.name, bytes);
        Ptr<CFA> loaded;
        const String error = errorOf([&]() { loaded = CFA::load(file.name); });
        if (loaded && loaded->getParams().outputs == cfa->getParams().outputs)
            return expectScore(*loaded);
        // Some faults of a backbone only show when it runs.
        EXPECT_NE("", loaded ? errorOf([&]() { loaded->predict(image); }) : error);
        refused++;
    }

    const Ptr<CFA> cfa, other;
    const Mat image;
    const double score;
    int refused = 0, taken = 0;
};

TEST_F(Anomaly_HostileModel, every_field_removed_or_replaced)
{
    const FileStorage saved(savedText(*cfa, ".yml"), FileStorage::READ | FileStorage::MEMORY);
    std::vector<String> fields;
    listFields(saved["opencv_anomaly"], "", fields);
    ASSERT_GT(fields.size(), 60u);
    for (const Format& format : formats)
        for (const String& field : fields)
            for (const auto& value : replacements())
            {
                if (isElement(field) && isCollection(value.first))
                    continue; // FileStorage cannot write such a node there.
                SCOPED_TRACE(field + " replaced by " + value.first + " in " + format.extension);
                const Change change = {field, value.second};
                expectErrorOrScore(Copy(format, change).of(saved.root()), format.extension, field);
            }
    RecordProperty("refused", refused);
    RecordProperty("taken", taken);
    EXPECT_GT(taken, 20); // Some replacements equal the old value, or mean the same.
    EXPECT_GT(refused, 1000);
}

TEST_F(Anomaly_HostileModel, flipped_bits)
{
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz"})
    {
        const String text = savedText(*cfa, extension);
        RNG random(7);
        for (int i = 0; i < 500; i++)
        {
            String changed = text;
            const int at = random.uniform(0, int(text.size())), bit = random.uniform(0, 8);
            changed[at] = char(changed[at] ^ (1 << bit));
            SCOPED_TRACE(cv::format("bit %d of byte %d in %s", bit, at, extension));
            expectErrorOrScore(changed, extension);
        }
    }
    RecordProperty("refused", refused);
    EXPECT_GT(refused, 1000);
}

TEST_F(Anomaly_HostileModel, cut_anywhere)
{
    for (const char* extension : {".yml", ".xml", ".json", ".yml.gz"})
    {
        const String text = savedText(*cfa, extension);
        for (size_t i = 0; i < 100; i++)
        {
            SCOPED_TRACE(cv::format("%zu %% of %s", i, extension));
            expectErrorOrScore(text.substr(0, text.size() * i / 100), extension);
        }
    }
    EXPECT_EQ(0, taken);
}

String repeated(const String& text, int count)
{
    String all;
    for (int i = 0; i < count; i++)
        all += text;
    return all;
}

//! Ends the program, and so the test, if cv::FileStorage does not return.
class TimeLimit
{
public:
#ifdef __unix__
    TimeLimit()
    {
        alarm(60);
    }
    ~TimeLimit()
    {
        alarm(0);
    }
#else
    TimeLimit() {}
#endif
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;
};

//! Returns the message of load for a file with this text.
String errorOfText(const String& text, const String& extension)
{
    const TemporaryName file(extension);
    writeText(file.name, text);
    const TimeLimit limit;
    return errorOf([&]() { CFA::load(file.name); });
}

// Each of these files would overflow the stack of cv::FileStorage.
TEST_F(Anomaly_HostileModel, deep_nesting)
{
    const String start = "%YAML:1.0\n---\n", part = "open a map or a list";
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(start + "a: " + repeated("[", 200000), ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(start + repeated("a:", 200000) + "1\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(start + repeated("- ", 200000) + "1\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(start + repeated("-", 200000) + "\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText("{\"a\":" + repeated("[", 200000), ".json"));
    EXPECT_PRED_FORMAT2(
        testing::IsSubstring, part,
        errorOfText("<?xml version=\"1.0\"?>\n<opencv_storage>\n" + repeated("<a>", 200000) + "</opencv_storage>\n",
                    ".xml"));
    // The deepest nesting that is allowed returns.
    EXPECT_NE("", errorOfText("{\"a\":" + repeated("[", 1990), ".json"));
    EXPECT_NE("", errorOfText(start + repeated("- ", 1990) + "1\n", ".yml"));
    EXPECT_NE("",
              errorOfText("<?xml version=\"1.0\"?>\n<opencv_storage>\n" + repeated("<a>", 1990) + "</opencv_storage>\n",
                          ".xml"));
}

// The parser of OpenCV never returned from these texts.
TEST_F(Anomaly_HostileModel, binary_data_of_no_type)
{
    const String header = "MWYgICAgICAgICAgICAgICAgICAgICAg", none = "ICAg" + header.substr(4), part = "announced";
    for (const char* extension : {".yml", ".xml", ".json"})
    {
        String text = savedText(*cfa, extension);
        const size_t at = text.find(header);
        ASSERT_NE(String::npos, at);
        EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(text.replace(at, header.size(), none), extension));
    }
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part,
                        errorOfText("%YAML:1.0\n---\na: !<tag:yaml.org,2002:binary> |\n   " + none + "\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText("{\"a\": \"$base64$ " + header + "\"}", ".json"));
}

// The parser never returned from these either: a line that starts with a minus sign after the end of a document.
TEST_F(Anomaly_HostileModel, yaml_of_more_than_one_document)
{
    const String start = "%YAML:1.0\n---\n", part = "expected one document";
    const String text = savedText(*cfa, ".yml");
    for (const char* end : {"...-1\n", "- !!float\n", "...\n- 1\n", "---\nb: 1\n", ". # \n"})
        EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(text + end, ".yml")) << end;
    for (const char* document : {"...-\n", "- 1\n...-\n", "   a: !!float\nxyz-\n", "!!map\n   a: 1\nxyz-\n",
                                 "{a: 1}\n----\n", "[]---- \n", "--- a: 1\nxyz-\n", "%TAG\n   a: 1\nxyz-\n"})
        EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText(start + document, ".yml")) << document;
    EXPECT_PRED_FORMAT2(testing::IsSubstring, part, errorOfText("%YAML:1.0\n--- a: 1\nxyz-\n", ".yml"));
    EXPECT_EQ("", errorOfText("%YAML:1.0\n# Of line 3.\n\n---  # all of it\n   # here:\n" + text.substr(start.size()) +
                                  "\n   # -\n",
                              ".yml"));
}

// A tag without a value is an error of the field, or of the parser.
TEST_F(Anomaly_HostileModel, tags_without_a_value)
{
    const String text = savedText(*cfa, ".yml");
    for (const char* tag :
         {"!!float", "!float", "!!int", "!int", "!!str", "!str", "!!seq", "!map", "!!opencv-matrix",
          "!<tag:yaml.org,2002:float>", "!!float  \n  \n", "[ !!float", "{ a: !float", "!!binary", "!"})
        for (const char* field : {"version: ", "gammaC: ", "rows: ", "data: ", "size: ", "image: ", "checksum: "})
        {
            SCOPED_TRACE(String(field) + tag);
            const size_t at = text.find(field) + String(field).size();
            EXPECT_NE("", errorOfText(text.substr(0, at) + tag, ".yml"));
            EXPECT_NE("", errorOfText(text.substr(0, at) + tag + text.substr(text.find('\n', at)), ".yml"));
        }
}

TEST_F(Anomaly_HostileModel, texts_that_are_none)
{
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "none of YAML", errorOfText("", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "byte of value 0",
                        errorOfText(String("%YAML:1.0\n---\na: 1\n\0\0", 21), ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "so it is cut off", errorOfText("<?xml version=", ".xml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "is no model's", errorOfText("%YAML:1.0\n---\n- 1\n- 2\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "is no model file",
                        errorOfText("%YAML:1.0\n---\nopencv_anomaly: 3\n", ".yml"));
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "cannot be unpacked",
                        errorOfText(savedText(*cfa, ".yml.gz").substr(0, 3000), ".yml.gz"));
}

TEST_F(Anomaly_HostileModel, text_may_start_with_the_mark_of_utf_8)
{
    EXPECT_EQ("", errorOfText("\xEF\xBB\xBF" + savedText(*cfa, ".yml"), ".yml"));
}

TEST_F(Anomaly_HostileModel, lines_may_end_as_on_windows)
{
    for (const char* extension : {".yml", ".xml", ".json"})
    {
        std::istringstream lines(savedText(*cfa, extension));
        String text;
        for (String line; std::getline(lines, line);)
            text += line + "\r\n";
        EXPECT_EQ("", errorOfText(text, extension)) << extension;
    }
}

String littleEndian(uint32_t value, int bytes)
{
    String text;
    for (int i = 0; i < bytes; i++)
        text += char(value >> (8 * i));
    return text;
}

uint32_t crc32(const String& text)
{
    uint32_t crc = ~0u;
    for (const char c : text)
    {
        crc ^= uchar(c);
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

//! A gzip file (RFC 1952) of a text that is stored as it is.
String stored(const String& text)
{
    const size_t most = 65535;
    String packed("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    for (size_t at = 0; at < text.size(); at += most)
    {
        const String block = text.substr(at, most);
        const uint32_t size = uint32_t(block.size());
        packed += char(at + most >= text.size()) + littleEndian(size, 2) + littleEndian(~size, 2) + block;
    }
    return packed + littleEndian(crc32(text), 4) + littleEndian(uint32_t(text.size()), 4);
}

// As by gzip -c a >> b: all ways to unpack must read such a file alike.
TEST_F(Anomaly_HostileModel, packed_file_of_several_parts)
{
    const String text = savedText(*cfa, ".yml");
    EXPECT_EQ("", errorOfText(stored(text), ".yml.gz"));
    for (const size_t first : {text.size() / 2, size_t(100)})
        EXPECT_EQ("", errorOfText(stored(text.substr(0, first)) + stored(text.substr(first)), ".yml.gz"));
    String damaged = stored(text);
    damaged[damaged.size() / 2] ^= 1;
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "cannot be unpacked", errorOfText(damaged, ".yml.gz"));
}

TEST_F(Anomaly_HostileModel, packed_file_with_other_bytes_behind_it)
{
    EXPECT_EQ("", errorOfText(savedText(*cfa, ".yml.gz") + String("\xff\xff\xff\x7f", 4), ".yml.gz"));
    EXPECT_EQ("", errorOfText(savedText(*cfa, ".yml.gz") + String(4, '\0'), ".yml.gz"));
}

TEST_F(Anomaly_HostileModel, packed_file_that_unpacks_to_much_more)
{
    const TemporaryName file(".yml.gz");
    {
        FileStorage storage(file.name, FileStorage::WRITE | FileStorage::BASE64);
        storage << "opencv_anomaly" << Mat::zeros(1, 8 << 20, CV_8U);
    }
    EXPECT_ERROR_WITH("unpacks to more than", CFA::load(file.name));
}

TEST_F(Anomaly_HostileModel, backbone_of_another_hash_is_not_parsed)
{
    const TemporaryName file(".yml"), backbone(".onnx");
    cfa->save(file.name);
    const String text = readText(file.name);
    writeText(backbone.name, "no ONNX at all");
    const String named = errorOf([&]() { CFA::load(file.name, backbone.name); });
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "SHA-256", named);
    EXPECT_PRED_FORMAT2(testing::IsNotSubstring, "is not an ONNX network", named);

    String changed = text;
    const size_t bytes = text.find("bytes:"), data = text.find("!!binary", bytes);
    changed[text.find('A', data + 100)] = 'B';
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "SHA-256", errorOfText(changed, ".yml"));
}

TEST_F(Anomaly_HostileModel, named_backbone_is_taken_in_place_of_the_one_in_the_file)
{
    const TemporaryName file(".yml");
    cfa->save(file.name);
    EXPECT_ERROR_WITH("SHA-256", CFA::load(file.name, testDataPath("backbones/one_scale.onnx")));
    EXPECT_EQ(cfa->predict(image), CFA::load(file.name, testDataPath("backbones/two_scales.onnx"))->predict(image));
}

}} // namespace opencv_test

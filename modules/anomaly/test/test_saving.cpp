// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// What save does to a file that is there already, to links, mounted files and full disks, and how a batch is canceled.
#include "test_disks.hpp"
#include "test_model_files.hpp"
#include "test_textures.hpp"

#include "../src/base/file_replacement.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

// These tests are about files that exist before save. The content of model files is tested in test_model_io.cpp.
namespace opencv_test { namespace {

//! A detector, the text of its model file, and an empty folder.
class Anomaly_Saving : public testing::Test
{
protected:
    Anomaly_Saving() : cfa(quickDetector(smallestParams(), 4)), folder(cv::tempfile())
    {
        std::remove(folder.c_str());
        CV_Assert(utils::fs::createDirectory(folder));
        cfa->save(folder + "/expected.yml");
        expected = readText(folder + "/expected.yml");
        std::remove((folder + "/expected.yml").c_str());
    }
    ~Anomaly_Saving() { utils::fs::remove_all(folder); }

    const Ptr<CFA> cfa;
    const String folder;
    String expected;
};

TEST_F(Anomaly_Saving, names_in_either_case_and_with_any_letters)
{
    std::vector<String> names = {"MODEL.YML", "Model.Json.GZ",
                                 "Pr\xc3\xbc"
                                 "fung 2.yml",
                                 "what/m.xml"};
#ifndef _WIN32 // which has no question marks in names, and takes 260 letters for a whole path
    names.insert(names.end(), {"a?b.yml", "what?/m.xml", String(250, 'x') + ".yml"});
#endif
    for (const String& name : names)
    {
        const String file = folder + "/" + name;
        utils::fs::createDirectories(utils::fs::getParent(file));
        ASSERT_NO_THROW(checkModelFile(file)) << name;
        EXPECT_FALSE(utils::fs::exists(file)) << name;
        ASSERT_NO_THROW(cfa->save(file)) << name;
        EXPECT_EQ(CFA::load(file)->getImageThreshold(), cfa->getImageThreshold()) << name;
        std::remove(file.c_str());
    }
    for (const String& left : filesIn(folder))
        EXPECT_EQ("what", left.substr(0, 4));
}

TEST_F(Anomaly_Saving, what_save_refuses_is_known_before)
{
    utils::fs::createDirectory(folder + "/folder.yml");
    for (const char* name :
         {"model.onnx", "model", "model.gz", "model.yml.zip", ".yml/model", "none/model.yml", "folder.yml"})
    {
        const String file = folder + "/" + name, error = errorOf([&]() { checkModelFile(file); });
        EXPECT_NE("", error) << name;
        EXPECT_EQ(error, errorOf([&]() { cfa->save(file); })) << name;
    }
    CFA::Params params = smallestParams();
    params.checkpoint = folder + "/none/checkpoint.yml";
    EXPECT_ERROR_WITH("cannot be written", checkModelFile(params.checkpoint));
    EXPECT_EQ(std::vector<String>(1, "folder.yml"), filesIn(folder));
}

TEST_F(Anomaly_Saving, trial_leaves_an_old_file_as_it_is)
{
    const String file = folder + "/model.yml";
    writeText(file, "the old one");
    checkModelFile(file);
    EXPECT_EQ("the old one", readText(file));
    EXPECT_EQ(std::vector<String>(1, "model.yml"), filesIn(folder));
}

#ifdef _WIN32

// Windows does not let a file that a program reads be replaced, and readers of models are quick.
TEST_F(Anomaly_Saving, waits_for_a_reader_of_the_old_file)
{
    const String file = folder + "/model.yml";
    cfa->save(file);
    {
        std::ifstream endless(file.c_str());
        const String error = errorOf([&]() { cfa->save(file); });
        EXPECT_PRED_FORMAT2(testing::IsSubstring, "cannot be written", error);
        EXPECT_EQ(std::vector<String>(1, "model.yml"), filesIn(folder));
    }
    std::ifstream reader(file.c_str());
    std::thread end([&]() {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        reader.close();
    });
    EXPECT_EQ("", errorOf([&]() { cfa->save(file); }));
    end.join();
    EXPECT_EQ(expected, readText(file));
}

#else

mode_t modeOf(const String& file)
{
    struct stat status;
    return lstat(file.c_str(), &status) == 0 ? status.st_mode : 0;
}

TEST_F(Anomaly_Saving, link_leads_to_the_new_model)
{
    utils::fs::createDirectory(folder + "/store");
    writeText(folder + "/store/one.dat", "the old one");
    ASSERT_EQ(0, symlink("store/one.dat", (folder + "/relative.yml").c_str()));
    ASSERT_EQ(0, symlink((folder + "/relative.yml").c_str(), (folder + "/absolute.yml").c_str()));
    ASSERT_EQ(0, symlink("store/to_come.dat", (folder + "/dangling.yml").c_str()));
    for (const char* name : {"relative.yml", "absolute.yml", "dangling.yml"})
    {
        const String file = folder + "/" + name;
        cfa->save(file);
        EXPECT_TRUE(S_ISLNK(modeOf(file))) << name;
        EXPECT_EQ(expected, readText(file)) << name;
        writeText(folder + "/store/one.dat", "the old one");
    }
    EXPECT_EQ(expected, readText(folder + "/store/to_come.dat"));
    ASSERT_EQ(0, symlink("loop.yml", (folder + "/loop.yml").c_str()));
    EXPECT_ERROR_WITH("leads to itself", cfa->save(folder + "/loop.yml"));
    std::remove((folder + "/loop.yml").c_str()); // cv::utils::fs::remove_all does not remove it.
}

TEST_F(Anomaly_Saving, mode_and_owner_stay)
{
    const String file = folder + "/model.yml";
    const mode_t mask = umask(027);
    cfa->save(file);
    umask(mask);
    EXPECT_EQ(mode_t(S_IFREG | 0640), modeOf(file));
    for (const mode_t mode : {0600, 0664, 0444})
    {
        chmod(file.c_str(), mode);
        cfa->save(file);
        EXPECT_EQ(mode_t(S_IFREG | mode), modeOf(file));
    }
    if (chown(file.c_str(), 1234, 4321) != 0)
        SKIP_TEST("only root can give a file away");
    cfa->save(file);
    struct stat status;
    ASSERT_EQ(0, stat(file.c_str(), &status));
    EXPECT_EQ(1234u, status.st_uid);
    EXPECT_EQ(4321u, status.st_gid);
}

//! Closes standard input during the lifetime of the object. Daemons have none.
struct ClosedInput
{
    ClosedInput() : kept(dup(STDIN_FILENO)) { close(STDIN_FILENO); }
    ~ClosedInput()
    {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }

    //! Whether the null device replaces it, so that no file gets its number.
    static bool isReplaced()
    {
        struct stat status;
        return fstat(STDIN_FILENO, &status) == 0 && S_ISCHR(status.st_mode);
    }

    const int kept;
};

TEST_F(Anomaly_Saving, files_do_not_take_the_number_of_a_missing_stream)
{
    {
        const ClosedInput closed;
        cfa->save(folder + "/model.yml");
        EXPECT_TRUE(closed.isReplaced());
    }
    CFA::Params params = smallestParams();
    params.cacheMiB = 0;
    const ClosedInput closed;
    quickDetector(params, 4);
    EXPECT_TRUE(closed.isReplaced());
}

TEST_F(Anomaly_Saving, what_is_no_ordinary_file_is_refused)
{
    const String file = folder + "/pipe.yml";
    ASSERT_EQ(0, mkfifo(file.c_str(), 0600));
    EXPECT_ERROR_WITH("not an ordinary file", cfa->save(file));
    EXPECT_TRUE(S_ISFIFO(modeOf(file)));
    EXPECT_ERROR_WITH("no ordinary file", loadDetector(file)); // to open it would wait for a writer
}

// Who may write to the folder puts a link in the place of the file that is written: its target must not get the model's
// owner and mode, nor be copied over the model.
TEST_F(Anomaly_Saving, a_file_that_is_replaced_while_it_is_written_is_refused)
{
    const String file = folder + "/model.yml", foreign = folder + "/foreign";
    writeText(file, "model");
    writeText(foreign, "foreign");
    chmod(file.c_str(), 0604);
    chmod(foreign.c_str(), 0600);
    const auto swap = [&](const String& temporary) {
        std::remove(temporary.c_str());
        ASSERT_EQ(0, symlink(foreign.c_str(), temporary.c_str()));
    };
    EXPECT_ERROR_WITH("replaced by another program", replaceFile(file, swap));
    EXPECT_EQ("model", readText(file));
    EXPECT_EQ("foreign", readText(foreign));
    EXPECT_EQ(mode_t(0600), modeOf(foreign) & 07777);
}

#endif

#if defined(__linux__)

//! A single file that is mounted over another one, as in containers.
struct MountedFile
{
    MountedFile(const String& source, const String& file) : name(file)
    {
        writeText(name, "");
        mounted = mount(source.c_str(), name.c_str(), NULL, MS_BIND, NULL) == 0;
    }
    ~MountedFile()
    {
        if (mounted)
            umount(name.c_str());
    }

    const String name;
    bool mounted;
};

TEST_F(Anomaly_Saving, mounted_file_is_written_in_its_place)
{
    const String source = folder + "/source.dat";
    for (const size_t oldSize : {size_t(11), 2 * expected.size()})
    {
        writeText(source, String(oldSize, 'o'));
        const MountedFile file(source, folder + "/model.yml");
        if (!file.mounted)
            SKIP_TEST("only root can mount a file");
        EXPECT_NO_THROW(checkModelFile(file.name));
        cfa->save(file.name);
        EXPECT_EQ(expected, readText(source));
        EXPECT_EQ(2u, filesIn(folder).size());
    }
}

//! A read-only folder in which a file is mounted that is on a disk of so many KiB.
struct ReadOnlyFolder
{
    explicit ReadOnlyFolder(int kibibytes) : disk(kibibytes), folder(64), source(disk.folder + "/model.dat")
    {
        if (!disk.mounted || !folder.mounted)
            return;
        writeText(source, "the old one");
        file.reset(new MountedFile(source, folder.folder + "/model.yml"));
        mount(NULL, folder.folder.c_str(), NULL, MS_REMOUNT | MS_RDONLY, NULL);
    }

    SmallDisk disk, folder;
    const String source;
    std::unique_ptr<MountedFile> file;
};

TEST_F(Anomaly_Saving, mounted_file_in_a_folder_that_can_not_be_written)
{
    const ReadOnlyFolder place(1024);
    if (!place.file)
        SKIP_TEST("only root can mount a disk");
    EXPECT_ERROR_WITH("Read-only", checkModelFile(place.folder.folder + "/other.yml"));
    cfa->save(place.file->name);
    EXPECT_EQ(expected, readText(place.source));
}

TEST_F(Anomaly_Saving, full_disk_under_a_mounted_file_keeps_the_old_one)
{
    const ReadOnlyFolder place(32);
    if (!place.file)
        SKIP_TEST("only root can mount a disk");
    ASSERT_GT(expected.size(), 32u * 1024);
    EXPECT_ERROR_WITH("No space left", cfa->save(place.file->name));
    EXPECT_EQ("the old one", readText(place.source));
}

#endif

TEST(Anomaly_Batch, ends_when_its_caller_cancels)
{
    const Ptr<CFA> cfa = quickDetector();
    const std::vector<Mat> images = goodImages(40);
    std::vector<double> all, scores(3, 7.), before = scores;
    std::vector<Mat> maps;
    int asked = 0;
    cfa->predictBatch(images, all, noArray(), [&]() { return ++asked > 0; });
    EXPECT_EQ(images.size(), all.size());
    EXPECT_GT(asked, 0);
    asked = 0;
    EXPECT_ERROR_WITH("ended by its caller", cfa->predictBatch(images, scores, maps, [&]() { return ++asked < 2; }));
    EXPECT_EQ(2, asked);
    EXPECT_EQ(before, scores);
    EXPECT_TRUE(maps.empty());
    cfa->predictBatch(images, scores, maps);
    EXPECT_EQ(all, scores);
}

TEST(Anomaly_Batch, ends_between_the_tiles_of_an_image)
{
    SKIP_UNDER_THREAD_SANITIZER();
    CFA::Params params = quickParams();
    params.tile = 64;
    const Ptr<CFA> cfa = quickDetector(params);
    Mat large;
    resize(goodImage(0), large, Size(400, 400));
    std::vector<double> scores;
    int asked = 0;
    const std::vector<Mat> images(1, large);
    const int threads = getNumThreads();
    setNumThreads(2); // With more threads for the tiles, the caller would be asked less often.
    EXPECT_ERROR_WITH("ended by its caller",
                      cfa->predictBatch(images, scores, noArray(), [&]() { return ++asked < 5; }));
    setNumThreads(threads);
    EXPECT_EQ(5, asked);
}

}} // namespace opencv_test

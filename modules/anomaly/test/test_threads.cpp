// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.

// Detectors that several threads use at the same time.
#include "test_textures.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace opencv_test { namespace {

const int threadCount = 8;

struct Prediction
{
    double score;
    Mat map;

    bool operator==(const Prediction& other) const
    {
        return score == other.score && map.size() == other.map.size() && cv::norm(map, other.map, NORM_INF) == 0;
    }
};

Prediction predictionOf(const CFA& cfa, const Mat& image)
{
    Prediction prediction;
    prediction.score = cfa.predict(image, prediction.map);
    return prediction;
}

// Runs body(0), body(1), ... at the same time.
void runThreads(const std::function<void(int)>& body)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < threadCount; i++)
        threads.emplace_back(body, i);
    for (std::thread& thread : threads)
        thread.join();
}

// Each thread predicts the images in a different order.
void expectSameAsAlone(const std::vector<Ptr<CFA>>& detectors)
{
    std::vector<Prediction> alone;
    for (int i = 0; i < threadCount; i++)
        alone.push_back(predictionOf(*detectors[i % detectors.size()], badImage(i)));
    std::atomic<int> others(0);
    runThreads([&](int thread) {
        for (int step = 0; step < threadCount; step++)
        {
            const int i = (thread * 3 + step) % threadCount;
            others += !(alone[i] == predictionOf(*detectors[i % detectors.size()], badImage(i)));
        }
    });
    EXPECT_EQ(0, others) << "of " << threadCount * threadCount << " predictions";
}

TEST(Anomaly_Threads, one_object_predicts_as_alone)
{
    CFA::Params params = quickParams();
    params.inputMode = INPUT_ENSEMBLE;
    const Ptr<CFA> cfa = quickDetector(params);
    expectSameAsAlone({cfa});
    cfa->setEngine(ENGINE_PLAIN);
    expectSameAsAlone({cfa});
}

TEST(Anomaly_Threads, several_objects_predict_as_alone)
{
    std::vector<Ptr<CFA>> detectors;
    for (int i = 0; i < 4; i++)
    {
        CFA::Params params = quickParams();
        params.seed = i;
        detectors.push_back(quickDetector(params, 3));
    }
    expectSameAsAlone(detectors);
}

TEST(Anomaly_Threads, objects_are_made_fitted_and_stored_at_the_same_time)
{
    const Prediction alone = predictionOf(*quickDetector(quickParams(), 3), badImage(3));
    std::atomic<int> others(0);
    runThreads([&](int) {
        const TemporaryName file(".yml.gz");
        quickDetector(quickParams(), 3)->save(file.name);
        others += !(alone == predictionOf(*CFA::load(file.name), badImage(3)));
    });
    EXPECT_EQ(0, others);
}

// Threads that predict and call the other const methods during the lifetime of the object.
class Callers
{
public:
    explicit Callers(const Ptr<CFA>& c) : cfa(c), ended(false), calls(0)
    {
        for (int i = 0; i < threadCount; i++)
            threads.emplace_back([this]() { run(); });
    }
    ~Callers() { end(); }

    void end()
    {
        ended = true;
        for (std::thread& thread : threads)
            thread.join();
        threads.clear();
    }

    // Waits until as many calls as there are threads have begun and ended. Older calls may have been running already.
    void awaitCalls() const
    {
        const int before = calls;
        while (calls < before + 2 * threadCount)
            std::this_thread::yield();
    }

    std::vector<Prediction> found; // different predictions, in order of their first appearance
    bool batchesAgree = true;

private:
    void run()
    {
        while (!ended)
        {
            note({predictionOf(*cfa, image)});
            std::vector<double> scores;
            std::vector<Mat> maps;
            cfa->predictBatch(std::vector<Mat>(2, image), scores, maps);
            note({{scores[0], maps[0]}, {scores[1], maps[1]}});
            cfa->getImageThreshold();
            cfa->getEngine();
            cfa->getParams();
            Mat mask;
            maskToInput(Mat(image.size(), CV_8U, Scalar(255)), cfa->getDetectorParams(), mask);
            calls++;
        }
    }

    void note(const std::vector<Prediction>& predictions)
    {
        const std::lock_guard<std::mutex> lock(mutex);
        for (const Prediction& prediction : predictions)
        {
            batchesAgree &= prediction == predictions[0];
            if (std::find(found.begin(), found.end(), prediction) == found.end())
                found.push_back(prediction);
        }
    }

    const Ptr<CFA> cfa;
    const Mat image = badImage(3);
    std::atomic<bool> ended;
    std::atomic<int> calls;
    std::mutex mutex;
    std::vector<std::thread> threads;
};

TEST(Anomaly_Threads, a_fit_is_seen_once_it_is_complete)
{
    CFA::Params params = quickParams();
    if (canTrain())
        params.adaptation = CFA::ADAPTATION_FULL;
    const Ptr<CFA> cfa = quickDetector(params);
    const Prediction before = predictionOf(*cfa, badImage(3));
    Callers callers(cfa);
    std::set<String> stages;
    cfa->setFitCallback([&](const FitProgress& progress) {
        if (stages.insert(progress.stage).second)
            callers.awaitCalls();
        EXPECT_EQ(before, predictionOf(*cfa, badImage(3)));
        return true;
    });
    cfa->fit(goodImages(10));
    callers.awaitCalls();
    callers.end();
    EXPECT_EQ(canTrain() ? 7u : 5u, stages.size());
    EXPECT_EQ((std::vector<Prediction>{before, predictionOf(*cfa, badImage(3))}), callers.found);
    EXPECT_TRUE(callers.batchesAgree);
}

// Every call uses an engine and a map size that were set together.
TEST(Anomaly_Threads, setters_change_calls_that_begin_later)
{
    const Ptr<CFA> cfa = quickDetector();
    const int fast = cfa->getEngine();
    FileStorage file("", FileStorage::WRITE | FileStorage::MEMORY | FileStorage::FORMAT_JSON | FileStorage::BASE64);
    file << "model"
         << "{";
    cfa->write(file);
    file << "}";
    const FileStorage stored(file.releaseAndGetString(), FileStorage::READ | FileStorage::MEMORY);
    std::vector<Prediction> expected;
    for (const int size : {int(MAP_INPUT), int(MAP_IMAGE)})
        for (const int engine : {int(ENGINE_PLAIN), fast})
        {
            cfa->setMapSize(size);
            cfa->setEngine(engine);
            expected.push_back(predictionOf(*cfa, badImage(3)));
        }
    Callers callers(cfa);
    for (const int size : {int(MAP_INPUT), int(MAP_IMAGE)})
        for (const int engine : {int(ENGINE_PLAIN), fast})
        {
            cfa->setMapSize(size);
            cfa->setEngine(engine);
            cfa->setImageThreshold(size);
            cfa->setPixelThreshold(engine);
            callers.awaitCalls();
        }
    cfa->calibrate(std::vector<Mat>{goodImage(1), badImage(2)}, std::vector<int>{0, 1});
    cfa->read(stored["model"]);
    callers.awaitCalls();
    callers.end();
    EXPECT_TRUE(callers.batchesAgree);
    EXPECT_GE(callers.found.size(), fast == ENGINE_PLAIN ? 2u : 4u);
    for (const Prediction& found : callers.found)
        EXPECT_NE(expected.end(), std::find(expected.begin(), expected.end(), found));
}

}} // namespace opencv_test

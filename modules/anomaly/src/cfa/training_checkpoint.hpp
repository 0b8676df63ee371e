// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINING_CHECKPOINT_HPP
#define OPENCV_ANOMALY_TRAINING_CHECKPOINT_HPP

#include "memory_bank.hpp"

#include "opencv2/anomaly/cfa.hpp"

namespace cv { namespace anomaly {

//! Where the training of one model stands after an epoch.
struct TrainingState
{
    std::vector<double> losses, radii; // of each epoch that is done
    std::vector<double> distances;     // as well; empty in the first files
    std::vector<uchar> trainer;        // Trainer::save's bytes
};

/** @brief The file from which an interrupted fit goes on, written after each epoch; all of it does nothing without a
name.

Only what training changes is in it. Features and banks are made again, and the bank's hash tells whether images,
backbone,
settings and seed are still those of the file.
*/
class TrainingCheckpoint
{
public:
    TrainingCheckpoint(const String& filename, const CFA::Params& params);

    //! The model of an ensemble that find and keep are about.
    void startModel(int index) { model = index; }
    //! What is known of this model's training: nothing when there is no file. Throws when the file belongs to another
    //! training.
    TrainingState find(const Mat& bank);
    void keep(const Mat& bank, const TrainingState& state);

private:
    struct Entry
    {
        String bank; // hash of C
        TrainingState state;
    };

    static std::vector<Entry> entriesOf(const String& file, String& settings);
    void read();
    void write(const String& temporary) const;
    void checkWritten(const String& temporary) const;

    String filename, settings;
    int epochs, model;
    std::vector<Entry> entries; // by model
};

}} // namespace cv::anomaly

#endif

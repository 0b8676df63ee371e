// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINING_CHECKPOINT_HPP
#define OPENCV_ANOMALY_TRAINING_CHECKPOINT_HPP

#include "memory_bank.hpp"

#include "opencv2/anomaly/cfa.hpp"

namespace cv { namespace anomaly {

//! State of the training of one model after an epoch.
struct TrainingState
{
    std::vector<double> losses, radii; // one for each finished epoch
    std::vector<double> distances;     // one for each finished epoch; empty in the first checkpoint files
    std::vector<uchar> trainer;        // what Trainer::save returned
};

/** @brief The file with which an interrupted fit goes on. It is written after each epoch. With an empty name, nothing
is read or written.

The file only holds what training changes. Features and the bank are computed again, and the bank's hash tells whether
images, backbone, settings and seed are the same as when the file was written.
*/
class TrainingCheckpoint
{
public:
    TrainingCheckpoint(const String& filename, const CFA::Params& params);

    //! Sets the model of an ensemble, by index, that find and keep refer to.
    void startModel(int index) { model = index; }
    //! Returns the state of this model's training; it is empty if there is none. Throws if the file belongs to another
    //! training. bank: the bank that the descriptor adapts to.
    TrainingState find(const Mat& bank);
    //! Writes the file with this state of the model's training.
    void keep(const Mat& bank, const TrainingState& state);

private:
    struct Entry
    {
        String bank; // hash of the bank
        TrainingState state;
    };

    static std::vector<Entry> entriesOf(const String& file, String& settings);
    void read();
    void write(FileStorage& file) const;
    void checkWritten(const String& temporary) const;

    String filename, settings;
    int epochs, model;
    std::vector<Entry> entries; // one for each model of an ensemble
};

}} // namespace cv::anomaly

#endif

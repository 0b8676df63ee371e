// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef OPENCV_ANOMALY_TRAINER_CHANNEL_HPP
#define OPENCV_ANOMALY_TRAINER_CHANNEL_HPP

/** @file
Messages between the process that fits and its helper process, which trains. Both run on the same machine and were built
together, so values are sent as they lie in memory. The helper includes neither OpenCV nor this library.
*/

#include <cerrno>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

namespace cv { namespace anomaly {

//! Each message starts with one of these values.
enum TrainerMessage
{
    // Requests to the helper, which answers all but the last one.
    MESSAGE_CREATE,
    MESSAGE_STEP,
    MESSAGE_READ,
    MESSAGE_SAVE,
    MESSAGE_RESTORE,
    MESSAGE_DEVICES,
    MESSAGE_DESTROY,
    // Calls of BankAccess, from the helper to the process that fits, while the helper computes a step.
    MESSAGE_SEARCH,
    MESSAGE_BACKWARD,
    MESSAGE_CENTERS,
    // Marks the end of a step.
    MESSAGE_RESULT
};

//! File descriptor of the socket in the helper process.
const int helperDescriptor = 3;

//! Sends and receives all bytes of a value over a socket. Throws std::runtime_error if the other process is gone.
class TrainerChannel
{
public:
    explicit TrainerChannel(int socket) : descriptor(socket) {}

    template <typename Value> void put(const Value& value) { putArray(&value, 1); }
    template <typename Value> Value get()
    {
        Value value;
        getArray(&value, 1);
        return value;
    }

    template <typename Value> void putArray(const Value* values, size_t count)
    {
        const char* bytes = reinterpret_cast<const char*>(values);
        for (size_t left = count * sizeof(Value); left > 0;)
        {
            const ssize_t sent = send(descriptor, bytes, left, noSignal);
            check(sent);
            if (sent > 0)
            {
                bytes += sent;
                left -= size_t(sent);
            }
        }
    }

    template <typename Value> void getArray(Value* values, size_t count)
    {
        char* bytes = reinterpret_cast<char*>(values);
        for (size_t left = count * sizeof(Value); left > 0;)
        {
            const ssize_t received = recv(descriptor, bytes, left, MSG_WAITALL);
            if (received == 0)
                throw std::runtime_error("the other process has ended");
            check(received);
            if (received > 0)
            {
                bytes += received;
                left -= size_t(received);
            }
        }
    }

    void putText(const std::string& text)
    {
        put(text.size());
        putArray(text.data(), text.size());
    }

    std::string getText()
    {
        std::string text(get<size_t>(), ' ');
        getArray(&text[0], text.size());
        return text;
    }

private:
    // A call that was interrupted by a signal has not failed; it is repeated.
    static void check(ssize_t result)
    {
        if (result < 0 && errno != EINTR)
            throw std::runtime_error("the other process cannot be reached");
    }

#ifdef MSG_NOSIGNAL
    static const int noSignal = MSG_NOSIGNAL;
#else
    static const int noSignal = 0; // on such systems the socket has SO_NOSIGPIPE
#endif

    const int descriptor;
};

}} // namespace cv::anomaly

#endif

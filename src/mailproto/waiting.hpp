#pragma once
// Waiting for sockets without being deaf to interruptions.

#include <atomic>
#include <chrono>
#include <span>

#include <poll.h>

namespace kist::mailproto {

using Deadline = std::chrono::steady_clock::time_point;

// poll(2) until one is ready or the deadline has come; how many are ready. Errors: interrupted, within a fifth of a
// second after the flag (may be null) is set.
int wait_for(std::span<pollfd> sockets, Deadline deadline, const std::atomic<bool>* interrupted);

// The events of one socket; 0: the deadline has come.
short wait_for(int socket, short events, Deadline deadline, const std::atomic<bool>* interrupted);

void throw_if_set(const std::atomic<bool>* interrupted);

}  // namespace kist::mailproto

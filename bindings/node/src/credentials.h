#pragma once

#include <deltaic/deltaic.h>
#include <napi.h>

#include <functional>
#include <memory>

namespace deltaic_node {

/// Whom the calls of one environment ask for credentials. They do so on threads that know nothing
/// of JavaScript: each leaves a question for the event loop and waits.
class Askers;
std::shared_ptr<Askers> MakeAskers();
/// On JavaScript's thread, before the environment goes: whoever waits or asks from here on fails.
void CloseAskers(const std::shared_ptr<Askers>& askers);

/// For the options of a storage: `ask(answer)` is called on the event loop, and calls `answer`
/// sooner or later with [[key, text]...] and null, or null and why there are none. Keeps no process
/// alive that waits for nothing else.
void SetCredentials(deltaic_options* options, const Napi::Function& ask);

/// Runs `free`, which may wait for threads that ask, not on JavaScript's thread where that might
/// be.
void FreeApart(std::function<void()> free);

}  // namespace deltaic_node

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// Which kinds ParseCommit hands over; the others are skipped without being built.
struct ActionFilter {
  bool metadata = true, protocol = true, add = true, remove = true, cdc = true, txn = true,
       commit_info = true, domain_metadata = true, checkpoint_metadata = true, sidecar = true;
  bool add_stats = true;  ///< fill Add::stats and Remove::stats
};

/// Adds and removes alone, without their statistics.
inline constexpr ActionFilter kFileActions{.metadata = false,
                                           .protocol = false,
                                           .cdc = false,
                                           .txn = false,
                                           .commit_info = false,
                                           .domain_metadata = false,
                                           .checkpoint_metadata = false,
                                           .sidecar = false,
                                           .add_stats = false};

/// Parses the lines of one commit, compacted or JSON checkpoint file, and hands over each action in
/// the file's order. Unknown actions and fields are ignored, null actions are absent, blank lines
/// are legal. `name` is for messages.
/// \param visit  returns ok to go on; its error is returned as it is.
/// \retval kCorruption  "NAME line N: why": broken JSON (deeper than 512 too), a required field
/// missing or of another
///         type, invalid UTF-8.
Status ParseCommit(std::string_view json_lines, std::string_view name, const ActionFilter& filter,
                   const std::function<Status(Action&&)>& visit);

/// All actions of the file.
Result<std::vector<Action>> ParseActions(std::string_view json_lines, std::string_view name);

/// One action as one line of JSON without the line end, fields in the protocol's order, absent
/// optionals left out.
std::string FormatAction(const Action& action);

/// Lines for a commit file: one action a line, each ended by '\n'.
std::string FormatActions(const std::vector<Action>& actions);

}  // namespace deltaic

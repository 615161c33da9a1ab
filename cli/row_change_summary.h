#pragma once

#include <string>
#include <utility>
#include <vector>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// One line about an operation that changed rows. \param metrics  JSON of the call.
/// \param rows  its keys with what they say: {"numDeletedRows", "deleted"}.
std::string ChangeSummary(const std::string& metrics, const std::string& uri,
                          const std::vector<std::pair<std::string, std::string>>& rows);

/// Puts COLUMN=SQL settings into options. \throws CLI::ValidationError  one without '='.
void SetAssignments(const std::string& flag, const std::vector<std::string>& assignments,
                    Options& options);

}  // namespace deltaic::cli

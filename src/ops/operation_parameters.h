#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/actions.h"

namespace deltaic {

// Values of commitInfo.operationParameters, as JSON. Spark puts lists and maps there as texts that
// hold JSON in turn, and so do these, so that its history shows ours.

std::string JsonText(std::string_view text);
std::string JsonListAsText(const std::vector<std::string>& values);
std::string JsonMapAsText(const StringMap& map);

}  // namespace deltaic

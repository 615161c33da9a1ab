#pragma once

#include <memory>

#include "ingest/decode/format.h"

namespace deltaic::ingest {

/// Messages as they are, whatever they hold: a column `value`, and `key`, `headers`, `topic`,
/// `partition`, `offset`, `timestamp`, `timestamp_type` of those that the table has.
/// \param is_text  `value` and `key` of a new table are string, and what is no UTF-8 is bad;
/// otherwise they are binary.
std::shared_ptr<const Format> RawFormat(bool is_text);

}  // namespace deltaic::ingest

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace deltaic::cli {

/// `text` in an HTML or SVG document, also in a quoted attribute; control characters are shown.
std::string HtmlText(std::string_view text);

/// HumanBytes() of a round number: "5 MB".
std::string RoundBytes(int64_t bytes);

/// "4.2 %", "73 %", of a share from 0 to 1.
std::string PercentText(double share);

// Pictures of deltaic_table_doctor's JSON as SVG, in the page's colours (doctor_page.cc); "" where
// there is nothing to draw.

/// Commits by time, a row an operation, and where the newest checkpoint is.
std::string TimelinePicture(simdjson::dom::element log);
/// Files by size, and the size that they should have.
std::string SizesPicture(simdjson::dom::element diagnosis);
/// Partitions by bytes, the largest first, and the median.
std::string PartitionsPicture(simdjson::dom::element diagnosis);
/// The ranges of one column's files, a line each, by their minima: a diagonal where they lie apart,
/// a block where they overlap.
std::string RangesPicture(simdjson::dom::element column);
/// One bar: what the table has, keeps for older versions, and could free.
std::string SpacePicture(simdjson::dom::element diagnosis);

}  // namespace deltaic::cli

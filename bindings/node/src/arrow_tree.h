#pragma once

#include <deltaic/arrow_abi.h>

#include <map>
#include <string>
#include <vector>

namespace deltaic_node {

/// An ArrowSchema, copied.
struct Field {
  std::string name;
  std::string format;
  bool nullable = true;
  bool is_variant = false;
  std::vector<Field> children;
  std::vector<Field> dictionary;  ///< none or one
};

inline bool IsText(const Field& field) { return field.format == "u"; }
inline bool IsBytes(const Field& field) { return field.format == "z"; }
inline bool IsDecimal(const Field& field) { return field.format.starts_with("d:"); }
inline bool IsTimestamp(const Field& field) { return field.format.starts_with("tsu:"); }

/// Bytes of a value; 0 where values have no fixed width.
inline int WidthOf(const Field& field) {
  static const std::map<std::string, int> widths = {{"c", 1}, {"s", 2}, {"i", 4},  {"l", 8},
                                                    {"f", 4}, {"g", 8}, {"tdD", 4}};
  if (const auto found = widths.find(field.format); found != widths.end()) return found->second;
  if (IsTimestamp(field)) return 8;
  return IsDecimal(field) ? 16 : 0;
}

}  // namespace deltaic_node

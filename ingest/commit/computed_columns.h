#pragma once

#include <algorithm>

#include "protocol/schema.h"

namespace deltaic::ingest {

inline bool IsIdentity(const StructField& field) {
  return std::ranges::any_of(field.metadata, [](const auto& entry) {
    return entry.first.starts_with(kIdentityKeyPrefix);
  });
}

/// Whether the table gives the column a value where none is given: identity, generated, default.
inline bool IsComputed(const StructField& field) {
  return IsIdentity(field) || std::ranges::any_of(field.metadata, [](const auto& entry) {
           return entry.first == kGenerationExpressionKey || entry.first == kCurrentDefaultKey;
         });
}

}  // namespace deltaic::ingest

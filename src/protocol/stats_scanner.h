#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/schema.h"

namespace deltaic {

/// Splits statistics of many files into the texts of their values, which are for the caller to
/// parse, a column at a time. Several times faster than FileStatsParser, because it takes only what
/// writers make in practice, and learns the order of their keys. One thread at a time; a copy
/// starts with what the original has learned.
class StatsScanner {
 public:
  /// The texts of one file: numRecords is the first, then each wanted column has as many as there
  /// are parts.
  enum Part : size_t { kNullCount, kMin, kMax };
  static constexpr size_t kParts = 3;
  static constexpr size_t kNumRecords = 0;
  static constexpr size_t TextIndex(size_t column, Part part) { return 1 + kParts * column + part; }
  size_t num_texts() const { return num_texts_; }

  /// \param wanted  distinct physical paths of leaf columns, as for ParseFileStats.
  StatsScanner(const Schema& physical_schema, const std::vector<std::vector<std::string>>& wanted);

  /// \param texts  num_texts() of them. Each becomes a JSON scalar as written: a string in quotes,
  /// without escapes and valid as UTF-8, another scalar, or, where nothing is said, empty. Counts
  /// are digits alone that an int64_t holds.
  /// \return false for anything unusual, broken JSON included: `texts` are worthless then, and
  /// FileStatsParser has to say what `json` means. Where true, it would say the same.
  bool Scan(std::string_view json, std::span<std::string_view> texts);

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  struct Member {
    std::string key;      ///< in quotes, with the colon; empty if it cannot be compared as text
    size_t text = kNone;  ///< where a scalar goes
    bool is_count = false;
    size_t object = kNone;  ///< the members of an object
    uint64_t last_row = 0;  ///< that had it
    size_t next = 0;        ///< member that came after it the last time
  };
  struct Object {
    std::vector<Member> members;
    size_t first = 0;  ///< member that came first the last time
  };
  struct Cursor {
    const char* at;
    const char* end;
  };

  void Add(const std::vector<std::string>& path, size_t root, size_t text, bool is_count);
  Member& MemberNamed(size_t object, const std::string& name);
  Member* Match(Object& object, size_t& expected, const Cursor& in);
  bool ReadObject(Object& object, Cursor& in, std::span<std::string_view> texts);

  std::vector<Object> objects_;  ///< the first is the whole
  size_t num_texts_ = 1;
  uint64_t row_ = 0;
};

}  // namespace deltaic

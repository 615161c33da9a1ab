#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/actions.h"

namespace deltaic {

/// The remove actions of a commit, kept as the lines they will be and 24 bytes for each path: an
/// overwrite of ten million files makes no ten million objects. One thread at a time while it is
/// filled; any once sealed.
class StagedRemoves {
 public:
  void Add(const Remove& remove);
  /// Ends the filling. \return a path that was added twice, if there is one.
  std::optional<std::string> Seal();

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  bool changes_data() const { return changes_data_; }  ///< one of them has dataChange

  // Once sealed:
  bool Contains(std::string_view path) const;
  std::optional<Remove> Find(std::string_view path) const;
  /// Puts `remove` in the place of the one of the same path, which is there.
  void Replace(const Remove& remove);
  /// Appends one line of JSON for each.
  void AppendTo(std::string& out) const;

 private:
  struct Entry {
    std::array<uint64_t, 2> digest;  ///< of the path
    uint64_t line;                   ///< where its line begins
  };
  const Entry* FindEntry(std::string_view path) const;
  Remove Parse(const Entry& entry) const;

  std::string lines_;
  std::vector<Entry> entries_;                ///< ascending by digest once sealed
  std::map<uint64_t, std::string> replaced_;  ///< lines in the place of those that begin there
  bool changes_data_ = false;
};

}  // namespace deltaic

#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/expr.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// Files of which rows were used, each a path with the deletion vector that was read with it.
class FilesRead {
 public:
  FilesRead() = default;
  FilesRead(std::initializer_list<std::string> paths) {
    for (const std::string& path : paths) insert(path);
  }
  /// \param dv_id  DeletionVectorDescriptor::UniqueId(); empty: none.
  void insert(std::string path, std::string dv_id = {}) {
    by_path_.insert_or_assign(std::move(path), std::move(dv_id));
  }
  bool contains(std::string_view path) const { return by_path_.find(path) != by_path_.end(); }
  bool empty() const { return by_path_.empty(); }
  size_t size() const { return by_path_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> by_path_;
};

/// What a transaction read of the table, apart from its protocol and metadata. It decides which
/// commits of others may come before it.
struct TransactionReads {
  bool blind_append = false;  ///< read nothing of the table but its metadata
  bool read_whole_table = false;
  std::vector<ExprPtr> read_predicates;  ///< bound; files that may match were read, now and before
                                         ///< this commit. nullptr: all files
  /// Files whose rows were used. One that was searched, and held no row that a predicate asks for,
  /// need not be named: what takes rows away from it changes nothing here.
  FilesRead read_files;
  /// False where rows that stay in a file that is given a new deletion vector decided over what is
  /// written, as a row that a MERGE matches and leaves as it is. Then no other commit may touch
  /// that file.
  bool only_removed_rows_used = true;
  IsolationLevel isolation = IsolationLevel::kSerializable;
};

}  // namespace deltaic

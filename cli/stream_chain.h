#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// Files of rows that go into a table.
struct Inputs {
  std::vector<std::string> paths;  ///< one at least
  std::string format;              ///< empty: by the files' names
  std::string schema;              ///< types of columns, as SQL; empty: as they are found
};

/// The rows of the files, one after the other, each opened when its turn comes.
class InputChain {
 public:
  /// Opens the first. \throws Error  as input() does.
  explicit InputChain(Inputs inputs);
  /// The rows; once. A file with other columns than the first ends the stream.
  Stream TakeRows();
  /// What went wrong with a file, if anything did: who consumed the stream knows its text alone.
  const std::optional<Error>& error() const { return state_->error; }

 private:
  struct State {
    std::optional<Error> error;
  };
  friend class Chain;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  Stream rows_;
};

/// One file. \throws Error  DELTAIC_ERROR_SCHEMA_MISMATCH for content that is not of its format.
Stream OpenInput(const std::string& path, const std::string& format, const std::string& schema);

/// The rows of all files, by their footers; 0 where one does not tell.
int64_t CountInputs(const Inputs& inputs);

}  // namespace deltaic::cli

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deltaic/deltaic.hpp"
#include "progress.h"

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

/// Gives the rows of all files to `write`, under a progress bar of `options`' call. A file that is
/// wrong is told as itself, not as the end of a stream. \return what `write` does.
template <typename Write>
auto WriteInputs(const Inputs& files, Options& options, bool progress_wanted, const Write& write) {
  InputChain inputs(files);
  const int64_t total = Progress::IsDrawn(progress_wanted) ? CountInputs(files) : 0;
  try {
    Progress progress({"rows", "written", 0, total}, progress_wanted);
    progress.Watch(options);
    return write(inputs.TakeRows());
  } catch (const Error&) {
    if (inputs.error()) throw Error(*inputs.error());
    throw;
  }
}

}  // namespace deltaic::cli

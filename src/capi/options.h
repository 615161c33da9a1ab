#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "deltaic/deltaic.h"

struct deltaic_cancellation {
  deltaic::CancellationToken token;
};

struct deltaic_options {
  std::map<std::string, std::vector<std::string>> values;
  deltaic::CancellationToken cancel = deltaic::CancellationToken::None();
  deltaic_progress_callback progress = nullptr;
  void* progress_user = nullptr;
};

namespace deltaic::capi {

/// Reads options by key and remembers which were asked for, so that Finish() can name the others.
/// One call's worth; one thread.
class OptionReader {
 public:
  /// \param options  borrowed; NULL stands for none.
  explicit OptionReader(const deltaic_options* options) : options_(options) {}

  /// The last value of `key`.
  std::optional<std::string> Text(const std::string& key);
  std::optional<std::vector<std::string>> List(const std::string& key);
  /// Keys that start with `prefix`, without it, with their last values.
  std::vector<std::pair<std::string, std::string>> WithPrefix(const std::string& prefix);

  /// These leave `out` alone where the key is absent. \retval kInvalidArgument  a value that does
  /// not parse, or is too small.
  Status Int(const std::string& key, int64_t min, int64_t* out);
  Status Int(const std::string& key, int64_t min, int* out);
  Status Int(const std::string& key, int64_t min, std::optional<int64_t>* out);
  Status Int(const std::string& key, int64_t min, std::optional<int>* out);
  Status Bool(const std::string& key, bool* out);

  CancellationToken cancel() const;
  /// Empty where no callback was set.
  std::function<void(int64_t)> progress() const;

  /// kInvalidArgument for the first key nobody asked for.
  Status Finish() const;

 private:
  const std::vector<std::string>* Find(const std::string& key);
  const deltaic_options* options_;
  std::set<std::string> known_;
};

}  // namespace deltaic::capi

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// One option by its canonical name and its other names, all lower-case.
struct OptionKey {
  std::string_view name;
  std::vector<std::string_view> aliases = {};
  /// Known, and without meaning here.
  bool is_ignored = false;
};

/// Reads an environment variable. A function, so that tests need not change their process.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The process's own. Unset and empty are the same.
Environment ProcessEnvironment();

/// The options of one store: those given, else from the environment. Keys ignore case. Values may
/// be secrets and reach no message.
class OptionSet {
 public:
  /// \param keys  all that the store knows.
  /// \param prefix  of the store's variables, such as "aws_": of names that begin with it, the
  /// upper-case ones are looked up in `environment`.
  /// \retval kInvalidArgument  an unknown key, with the nearest; one option by two names with
  /// different values.
  static Result<OptionSet> Make(std::vector<OptionKey> keys, std::string_view prefix,
                                const std::map<std::string, std::string>& given,
                                const Environment& environment);

  /// By canonical name. Empty values count as not given.
  std::optional<std::string> Find(std::string_view name) const;
  std::string Get(std::string_view name, std::string_view otherwise = "") const;
  /// 1/true/on/yes/y and their opposites. \retval kInvalidArgument
  Result<bool> GetBool(std::string_view name, bool otherwise) const;
  /// \retval kInvalidArgument  no number, or out of bounds.
  Result<int64_t> GetInt(std::string_view name, int64_t otherwise, int64_t min, int64_t max) const;
  /// "500ms", "30s", "2m", "1h", or a number of seconds. \retval kInvalidArgument
  Result<std::chrono::milliseconds> GetDuration(std::string_view name,
                                                std::chrono::milliseconds otherwise) const;
  /// Whether it was given with the call, not by the environment.
  bool WasGiven(std::string_view name) const;
  /// A variable of the environment that is no option.
  std::optional<std::string> Variable(const std::string& name) const { return environment_(name); }

 private:
  struct Value {
    std::string text;
    bool was_given = false;
  };
  std::map<std::string, Value, std::less<>> values_;
  Environment environment_;
};

}  // namespace deltaic

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/json_tree.h"

namespace deltaic::ingest {

struct PathNode;

/// A JMESPath expression (jmespath.org), with all its functions and kafka-delta-ingest's: substr,
/// epoch_seconds_to_iso8601, epoch_millis_to_iso8601, epoch_micros_to_iso8601,
/// epoch_millis_to_micro. Immutable: safe from any thread.
class JmesPath {
 public:
  /// \retval kInvalidArgument  it cannot be understood, with the position.
  static Result<JmesPath> Parse(std::string_view text);

  /// \retval kSchemaMismatch  a function is given what it does not take.
  Result<Json> Search(const Json& document) const;

  const std::string& text() const { return text_; }

 private:
  JmesPath(std::string text, std::shared_ptr<const PathNode> root)
      : text_(std::move(text)), root_(std::move(root)) {}

  std::string text_;
  std::shared_ptr<const PathNode> root_;
};

/// Whether JMESPath takes a value for true: not null, false, "", [] or {}.
bool IsTrueLike(const Json& json);

}  // namespace deltaic::ingest

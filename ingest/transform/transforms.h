#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/decode/decoder.h"
#include "ingest/decode/metadata_column.h"
#include "ingest/transform/jmespath.h"

namespace deltaic::ingest {

/// `PROPERTY: SOURCE` rules over JSON messages, and a filter. PROPERTY may be dotted and makes the
/// objects it needs. SOURCE is kafka.offset, kafka.partition, kafka.topic, kafka.timestamp
/// (microseconds), kafka.timestamp_type (-1, 0, 1), kafka.key, kafka.headers.NAME (texts; base64
/// where they are not UTF-8), kafka.headers (an object of all), or JMESPath. Every source reads the
/// message as it came; one that is null sets nothing. Immutable: safe from any thread.
class Transforms {
 public:
  /// \param filter  JMESPath, or empty.
  /// \retval kInvalidArgument  a rule that cannot be understood.
  static Result<Transforms> Make(const std::vector<std::string>& rules, const std::string& filter);

  bool empty() const { return rules_.empty() && !filter_; }

  /// A rule that sets a column from what is known of a message besides its payload.
  struct MetadataRule {
    std::string column;
    Metadata what;
    std::string header;  ///< of Metadata::kHeader
  };
  /// The rules, where all of them are of that kind and nothing is filtered: then no message needs
  /// to be looked at as JSON. nullopt otherwise.
  std::optional<std::vector<MetadataRule>> MetadataRules() const;

  /// \param out  the message as it is to be decoded.
  /// \return false where the filter leaves it out.
  /// \retval kCorruption  not a JSON object  \retval kSchemaMismatch  a function's argument, or an
  /// object asked for where a value is; with the rule.
  Result<bool> Apply(std::string_view json, const MessageContext& input, std::string& out) const;

 private:
  struct Rule {
    std::vector<std::string> property;
    std::string kafka;  ///< what follows "kafka."; empty: `path`
    std::optional<JmesPath> path;
    std::string text;
  };

  std::vector<Rule> rules_;
  std::optional<JmesPath> filter_;
};

}  // namespace deltaic::ingest

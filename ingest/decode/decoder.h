#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic::ingest {

struct KafkaApi;
struct Message;

/// What becomes of fields of a message that the table has no column for.
enum class Evolution {
  kIgnore,  ///< left out
  kStrict,  ///< the message is bad
  kMerge,   ///< they become columns
  kRescue,  ///< kept as JSON in the column _rescued_data, as values of a wrong type are
  kFail,    ///< the process ends
};

/// The column that Evolution::kRescue fills.
inline constexpr std::string_view kRescuedColumn = "_rescued_data";

/// What is known of a message besides its payload.
struct MessageContext {
  const KafkaApi* api = nullptr;  ///< with it, headers can be read
  const Message* message = nullptr;
  std::string_view topic;

  /// The last header of that name; nullopt where there is none, or it has no value.
  std::optional<std::string_view> Header(std::string_view name) const;
};

/// Payloads of one format to rows of a RowBuffer, which it was made for. One thread at a time.
class Decoder {
 public:
  /// Bytes after a payload that must be readable.
  static constexpr size_t kPadding = 64;

  virtual ~Decoder() = default;

  /// Fills one row, which is not ended yet (RowBuffer::EndRow). After an error nothing is left of
  /// it.
  /// \param payload  kPadding bytes after it are readable.
  /// \retval kCorruption  damaged bytes  \retval kSchemaMismatch  values that do not fit the table.
  /// \retval kUnavailable  its schema cannot be had now: the message is to be tried again.
  /// \retval kUnsupported  a field without a column, and Evolution::kFail.
  /// All but the last two are the message's own fault.
  virtual Status Decode(std::string_view payload, const MessageContext& context) = 0;

  /// The message as a JSON object, for transforms.
  virtual Status ToJson(std::string_view payload, const MessageContext& context,
                        std::string& out) = 0;
};

}  // namespace deltaic::ingest

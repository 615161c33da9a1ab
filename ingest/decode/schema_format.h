#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/decode/format.h"
#include "ingest/decode/json_schema.h"

namespace deltaic::ingest {

// Formats whose messages are written by schemas from elsewhere, each named in its message. What a
// format knows is its `Source`, copied into each decoder:
//
//   struct Source {
//     using Key = ...;      // which schema a message is of: < and ==
//     using Type = ...;     // a schema, read
//     using Program = ...;  // a schema against the columns of a table: Run(body) fills one row
//     Result<std::string_view> Read(payload, context, Key& key, std::string& scratch) const;
//     Result<Type> Load(const Key& key) const;
//     Result<std::unique_ptr<Program>> Compile(const Type&, RowBuffer*, Evolution) const;
//     Status AppendJson(const Type&, std::string_view body, std::string& out) const;
//     Result<DataTypePtr> Columns(const Type&) const;  // nullptr: it asks for none
//   };

/// Keeps one program a schema, and the last one at hand: most messages are of the one before.
template <typename Source>
class SchemaDecoder : public Decoder {
 public:
  SchemaDecoder(Source source, RowBuffer* rows, Evolution evolution)
      : source_(std::move(source)), rows_(rows), evolution_(evolution) {}

  Status Decode(std::string_view payload, const MessageContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             source_.Read(payload, context, key_, scratch_));
    if (last_ == nullptr || !(key_ == last_key_)) DELTAIC_RETURN_IF_ERROR(Choose());
    return last_->Run(body);
  }

  Status ToJson(std::string_view payload, const MessageContext& context,
                std::string& out) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view body,
                             source_.Read(payload, context, key_, scratch_));
    auto found = types_.find(key_);
    if (found == types_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(typename Source::Type type, source_.Load(key_));
      found = types_.emplace(key_, std::move(type)).first;
    }
    out.clear();
    return source_.AppendJson(found->second, body, out);
  }

 private:
  using Key = typename Source::Key;
  using Program = typename Source::Program;

  /// The program of key_.
  Status Choose() {
    auto found = programs_.find(key_);
    if (found == programs_.end()) {
      DELTAIC_ASSIGN_OR_RETURN(const typename Source::Type type, source_.Load(key_));
      DELTAIC_ASSIGN_OR_RETURN(auto program, source_.Compile(type, rows_, evolution_));
      found = programs_.emplace(key_, std::move(program)).first;
    }
    last_ = found->second.get();
    last_key_ = key_;
    return Status();
  }

  const Source source_;
  RowBuffer* const rows_;
  const Evolution evolution_;
  Key key_, last_key_;
  Program* last_ = nullptr;
  std::map<Key, std::unique_ptr<Program>> programs_;
  std::map<Key, typename Source::Type> types_;
  std::string scratch_;
};

template <typename Source>
class SchemaFormat : public Format {
 public:
  explicit SchemaFormat(Source source) : source_(std::move(source)) {}

  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const override {
    return std::make_unique<SchemaDecoder<Source>>(source_, rows, evolution);
  }

  /// Of all schemas that the messages are of.
  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    std::set<typename Source::Key> seen;
    DataTypePtr merged;
    Status last = Status::SchemaMismatch("there is no message");
    std::string scratch;
    for (const SampledMessage& message : messages) {
      typename Source::Key key;
      const auto body = source_.Read(message.payload, message.context, key, scratch);
      if (!body.ok()) last = body.status();
      if (!body.ok() || !seen.insert(key).second) continue;
      const Result<typename Source::Type> type = source_.Load(key);
      const StatusCode code = type.status().code();
      if (code == StatusCode::kUnavailable || code == StatusCode::kPermissionDenied) {
        return type.status();
      }
      const Result<DataTypePtr> columns =
          type.ok() ? source_.Columns(*type) : Result<DataTypePtr>(type.status());
      if (!columns.ok()) {
        last = columns.status();
      } else if (*columns != nullptr) {
        merged = MergeJsonTypes(merged, *columns);
      }
    }
    if (merged != nullptr) return merged;
    return last.WithContext("the columns of a new table cannot be told");
  }

 protected:
  const Source source_;
};

}  // namespace deltaic::ingest

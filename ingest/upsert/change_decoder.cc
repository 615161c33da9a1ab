#include "ingest/upsert/change_decoder.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "ingest/decode/cells.h"
#include "ingest/source/kafka_source.h"
#include "protocol/json.h"

namespace deltaic::ingest {
namespace {

std::string_view Padded(std::string& whole) {
  const size_t length = whole.size();
  whole.append(Decoder::kPadding, '\0');
  return std::string_view(whole).substr(0, length);
}

bool IsJsonValue(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  return parser.parse(text.data(), text.size()).get(value) == simdjson::SUCCESS;
}

}  // namespace

ChangeDecoder::ChangeDecoder(ChangeOptions options, const Format& values, const Format& keys,
                             std::shared_ptr<const Transforms> transforms, RowBuffer* rows,
                             Evolution evolution)
    : options_(std::move(options)),
      values_are_json_(values.is_json()),
      transforms_(std::move(transforms)),
      rows_(rows),
      values_(values.MakeDecoder(rows, evolution)),
      keys_(keys.MakeDecoder(rows, evolution)),
      json_(JsonFormat()->MakeDecoder(rows, evolution)) {
  const auto find = [&](std::string_view name) {
    const int found = FindField(rows->fields(), name);
    return found < 0 ? nullptr : &rows->column(static_cast<size_t>(found));
  };
  put_ = find(kPutColumn);
  op_ = find(kOpColumn);
  for (const std::string& name : options_.key_columns) key_columns_.push_back(find(name));
}

Status ChangeDecoder::Fill(std::string_view object) { return json_->Decode(object, {}); }

/// The key's object, or its only value under the name of the only key column.
Status ChangeDecoder::FillKey(const MessageContext& context) {
  if (context.message == nullptr || !context.message->has_key) {
    return Status::SchemaMismatch("the message has no key");
  }
  std::string text;
  // Headers tell the schema of the value, not of the key.
  MessageContext without = context;
  without.api = nullptr;
  const std::string_view key = context.message->key;
  if (key.starts_with('\0')) {
    padded_ = key;
    DELTAIC_RETURN_IF_ERROR(keys_->ToJson(Padded(padded_), without, text));
  } else {
    text = key;
  }
  key_text_ = std::move(text);
  DELTAIC_ASSIGN_OR_RETURN(std::string_view plain, reader_.ReadKey(Padded(key_text_)));
  if (plain.starts_with('{')) return Fill(plain);
  if (options_.key_columns.size() != 1) {
    return Status::SchemaMismatch(
        "the message's key is no object, and there are several key "
        "columns");
  }
  const Column* column = key_columns_[0];
  const bool is_text = column != nullptr && column->id() == TypeId::kString;
  std::string object = "{";
  AppendJsonString(object, options_.key_columns[0]);
  object += ':';
  if (plain.starts_with('"') || (!is_text && IsJsonValue(plain))) {
    object += plain;
  } else {
    AppendJsonString(object, plain);
  }
  object += '}';
  key_text_ = std::move(object);
  return Fill(Padded(key_text_));
}

bool ChangeDecoder::KeyIsWhole() const {
  const int64_t row = rows_->num_rows();
  for (const Column* column : key_columns_) {
    if (column == nullptr || column->length() <= row || !column->IsValid(row)) return false;
  }
  return true;
}

Status ChangeDecoder::Finish(bool puts, char op) {
  if (options_.by_key() && !KeyIsWhole()) {
    rows_->DropRow();
    return Status::SchemaMismatch("a key column is null");
  }
  // A field of the message may have the name of the column.
  for (Column* column : {put_, op_}) {
    if (column != nullptr) column->Truncate(rows_->num_rows());
  }
  if (put_ != nullptr) put_->AppendInt(puts ? 1 : 0);
  if (op_ != nullptr) op_->AppendText(std::string_view(&op, 1));
  return Status();
}

Result<bool> ChangeDecoder::Transformed(std::string_view& object, const MessageContext& context,
                                        std::string_view& stage) {
  if (transforms_ == nullptr || transforms_->empty()) return true;
  stage = "transform";
  DELTAIC_ASSIGN_OR_RETURN(const bool stays, transforms_->Apply(object, context, changed_));
  stage = "decode";
  if (stays) object = Padded(changed_);
  return stays;
}

Result<bool> ChangeDecoder::Decode(std::string_view payload, const MessageContext& context,
                                   std::string_view& stage) {
  stage = "decode";
  if (!payload.empty() && !values_are_json_) {
    DELTAIC_RETURN_IF_ERROR(values_->ToJson(payload, context, value_text_));
    payload = Padded(value_text_);
  }
  Result<bool> out = options_.mode == ChangeMode::kUpsert ? Upsert(payload, context, stage)
                                                          : Change(payload, context, stage);
  if (!out.ok()) rows_->DropRow();
  return out;
}

Result<bool> ChangeDecoder::Upsert(std::string_view payload, const MessageContext& context,
                                   std::string_view& stage) {
  if (payload.empty()) {
    DELTAIC_RETURN_IF_ERROR(FillKey(context));
    DELTAIC_RETURN_IF_ERROR(Finish(false, 'd'));
    return true;
  }
  DELTAIC_ASSIGN_OR_RETURN(const bool is_deletion, reader_.IsDeletion(payload));
  if (!is_deletion) {
    DELTAIC_ASSIGN_OR_RETURN(const bool stays, Transformed(payload, context, stage));
    if (!stays) return false;
  }
  DELTAIC_RETURN_IF_ERROR(Fill(payload));
  if (!KeyIsWhole()) DELTAIC_RETURN_IF_ERROR(FillKey(context));
  DELTAIC_RETURN_IF_ERROR(Finish(!is_deletion, is_deletion ? 'd' : 'u'));
  return true;
}

/// Where a key changes, Debezium tells a deletion and a new row, which lacks large values that did
/// not change: what they are only the old row knows.
Status ChangeDecoder::CheckIsWhole(const Envelope& change) const {
  if (change.op != 'c' || options_.null_for_missing || !options_.by_key()) return Status();
  if (change.after.find(kUnavailable) == std::string_view::npos &&
      change.after.find(kUnavailableBytes) == std::string_view::npos) {
    return Status();
  }
  return Status::Unsupported(
      "a new row came without a large value, which Debezium leaves out where a key changes; set "
      "REPLICA IDENTITY FULL for the source table; --on-missing-value null goes on");
}

Result<bool> ChangeDecoder::Change(std::string_view payload, const MessageContext& context,
                                   std::string_view& stage) {
  if (payload.empty()) return false;  // a tombstone, after the deletion
  DELTAIC_ASSIGN_OR_RETURN(Envelope change, reader_.Read(payload));
  switch (change.op) {
    case 'c':
    case 'u':
    case 'r':
      break;
    case 'd': {
      if (!change.before.empty()) DELTAIC_RETURN_IF_ERROR(Fill(change.before));
      if (options_.by_key() && !KeyIsWhole()) DELTAIC_RETURN_IF_ERROR(FillKey(context));
      DELTAIC_RETURN_IF_ERROR(Finish(false, 'd'));
      return true;
    }
    case 'm':
      return false;
    case 't':
      if (options_.ignores_truncate) return false;
      return Status::Unsupported("the source table was truncated; --on-truncate ignore goes on");
    default:
      return Status::Corruption("an envelope of Debezium with an unknown op");
  }
  if (change.after.empty()) return Status::Corruption("an envelope of Debezium without after");
  DELTAIC_RETURN_IF_ERROR(CheckIsWhole(change));
  bool key_changed = false;
  if (options_.by_key() && change.op == 'u' && !change.before.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(const auto old, reader_.Members(change.before, options_.key_columns));
    DELTAIC_ASSIGN_OR_RETURN(const auto now, reader_.Members(change.after, options_.key_columns));
    const bool is_known = std::ranges::none_of(old, [](const auto& v) { return v.empty(); });
    key_changed = is_known && old != now;
  }
  if (key_changed) {
    // Tried first, so that the row put is never there without it.
    DELTAIC_RETURN_IF_ERROR(Fill(change.before));
    DELTAIC_RETURN_IF_ERROR(Finish(false, 'd'));
    rows_->DropRow();
  }
  std::string_view object = change.after;
  DELTAIC_ASSIGN_OR_RETURN(const bool stays, Transformed(object, context, stage));
  if (!stays) return false;
  DELTAIC_RETURN_IF_ERROR(Fill(object));
  DELTAIC_RETURN_IF_ERROR(Finish(true, change.op));
  if (!key_changed) return true;
  rows_->DropRow();
  DELTAIC_RETURN_IF_ERROR(Fill(change.before));
  DELTAIC_RETURN_IF_ERROR(Finish(false, 'd'));
  rows_->EndRow();
  DELTAIC_RETURN_IF_ERROR(Fill(object));
  DELTAIC_RETURN_IF_ERROR(Finish(true, change.op));
  return true;
}

}  // namespace deltaic::ingest

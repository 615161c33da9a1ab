#include "sync/copy_rows.h"

#include <arrow/api.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "scan/change_source.h"
#include "storage/arrow_status.h"
#include "sync/column_encoder.h"
#include "sync/net_rows.h"
#include "sync/redis_commands.h"
#include "sync/reject_file.h"

namespace deltaic {
namespace {

/// Rows are encoded so many at a time.
constexpr int64_t kRowsAtOnce = 2048;
constexpr std::string_view kBinaryHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kBinaryTrailer("\377\377", 2);
constexpr std::string_view kBinaryNull("\377\377\377\377", 4);

/// What COPY's text format writes with a backslash; 0: the byte itself.
constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes{};
  escapes['\\'] = '\\';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = MakeEscapes();

/// Escapes `out` from `begin` on.
void EscapeField(std::string& out, size_t begin) {
  const auto needs = [](char c) { return kEscapes[static_cast<unsigned char>(c)] != 0; };
  const auto first = std::find_if(out.begin() + static_cast<ptrdiff_t>(begin), out.end(), needs);
  if (first == out.end()) return;
  const std::string rest(first, out.end());
  out.erase(first, out.end());
  for (const char c : rest) {
    if (needs(c)) {
      out.push_back('\\');
      out.push_back(kEscapes[static_cast<unsigned char>(c)]);
    } else {
      out.push_back(c);
    }
  }
}

/// Pulls batches, and cuts them.
class RowSource {
 public:
  explicit RowSource(std::shared_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const { return rows_->schema(); }

  /// nullptr at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    while (batch_ == nullptr || at_ == batch_->num_rows()) {
      DELTAIC_RETURN_IF_ERROR(rows_->ReadNext(&batch_));
      at_ = 0;
      if (batch_ == nullptr) return std::shared_ptr<arrow::RecordBatch>();
    }
    const int64_t length = std::min(kRowsAtOnce, batch_->num_rows() - at_);
    auto part = batch_->Slice(at_, length);
    at_ += length;
    return part;
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t at_ = 0;
};

class CopyRowsImpl : public CopyRows {
 public:
  explicit CopyRowsImpl(std::shared_ptr<arrow::RecordBatchReader> rows)
      : source_(std::move(rows)),
        change_type_(source_.schema()->GetFieldIndex(std::string(kChangeTypeColumn))) {}

  /// From now on rows that do not fit go there. \param key  columns that must not be null.
  void SetRejects(std::unique_ptr<RejectFile> rejects, int64_t most, std::vector<int> key) {
    rejects_ = std::move(rejects);
    max_rejects_ = most;
    key_ = std::move(key);
  }

  Result<std::string_view> Next() override {
    out_.clear();
    // Empty is the end, and all rows of a batch may be rejected.
    while (out_.empty() && !has_ended_) DELTAIC_RETURN_IF_ERROR(Fill());
    return std::string_view(out_);
  }
  int64_t num_rows() const override { return num_rows_; }
  int64_t num_rejected() const override { return rejects_ == nullptr ? 0 : rejects_->num_rows(); }

 protected:
  virtual void Begin(std::string&) {}
  virtual void End(std::string&) {}
  virtual Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) = 0;
  /// Appends what takes the row out of the target, by its key alone.
  virtual Status AppendDelete(std::string& out, const arrow::ArrayVector& columns, int64_t row) = 0;
  /// `status`, which is of a value of the row at hand.
  Status InRow(const Status& status, size_t column) const {
    return status.WithContext(Concat("row ", num_read_, ", column ",
                                     source_.schema()->field(static_cast<int>(column))->name()));
  }
  int64_t num_read() const { return num_read_; }
  int change_type() const { return change_type_; }
  bool IsOfKey(size_t column) const {
    return std::ranges::find(key_, static_cast<int>(column)) != key_.end();
  }

 private:
  Status Fill() {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, source_.Next());
    if (!std::exchange(has_begun_, true)) Begin(out_);
    if (batch == nullptr) {
      has_ended_ = true;
      End(out_);
      return Status();
    }
    const arrow::ArrayVector columns = batch->columns();
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++num_read_) {
      const size_t begin = out_.size();
      Status status = CheckKey(columns, row);
      if (status.ok()) status = AppendRow(out_, columns, row);
      if (status.ok()) {
        ++num_rows_;
        continue;
      }
      out_.resize(begin);
      DELTAIC_RETURN_IF_ERROR(Reject(status, columns, row));
    }
    return Status();
  }

  Status CheckKey(const arrow::ArrayVector& columns, int64_t row) const {
    for (const int column : key_) {
      if (columns[static_cast<size_t>(column)]->IsNull(row)) {
        return InRow(Status::ConstraintViolated("keys must not be null"),
                     static_cast<size_t>(column));
      }
    }
    return Status();
  }

  /// \return  `why`, unless rejects are taken and it is of the row.
  Status Reject(const Status& why, const arrow::ArrayVector& columns, int64_t row) {
    if (rejects_ == nullptr || (why.code() != StatusCode::kSchemaMismatch &&
                                why.code() != StatusCode::kConstraintViolated)) {
      return why;
    }
    if (rejects_->num_rows() >= max_rejects_) {
      return Status::ConstraintViolated(
          "more than ", max_rejects_,
          " rows are rejected, which max_rejects limits; the last: ", why.message());
    }
    DELTAIC_RETURN_IF_ERROR(rejects_->Add(why, *source_.schema(), columns, row));
    if (change_type_ < 0 || !CheckKey(columns, row).ok()) return Status();
    // The target may have the row as it was; where not even the key fits, it cannot.
    const size_t begin = out_.size();
    if (!AppendDelete(out_, columns, row).ok()) out_.resize(begin);
    return Status();
  }

  RowSource source_;
  const int change_type_;
  std::unique_ptr<RejectFile> rejects_;
  std::vector<int> key_;
  std::string out_;
  bool has_begun_ = false, has_ended_ = false;
  int64_t num_read_ = 0, num_rows_ = 0, max_rejects_ = 0;
};

using Encoders = std::vector<std::unique_ptr<ColumnEncoder>>;

class TextRows : public CopyRowsImpl {
 public:
  /// \param checks  of each column: what knows whether the target's type holds a value, where text
  /// leaves that to PostgreSQL; or nullptr. Empty: nobody asks.
  TextRows(std::shared_ptr<arrow::RecordBatchReader> rows, Encoders encoders, Encoders checks)
      : CopyRowsImpl(std::move(rows)), encoders_(std::move(encoders)), checks_(std::move(checks)) {}

 protected:
  Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    for (size_t i = 0; i < encoders_.size(); ++i) {
      if (i > 0) out.push_back('\t');
      if (columns[i]->IsNull(row)) {
        out += "\\N";
        continue;
      }
      const size_t begin = out.size();
      Status status = Check(columns, row, i);
      if (status.ok()) status = encoders_[i]->Append(out, *columns[i], row);
      if (!status.ok()) return InRow(status, i);
      EscapeField(out, begin);
    }
    out.push_back('\n');
    return Status();
  }

  Status AppendDelete(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    for (size_t i = 0; i < encoders_.size(); ++i) {
      if (i > 0) out.push_back('\t');
      if (static_cast<int>(i) == change_type()) {
        out += kNetDelete;
      } else if (IsOfKey(i)) {
        const size_t begin = out.size();
        DELTAIC_RETURN_IF_ERROR(Check(columns, row, i));
        DELTAIC_RETURN_IF_ERROR(encoders_[i]->Append(out, *columns[i], row));
        EscapeField(out, begin);
      } else {
        out += "\\N";
      }
    }
    out.push_back('\n');
    return Status();
  }

 private:
  Status Check(const arrow::ArrayVector& columns, int64_t row, size_t column) {
    if (checks_.empty() || checks_[column] == nullptr) return Status();
    scratch_.clear();
    return checks_[column]->Append(scratch_, *columns[column], row);
  }

  const Encoders encoders_, checks_;
  std::string scratch_;
};

class BinaryRows : public CopyRowsImpl {
 public:
  BinaryRows(std::shared_ptr<arrow::RecordBatchReader> rows, Encoders encoders)
      : CopyRowsImpl(std::move(rows)), encoders_(std::move(encoders)) {}

 protected:
  void Begin(std::string& out) override { out += kBinaryHeader; }
  void End(std::string& out) override { out += kBinaryTrailer; }

  Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    PutCount(out);
    for (size_t i = 0; i < encoders_.size(); ++i) {
      DELTAIC_RETURN_IF_ERROR(AppendValue(out, columns, row, i));
    }
    return Status();
  }

  Status AppendDelete(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    PutCount(out);
    for (size_t i = 0; i < encoders_.size(); ++i) {
      if (static_cast<int>(i) == change_type()) {
        const size_t at = out.size();
        out.append(4, '\0');
        out += kNetDelete;
        DELTAIC_RETURN_IF_ERROR(PutLength(out, at, i));
      } else if (IsOfKey(i)) {
        DELTAIC_RETURN_IF_ERROR(AppendValue(out, columns, row, i));
      } else {
        out += kBinaryNull;
      }
    }
    return Status();
  }

 private:
  void PutCount(std::string& out) const {
    out.push_back(static_cast<char>(encoders_.size() >> 8));
    out.push_back(static_cast<char>(encoders_.size() & 0xff));
  }

  Status AppendValue(std::string& out, const arrow::ArrayVector& columns, int64_t row,
                     size_t i) const {
    if (columns[i]->IsNull(row)) {
      out += kBinaryNull;
      return Status();
    }
    const size_t at = out.size();
    out.append(4, '\0');
    const Status status = encoders_[i]->Append(out, *columns[i], row);
    return status.ok() ? PutLength(out, at, i) : InRow(status, i);
  }

  Status PutLength(std::string& out, size_t at, size_t column) const {
    const size_t length = out.size() - at - 4;
    if (length > kMostBytes)
      return InRow(Status::SchemaMismatch("a value of ", length, " bytes is too long"), column);
    for (size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(length >> (8 * (3 - i)) & 0xff);
    return Status();
  }
  static constexpr size_t kMostBytes = size_t{1} << 30;  ///< PostgreSQL's own limit

  const Encoders encoders_;
};

class RedisRows : public CopyRowsImpl {
 public:
  RedisRows(std::shared_ptr<arrow::RecordBatchReader> rows, RedisCommands commands)
      : CopyRowsImpl(std::move(rows)), commands_(std::move(commands)) {}

 protected:
  Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    return commands_.Append(out, columns, row).WithContext(Concat("row ", num_read()));
  }
  Status AppendDelete(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    return commands_.AppendDelete(out, columns, row);
  }

 private:
  RedisCommands commands_;
};

Status CheckTypes(const arrow::Schema& schema, const CopyOptions& options) {
  for (const auto& [name, type] : options.types) {
    if (schema.GetFieldIndex(name) < 0)
      return Status::InvalidArgument("type.", name, ": the rows have no column ", name);
  }
  return Status();
}

Result<std::unique_ptr<CopyRowsImpl>> OpenFormat(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                 const CopyOptions& options) {
  const arrow::Schema& schema = *rows->schema();
  if (options.format == CopyFormat::kRedis || options.format == CopyFormat::kRedisJson) {
    DELTAIC_ASSIGN_OR_RETURN(auto commands, RedisCommands::Make(schema, options));
    return std::make_unique<RedisRows>(std::move(rows), std::move(commands));
  }
  DELTAIC_RETURN_IF_ERROR(CheckTypes(schema, options));
  if (schema.num_fields() > INT16_MAX)
    return Status::Unsupported("PostgreSQL takes at most ", INT16_MAX, " columns");
  const bool is_binary = options.format == CopyFormat::kPostgresBinary;
  Encoders encoders, checks;
  for (const auto& field : schema.fields()) {
    const auto type = options.types.find(field->name());
    const std::string pg_type = type == options.types.end() ? "" : type->second;
    DELTAIC_ASSIGN_OR_RETURN(encoders.emplace_back(),
                             is_binary ? MakeBinaryEncoder(*field, pg_type, options.nul)
                                       : MakeTextEncoder(*field, pg_type, options.nul));
    if (is_binary || options.rejects.empty()) continue;
    auto check = MakeBinaryEncoder(*field, pg_type, options.nul);
    checks.push_back(check.ok() ? *std::move(check) : nullptr);
  }
  if (is_binary) return std::make_unique<BinaryRows>(std::move(rows), std::move(encoders));
  return std::make_unique<TextRows>(std::move(rows), std::move(encoders), std::move(checks));
}

}  // namespace

Result<std::unique_ptr<CopyRows>> CopyRows::Open(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                 CopyOptions options) {
  const std::shared_ptr<arrow::Schema> schema = rows->schema();
  DELTAIC_ASSIGN_OR_RETURN(std::unique_ptr<CopyRowsImpl> copy,
                           OpenFormat(std::move(rows), options));
  if (options.rejects.empty()) return std::unique_ptr<CopyRows>(std::move(copy));
  std::vector<int> key;
  for (const std::string& name : options.key) {
    const int column = schema->GetFieldIndex(name);
    if (column < 0) return Status::InvalidArgument("the rows have no column ", name);
    key.push_back(column);
  }
  DELTAIC_ASSIGN_OR_RETURN(
      auto rejects,
      RejectFile::Open(std::move(options.rejects), std::move(options.into), options.version));
  copy->SetRejects(std::move(rejects), options.max_rejects, std::move(key));
  return std::unique_ptr<CopyRows>(std::move(copy));
}

bool FitsPostgresBinary(const arrow::Schema& schema,
                        const std::map<std::string, std::string>& types) {
  return std::ranges::all_of(schema.fields(), [&](const auto& field) {
    const auto type = types.find(field->name());
    return MakeBinaryEncoder(*field, type == types.end() ? "" : type->second, NulRule::kError).ok();
  });
}

}  // namespace deltaic

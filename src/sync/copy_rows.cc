#include "sync/copy_rows.h"

#include <arrow/api.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "storage/arrow_status.h"
#include "sync/column_encoder.h"
#include "sync/redis_commands.h"

namespace deltaic {
namespace {

/// Rows are encoded so many at a time.
constexpr int64_t kRowsAtOnce = 2048;
constexpr std::string_view kBinaryHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kBinaryTrailer("\377\377", 2);

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
      : source_(std::move(rows)) {}

  Result<std::string_view> Next() override {
    out_.clear();
    if (has_ended_) return std::string_view();
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, source_.Next());
    if (!std::exchange(has_begun_, true)) Begin(out_);
    if (batch == nullptr) {
      has_ended_ = true;
      End(out_);
      return std::string_view(out_);
    }
    const arrow::ArrayVector columns = batch->columns();
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++num_rows_) {
      DELTAIC_RETURN_IF_ERROR(AppendRow(out_, columns, row));
    }
    return std::string_view(out_);
  }
  int64_t num_rows() const override { return num_rows_; }

 protected:
  virtual void Begin(std::string&) {}
  virtual void End(std::string&) {}
  virtual Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) = 0;
  /// `status`, which is of a value of the row at hand.
  Status InRow(const Status& status, size_t column) const {
    return status.WithContext(Concat("row ", num_rows_, ", column ",
                                     source_.schema()->field(static_cast<int>(column))->name()));
  }

 private:
  RowSource source_;
  std::string out_;
  bool has_begun_ = false, has_ended_ = false;
  int64_t num_rows_ = 0;
};

using Encoders = std::vector<std::unique_ptr<ColumnEncoder>>;

class TextRows : public CopyRowsImpl {
 public:
  TextRows(std::shared_ptr<arrow::RecordBatchReader> rows, Encoders encoders)
      : CopyRowsImpl(std::move(rows)), encoders_(std::move(encoders)) {}

 protected:
  Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    for (size_t i = 0; i < encoders_.size(); ++i) {
      if (i > 0) out.push_back('\t');
      if (columns[i]->IsNull(row)) {
        out += "\\N";
        continue;
      }
      const size_t begin = out.size();
      const Status status = encoders_[i]->Append(out, *columns[i], row);
      if (!status.ok()) return InRow(status, i);
      EscapeField(out, begin);
    }
    out.push_back('\n');
    return Status();
  }

 private:
  const Encoders encoders_;
};

class BinaryRows : public CopyRowsImpl {
 public:
  BinaryRows(std::shared_ptr<arrow::RecordBatchReader> rows, Encoders encoders)
      : CopyRowsImpl(std::move(rows)), encoders_(std::move(encoders)) {}

 protected:
  void Begin(std::string& out) override { out += kBinaryHeader; }
  void End(std::string& out) override { out += kBinaryTrailer; }

  Status AppendRow(std::string& out, const arrow::ArrayVector& columns, int64_t row) override {
    out.push_back(static_cast<char>(encoders_.size() >> 8));
    out.push_back(static_cast<char>(encoders_.size() & 0xff));
    for (size_t i = 0; i < encoders_.size(); ++i) {
      if (columns[i]->IsNull(row)) {
        out.append("\377\377\377\377", 4);
        continue;
      }
      const size_t at = out.size();
      out.append(4, '\0');
      const Status status = encoders_[i]->Append(out, *columns[i], row);
      if (!status.ok()) return InRow(status, i);
      DELTAIC_RETURN_IF_ERROR(PutLength(out, at, i));
    }
    return Status();
  }

 private:
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
    return commands_.Append(out, columns, row).WithContext(Concat("row ", num_rows()));
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

}  // namespace

Result<std::unique_ptr<CopyRows>> CopyRows::Open(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                 CopyOptions options) {
  const arrow::Schema& schema = *rows->schema();
  if (options.format == CopyFormat::kRedis || options.format == CopyFormat::kRedisJson) {
    DELTAIC_ASSIGN_OR_RETURN(auto commands, RedisCommands::Make(schema, options));
    return std::unique_ptr<CopyRows>(
        std::make_unique<RedisRows>(std::move(rows), std::move(commands)));
  }
  DELTAIC_RETURN_IF_ERROR(CheckTypes(schema, options));
  if (schema.num_fields() > INT16_MAX)
    return Status::Unsupported("PostgreSQL takes at most ", INT16_MAX, " columns");
  const bool is_binary = options.format == CopyFormat::kPostgresBinary;
  Encoders encoders;
  for (const auto& field : schema.fields()) {
    const auto type = options.types.find(field->name());
    const std::string pg_type = type == options.types.end() ? "" : type->second;
    DELTAIC_ASSIGN_OR_RETURN(encoders.emplace_back(),
                             is_binary ? MakeBinaryEncoder(*field, pg_type, options.nul)
                                       : MakeTextEncoder(*field, pg_type, options.nul));
  }
  if (is_binary)
    return std::unique_ptr<CopyRows>(
        std::make_unique<BinaryRows>(std::move(rows), std::move(encoders)));
  return std::unique_ptr<CopyRows>(
      std::make_unique<TextRows>(std::move(rows), std::move(encoders)));
}

bool FitsPostgresBinary(const arrow::Schema& schema,
                        const std::map<std::string, std::string>& types) {
  return std::ranges::all_of(schema.fields(), [&](const auto& field) {
    const auto type = types.find(field->name());
    return MakeBinaryEncoder(*field, type == types.end() ? "" : type->second, NulRule::kError).ok();
  });
}

}  // namespace deltaic

#include "sync/reject_file.h"

#include <arrow/api.h>

#include <utility>

#include "data/values/value_text.h"
#include "protocol/json.h"

namespace deltaic {

Result<std::unique_ptr<RejectFile>> RejectFile::Open(std::string path, std::string into,
                                                     std::optional<int64_t> version) {
  auto out = std::make_unique<RejectFile>();
  out->file_.open(path, std::ios::binary | std::ios::app);
  if (!out->file_) return Status::Io("rejects: ", path, " cannot be opened for writing");
  out->path_ = std::move(path);
  out->into_ = std::move(into);
  out->version_ = version;
  return out;
}

Status RejectFile::Add(const Status& why, const arrow::Schema& schema,
                       const arrow::ArrayVector& columns, int64_t row) {
  std::string line = "{\"into\":";
  AppendJsonString(line, into_);
  line += ",\"version\":" + (version_ ? std::to_string(*version_) : std::string("null"));
  line += ",\"reason\":";
  AppendJsonString(line, why.message());
  line += ",\"row\":{";
  for (size_t i = 0; i < columns.size(); ++i) {
    const arrow::Field& field = *schema.field(static_cast<int>(i));
    if (i > 0) line.push_back(',');
    AppendJsonString(line, field.name());
    line.push_back(':');
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(line, field, *columns[i], row));
  }
  line += "}}\n";
  file_ << line << std::flush;
  if (!file_) return Status::Io("rejects: ", path_, " cannot be written");
  ++num_rows_;
  return Status();
}

}  // namespace deltaic

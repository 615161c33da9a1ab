#include "text_rows.h"

#include <cstring>

namespace deltaic::cli {
namespace {

/// Arrow's format strings of integers, floating points and decimals.
bool IsNumeric(std::string_view format) {
  if (format.empty()) return false;
  return format[0] == 'd' ||
         (format.size() == 1 && std::strchr("cCsSiIlLefg", format[0]) != nullptr);
}

struct OwnedArray {
  ArrowArray array{};
  ~OwnedArray() {
    if (array.release != nullptr) array.release(&array);
  }
};

std::optional<std::string_view> Cell(const ArrowArray& column, int64_t row) {
  const int64_t at = row + column.offset;
  const auto* validity = static_cast<const uint8_t*>(column.buffers[0]);
  if (validity != nullptr && (validity[at / 8] >> (at % 8) & 1) == 0) return std::nullopt;
  const auto* offsets = static_cast<const int32_t*>(column.buffers[1]);
  const auto* bytes = static_cast<const char*>(column.buffers[2]);
  return std::string_view(bytes + offsets[at], static_cast<size_t>(offsets[at + 1] - offsets[at]));
}

}  // namespace

TextRows::TextRows(Stream rows) {
  ArrowSchema schema{};
  rows.GetSchema(&schema);
  for (int64_t i = 0; i < schema.n_children; ++i) {
    columns_.push_back({schema.children[i]->name, IsNumeric(schema.children[i]->format)});
  }
  schema.release(&schema);
  ArrowArrayStream texts{};
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_stream_as_text(rows.get(), &texts, &error);
  detail::Check(status, error);
  texts_ = Stream(texts);
}

void TextRows::ForEach(
    const std::function<bool(const std::vector<std::optional<std::string_view>>&)>& row) {
  std::vector<std::optional<std::string_view>> cells(columns_.size());
  while (true) {
    OwnedArray batch;
    if (!texts_.Next(&batch.array)) return;
    for (int64_t i = 0; i < batch.array.length; ++i) {
      for (size_t c = 0; c < cells.size(); ++c)
        cells[c] = Cell(*batch.array.children[c], i + batch.array.offset);
      if (!row(cells)) return;
    }
  }
}

}  // namespace deltaic::cli

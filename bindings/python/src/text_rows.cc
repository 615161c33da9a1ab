#include "text_rows.h"

#include <string_view>

#include "arrow_schema.h"
#include "arrow_stream.h"
#include "errors.h"

namespace deltaic_python {
namespace {

struct OwnedArray {
  ArrowArray array{};
  ~OwnedArray() {
    if (array.release != nullptr) array.release(&array);
  }
};

/// \param prefix  left out where the text begins with it.
nb::object TextAt(const ArrowArray& column, int64_t row, std::string_view prefix = {}) {
  const int64_t index = column.offset + row;
  const auto* valid = static_cast<const uint8_t*>(column.buffers[0]);
  if (valid != nullptr && (valid[index / 8] >> (index % 8) & 1) == 0) return nb::none();
  const auto* offsets = static_cast<const int32_t*>(column.buffers[1]);
  const auto* bytes = static_cast<const char*>(column.buffers[2]);
  std::string_view text(bytes + offsets[index],
                        static_cast<size_t>(offsets[index + 1] - offsets[index]));
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return nb::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

void CheckAllText(ArrowArrayStream& rows) {
  OwnedSchema schema;
  if (rows.get_schema(&rows, &schema.schema) != 0)
    throw nb::value_error(rows.get_last_error(&rows));
  for (int64_t i = 0; i < schema.schema.n_children; ++i) {
    if (std::string_view(schema.schema.children[i]->format) != "u") {
      throw nb::value_error("a column is not utf8");
    }
  }
}

void AppendRows(const ArrowArray& batch, nb::list& out) {
  for (int64_t row = 0; row < batch.length; ++row) {
    nb::list texts;
    for (int64_t i = 0; i < batch.n_children; ++i) {
      texts.append(TextAt(*batch.children[i], batch.offset + row));
    }
    out.append(nb::tuple(texts));
  }
}

/// Hands each batch of `stream`, made text, to `append`.
template <typename Append>
void ForEachTextBatch(nb::object stream, Append append) {
  OwnedStream rows = StreamFromCapsule(stream);
  OwnedStream text;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_stream_as_text(&rows.stream, &text.stream, error);
  });
  CheckAllText(text.stream);
  while (true) {
    OwnedArray batch;
    int failed = 0;
    {
      const nb::gil_scoped_release unlocked;
      failed = text.stream.get_next(&text.stream, &batch.array);
    }
    if (failed != 0) throw nb::value_error(text.stream.get_last_error(&text.stream));
    if (batch.array.release == nullptr) return;
    append(batch.array);
  }
}

nb::list TextRows(nb::object stream) {
  nb::list out;
  ForEachTextBatch(stream, [&](const ArrowArray& batch) { AppendRows(batch, out); });
  return out;
}

/// The first column alone, without an object for each row.
nb::list TextColumn(nb::object stream, const char* without_prefix) {
  nb::list out;
  ForEachTextBatch(stream, [&](const ArrowArray& batch) {
    if (batch.n_children == 0) throw nb::value_error("there is no column");
    for (int64_t row = 0; row < batch.length; ++row) {
      out.append(TextAt(*batch.children[0], batch.offset + row, without_prefix));
    }
  });
  return out;
}

}  // namespace

void BindTextRows(nb::module_& module) {
  module.def("text_rows", &TextRows, nb::arg("stream"));
  module.def("text_column", &TextColumn, nb::arg("stream"), nb::arg("without_prefix"));
}

}  // namespace deltaic_python

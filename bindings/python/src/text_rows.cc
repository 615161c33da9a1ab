#include "text_rows.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "arrow_schema.h"
#include "arrow_stream.h"
#include "errors.h"
#include "gil.h"

namespace deltaic_python {
namespace {

struct OwnedArray {
  ArrowArray array{};
  ~OwnedArray() {
    if (array.release != nullptr) array.release(&array);
  }
};

bool IsAscii(std::string_view text) {
  uint64_t all = 0;
  for (; text.size() >= sizeof all; text.remove_prefix(sizeof all)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    all |= word;
  }
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return (all & 0x8080808080808080) == 0;
}

/// A new str. Nearly all are ASCII, and those are a copy.
nb::object ToStr(std::string_view text) {
  const auto size = static_cast<Py_ssize_t>(text.size());
  if (!IsAscii(text)) return nb::steal(PyUnicode_DecodeUTF8(text.data(), size, "replace"));
  nb::object str = nb::steal(PyUnicode_New(size, 0x7f));
  if (!str.is_valid()) throw nb::python_error();
  if (size > 0) std::memcpy(PyUnicode_1BYTE_DATA(str.ptr()), text.data(), text.size());
  return str;
}

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
  return ToStr(text);
}

bool IsAllText(ArrowArrayStream& rows) {
  OwnedSchema schema;
  if (rows.get_schema(&rows, &schema.schema) != 0)
    throw nb::value_error(rows.get_last_error(&rows));
  for (int64_t i = 0; i < schema.schema.n_children; ++i) {
    if (std::string_view(schema.schema.children[i]->format) != "u") return false;
  }
  return true;
}

/// `rows` with all columns as text.
OwnedStream AsText(OwnedStream rows) {
  if (IsAllText(rows.stream)) return rows;
  OwnedStream text;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_stream_as_text(&rows.stream, &text.stream, error);
  });
  if (!IsAllText(text.stream)) throw nb::value_error("a column is not utf8");
  return text;
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
  OwnedStream text = AsText(StreamFromCapsule(stream));
  while (true) {
    OwnedArray batch;
    int failed = 0;
    {
      const WithoutGil unlocked;
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

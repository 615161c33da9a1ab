#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "arrow_schema.h"
#include "arrow_stream.h"
#include "bindings.h"
#include "errors.h"
#include "interruptible.h"
#include "row_maker.h"
#include "scan.h"

namespace deltaic_python {
namespace {

/// Class RowReader: the rows of a stream as dicts or tuples. One thread at a time.
class RowReader {
 public:
  /// \param stream  a capsule, which is empty afterwards.
  /// \param scan  where the stream comes from, or None: a signal stops it through that.
  RowReader(nb::object stream, const Scan* scan, bool as_tuples)
      : rows_(StreamFromCapsule(stream)),
        cancellation_(scan == nullptr ? NewCancellation() : scan->cancellation),
        as_tuples_(as_tuples) {
    OwnedSchema schema;
    if (rows_.stream.get_schema(&rows_.stream, &schema.schema) != 0) {
      throw nb::value_error(rows_.stream.get_last_error(&rows_.stream));
    }
    try {
      type_ = std::make_unique<deltaic_rows::ColumnType>(deltaic_rows::ParseSchema(schema.schema));
    } catch (const deltaic_rows::UnsupportedType& error) {
      throw nb::value_error(error.what());
    }
    root_ = std::make_unique<deltaic_rows::Column>(*type_);
  }
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  ~RowReader() {
    // In a child of fork the threads that read ahead are not there to be waited for: what the
    // stream holds stays until the process ends.
    if (getpid() == pid_) {
      Release();
    } else {
      rows_.stream.release = nullptr;
    }
  }

  /// At most `limit` rows, of one batch, as a list; None at the end.
  nb::object Next(int64_t limit) {
    const Use use(*this);
    if (closed_) throw nb::value_error("the rows were closed");
    while (batch_.release == nullptr || row_ >= batch_.length) {
      if (!NextBatch()) return nb::none();
    }
    const int64_t end = row_ + std::min(std::max<int64_t>(limit, 1), batch_.length - row_);
    nb::object rows = nb::steal(PyList_New(static_cast<Py_ssize_t>(end - row_)));
    if (!rows.is_valid()) throw nb::python_error();
    for (Py_ssize_t i = 0; row_ < end; ++i, ++row_) {
      nb::object made = as_tuples_ ? maker_.Tuple(*root_, row_) : maker_.Dict(*root_, row_);
      if (PyList_SetItem(rows.ptr(), i, made.release().ptr()) != 0) throw nb::python_error();
    }
    return rows;
  }

  nb::list Columns() const {
    nb::list names;
    for (const deltaic_rows::ColumnType& child : type_->children) {
      names.append(nb::str(child.name.c_str(), child.name.size()));
    }
    return names;
  }

  /// Ends early: stops what reads ahead, and frees it.
  void Close() {
    const Use use(*this);
    if (closed_) return;
    closed_ = true;
    deltaic_cancellation_cancel(cancellation_.get());
    Release();
  }

 private:
  /// While it lives, no other thread may use the reader. What makes a value runs Python, where
  /// another thread may take over.
  class Use {
   public:
    explicit Use(RowReader& reader) : reader_(reader) {
      if (getpid() != reader.pid_) {
        throw nb::value_error("the rows were opened before fork; open them in the child process");
      }
      if (reader.is_busy_) throw nb::value_error("the rows are being read by another thread");
      reader.is_busy_ = true;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { reader_.is_busy_ = false; }

   private:
    RowReader& reader_;
  };

  void Release() {
    const WithoutGil unlocked;
    if (batch_.release != nullptr) batch_.release(&batch_);
    if (rows_.stream.release != nullptr) rows_.stream.release(&rows_.stream);
  }

  /// False at the end.
  bool NextBatch() {
    if (has_ended_) return false;
    int failed = 0;
    CallInterruptible(cancellation_, [&](deltaic_error** /*error*/) {
      if (batch_.release != nullptr) batch_.release(&batch_);
      batch_ = {};
      failed = rows_.stream.get_next(&rows_.stream, &batch_);
      return DELTAIC_OK;
    });
    if (failed != 0) {
      batch_ = {};
      const char* why = rows_.stream.get_last_error(&rows_.stream);
      PyErr_SetString(PyExc_RuntimeError, why == nullptr ? "the rows ended with an error" : why);
      throw nb::python_error();
    }
    row_ = 0;
    has_ended_ = batch_.release == nullptr;
    if (has_ended_) return false;
    try {
      root_->Bind(batch_);
    } catch (const deltaic_rows::UnsupportedType& error) {
      throw nb::value_error(error.what());
    }
    return true;
  }

  OwnedStream rows_;
  CancellationHandle cancellation_;
  const bool as_tuples_;
  const pid_t pid_ = getpid();
  bool is_busy_ = false;
  bool has_ended_ = false;
  bool closed_ = false;
  std::unique_ptr<deltaic_rows::ColumnType> type_;
  std::unique_ptr<deltaic_rows::Column> root_;
  ArrowArray batch_{};
  int64_t row_ = 0;  // of the batch, the next
  RowMaker maker_;
};

}  // namespace

void BindRowReader(nb::module_& module) {
  nb::class_<RowReader>(module, "RowReader")
      .def(nb::init<nb::object, const Scan*, bool>(), nb::arg("stream"), nb::arg("scan").none(),
           nb::arg("as_tuples"))
      .def("next", &RowReader::Next, nb::arg("limit"))
      .def("columns", &RowReader::Columns)
      .def("close", &RowReader::Close);
}

}  // namespace deltaic_python

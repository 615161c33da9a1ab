#include "stream_chain.h"

#include <cerrno>
#include <cstring>
#include <memory>

namespace deltaic::cli {
namespace {

/// Name and type of each column, nested ones included.
void Describe(const ArrowSchema& schema, std::string& out) {
  out += std::string(schema.name == nullptr ? "" : schema.name) + ":" + schema.format;
  if (schema.n_children == 0) return;
  out += "(";
  for (int64_t i = 0; i < schema.n_children; ++i) {
    if (i > 0) out += ",";
    Describe(*schema.children[i], out);
  }
  out += ")";
}

/// Which column of `schema` differs from the first file's, for the message.
std::string DifferenceOf(const std::vector<std::string>& expected,
                         const std::vector<std::string>& got) {
  for (size_t i = 0; i < expected.size() && i < got.size(); ++i) {
    if (expected[i] != got[i])
      return "column " + got[i] + " where the first file has " + expected[i];
  }
  return std::to_string(got.size()) + " columns where the first file has " +
         std::to_string(expected.size());
}

class Chain {
 public:
  Chain(std::vector<std::string> paths, std::string format)
      : paths_(std::move(paths)), format_(std::move(format)) {
    Open();
    columns_ = Columns();
  }

  int GetSchema(ArrowSchema* out) {
    return Guarded([&] { current_.GetSchema(out); });
  }
  int GetNext(ArrowArray* out) {
    return Guarded([&] {
      while (!current_.Next(out)) {
        if (next_ == paths_.size()) return;
        Open();
        const std::vector<std::string> columns = Columns();
        if (columns != columns_) {
          throw Error(DELTAIC_ERROR_SCHEMA_MISMATCH,
                      paths_[next_ - 1] + ": " + DifferenceOf(columns_, columns));
        }
      }
    });
  }
  const char* last_error() const { return last_error_.c_str(); }

 private:
  void Open() {
    Options options;
    if (!format_.empty()) options.Set("format", format_);
    current_ = ReadFile(paths_[next_++], options);
  }
  std::vector<std::string> Columns() {
    ArrowSchema schema{};
    current_.GetSchema(&schema);
    std::vector<std::string> out;
    for (int64_t i = 0; i < schema.n_children; ++i)
      Describe(*schema.children[i], out.emplace_back());
    schema.release(&schema);
    return out;
  }
  template <typename Body>
  int Guarded(Body&& body) {
    try {
      body();
      return 0;
    } catch (const std::exception& error) {
      last_error_ = error.what();
      return EIO;
    }
  }

  std::vector<std::string> paths_;
  std::string format_;
  size_t next_ = 0;
  Stream current_;
  std::vector<std::string> columns_;
  std::string last_error_;
};

Chain* Self(ArrowArrayStream* stream) { return static_cast<Chain*>(stream->private_data); }

}  // namespace

Stream ChainFiles(std::vector<std::string> paths, const std::string& format) {
  auto chain = std::make_unique<Chain>(std::move(paths), format);
  ArrowArrayStream stream{};
  stream.get_schema = [](ArrowArrayStream* self, ArrowSchema* out) {
    return Self(self)->GetSchema(out);
  };
  stream.get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    return Self(self)->GetNext(out);
  };
  stream.get_last_error = [](ArrowArrayStream* self) { return Self(self)->last_error(); };
  stream.release = [](ArrowArrayStream* self) {
    delete Self(self);
    self->release = nullptr;
  };
  stream.private_data = chain.release();
  return Stream(stream);
}

}  // namespace deltaic::cli

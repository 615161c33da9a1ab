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

/// To the user an input is data that does not fit, not a damaged table.
Error AsInputError(const Error& error) {
  const bool content = error.code() == DELTAIC_ERROR_CORRUPTION;
  return Error(content ? DELTAIC_ERROR_SCHEMA_MISMATCH : error.code(), error.what());
}

Options ReadOptions(const std::string& format, const std::string& schema) {
  Options options;
  if (!format.empty()) options.Set("format", format);
  if (!schema.empty()) options.Set("schema", schema);
  return options;
}

}  // namespace

class Chain {
 public:
  Chain(Inputs inputs, std::shared_ptr<InputChain::State> state)
      : inputs_(std::move(inputs)), state_(std::move(state)) {
    Open();
    columns_ = Columns();
  }

  int GetSchema(ArrowSchema* out) {
    return Guarded([&] { current_.GetSchema(out); });
  }
  int GetNext(ArrowArray* out) {
    return Guarded([&] {
      while (!current_.Next(out)) {
        if (next_ == inputs_.paths.size()) return;
        Open();
        const std::vector<std::string> columns = Columns();
        if (columns != columns_) {
          throw Error(DELTAIC_ERROR_SCHEMA_MISMATCH,
                      inputs_.paths[next_ - 1] + ": " + DifferenceOf(columns_, columns));
        }
      }
    });
  }
  const char* last_error() const { return last_error_.c_str(); }

 private:
  void Open() { current_ = OpenInput(inputs_.paths[next_++], inputs_.format, inputs_.schema); }
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
    } catch (const Error& error) {
      state_->error = AsInputError(error);
      last_error_ = error.what();
      return EIO;
    } catch (const std::exception& error) {
      last_error_ = error.what();
      return EIO;
    }
  }

  Inputs inputs_;
  std::shared_ptr<InputChain::State> state_;
  size_t next_ = 0;
  Stream current_;
  std::vector<std::string> columns_;
  std::string last_error_;
};

namespace {

Chain* Self(ArrowArrayStream* stream) { return static_cast<Chain*>(stream->private_data); }

}  // namespace

InputChain::InputChain(Inputs inputs) {
  auto chain = std::make_unique<Chain>(std::move(inputs), state_);
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
  rows_ = Stream(stream);
}

Stream InputChain::TakeRows() { return std::move(rows_); }

Stream OpenInput(const std::string& path, const std::string& format, const std::string& schema) {
  try {
    return ReadFile(path, ReadOptions(format, schema));
  } catch (const Error& error) {
    if (error.code() != DELTAIC_ERROR_INVALID_ARGUMENT || !format.empty())
      throw AsInputError(error);
    // Whatever the name says, --input-format would.
    throw Error(error.code(),
                std::string(error.what()) + (schema.empty() ? "; --input-format names it" : ""));
  }
}

int64_t CountInputs(const Inputs& inputs) {
  int64_t rows = 0;
  for (const std::string& path : inputs.paths) {
    const int64_t here = CountFile(path, ReadOptions(inputs.format, ""));
    if (here < 0) return 0;
    rows += here;
  }
  return rows;
}

}  // namespace deltaic::cli

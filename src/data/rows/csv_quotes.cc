#include "data/rows/csv_quotes.h"

#include <arrow/buffer.h>
#include <arrow/result.h>

#include <utility>

namespace deltaic {
namespace {

class QuoteCheckedStream : public arrow::io::InputStream {
 public:
  explicit QuoteCheckedStream(std::shared_ptr<arrow::io::InputStream> input)
      : input_(std::move(input)) {}

  arrow::Status Close() override { return input_->Close(); }
  bool closed() const override { return input_->closed(); }
  arrow::Result<int64_t> Tell() const override { return input_->Tell(); }
  arrow::Result<int64_t> Read(int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t read, input_->Read(size, out));
    ARROW_RETURN_NOT_OK(Follow({static_cast<const char*>(out), static_cast<size_t>(read)}));
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto part, input_->Read(size));
    ARROW_RETURN_NOT_OK(Follow(std::string_view(*part)));
    return part;
  }

 private:
  arrow::Status Follow(std::string_view part) {
    quotes_.Read(part);
    const bool ends_open = part.empty() && quotes_.open();
    return ends_open ? arrow::Status::Invalid("a quote is never closed") : arrow::Status::OK();
  }

  std::shared_ptr<arrow::io::InputStream> input_;
  CsvQuotes quotes_;
};

}  // namespace

void CsvQuotes::Read(std::string_view part) {
  size_t from = 0;
  for (size_t at = part.find('"'); at != std::string_view::npos; at = part.find('"', from)) {
    const char before = at == 0 ? last_ : part[at - 1];
    const bool second_of_two = just_closed_ && at == from;
    const bool begins = before == ',' || before == '\n' || before == '\r';
    just_closed_ = false;
    if (open_) {
      open_ = false;
      just_closed_ = true;
    } else if (second_of_two || begins) {
      open_ = true;
    }
    from = at + 1;
  }
  if (part.empty()) return;
  just_closed_ = just_closed_ && part.back() == '"';
  last_ = part.back();
}

std::shared_ptr<arrow::io::InputStream> WithQuotesClosed(
    std::shared_ptr<arrow::io::InputStream> input) {
  return std::make_shared<QuoteCheckedStream>(std::move(input));
}

}  // namespace deltaic

// Footers of Parquet files from which columns are taken: where Arrow reads the whole one, it reads
// what is left, which tells the same of rows and row groups. The first byte chooses columns.

#include <parquet/exception.h>
#include <parquet/metadata.h>

#include <memory>

#include "data/parquet/narrow_footer.h"
#include "fuzz.h"

using namespace deltaic;

namespace {

std::shared_ptr<parquet::FileMetaData> Read(std::string_view footer) {
  try {
    return parquet::FileMetaData::Make(footer.data(), static_cast<int64_t>(footer.size()));
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int modulus = 2 + data[0] % 32;
  int at = 0;
  const auto wants = [&](std::string_view, std::optional<int32_t>) { return at++ % modulus == 0; };
  const auto narrowed = NarrowFooter({data + 1, size - 1}, wants);
  if (!narrowed) return 0;
  FUZZ_CHECK(narrowed->size() < size);
  const auto whole = Read(fuzz::AsText(data + 1, size - 1));
  if (whole == nullptr) return 0;
  const auto left = Read(*narrowed);
  FUZZ_CHECK(left != nullptr);
  FUZZ_CHECK(left->num_rows() == whole->num_rows());
  FUZZ_CHECK(left->num_row_groups() == whole->num_row_groups());
  FUZZ_CHECK(left->num_columns() <= whole->num_columns());
  return 0;
}

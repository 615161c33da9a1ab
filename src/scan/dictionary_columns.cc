#include "scan/dictionary_columns.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "data/read/parquet_data_file.h"
#include "data/read/string_cardinality.h"

namespace deltaic {
namespace {

/// Looking at sizes costs no reads, and the first file alone may be a small append.
constexpr size_t kFilesToLookAt = 64;

/// Files already listed, then the others.
class ListedAheadFiles : public FileSource {
 public:
  ListedAheadFiles(std::deque<ScanFile> first, std::unique_ptr<FileSource> others)
      : first_(std::move(first)), others_(std::move(others)) {}

  Result<std::optional<ScanFile>> Next() override {
    if (first_.empty()) return others_->Next();
    std::optional<ScanFile> file = std::move(first_.front());
    first_.pop_front();
    return file;
  }
  bool may_have_more() const override { return !first_.empty() || others_->may_have_more(); }
  FileListMetrics metrics() const override { return others_->metrics(); }

 private:
  std::deque<ScanFile> first_;
  std::unique_ptr<FileSource> others_;
};

/// Those of one file, which stays open for when its turn comes.
Result<std::vector<std::string>> ColumnsByFile(const ObjectStore& store, const DataReadSpec& spec,
                                               ScanFile& file) {
  DELTAIC_ASSIGN_OR_RETURN(file.input, ParquetDataFile::OpenInput(store, file.file));
  auto names = LowCardinalityStrings(spec, *file.input);
  return names.ok() ? std::move(names)
                    : names.status().WithContext(Concat("data file ", file.file.path));
}

}  // namespace

Result<std::vector<std::string>> ChooseDictionaryColumns(const ObjectStore& store,
                                                         const DataReadSpec& spec,
                                                         std::unique_ptr<FileSource>* files) {
  std::deque<ScanFile> first;
  while (first.size() < kFilesToLookAt && (*files)->may_have_more()) {
    DELTAIC_ASSIGN_OR_RETURN(std::optional<ScanFile> file, (*files)->Next());
    if (!file) break;
    first.push_back(*std::move(file));
  }
  std::vector<std::string> names;
  const auto largest = std::max_element(
      first.begin(), first.end(),
      [](const ScanFile& a, const ScanFile& b) { return a.file.size_bytes < b.file.size_bytes; });
  if (largest != first.end()) {
    DELTAIC_ASSIGN_OR_RETURN(names, ColumnsByFile(store, spec, *largest));
  }
  for (const std::string& name : spec.columns) {
    const StructField* field = spec.table_schema->FindField(name);
    if (field != nullptr && field->type->id() == TypeId::kString &&
        std::ranges::find(spec.partition_columns, name) != spec.partition_columns.end()) {
      names.push_back(name);
    }
  }
  *files = std::make_unique<ListedAheadFiles>(std::move(first), std::move(*files));
  return names;
}

}  // namespace deltaic

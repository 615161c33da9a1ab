#include "scan/dictionary_choice.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "data/read_plan.h"
#include "data/string_cardinality.h"

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

bool IsStringPartition(const PlannedColumn& column) {
  return column.is_partition && column.field.type->id() == TypeId::kString;
}

}  // namespace

Result<std::vector<std::string>> ChooseDictionaryColumns(
    const std::shared_ptr<ObjectStore>& store, const std::shared_ptr<const DataReadSpec>& spec,
    std::unique_ptr<FileSource>* files) {
  DELTAIC_ASSIGN_OR_RETURN(const auto plan, ReadPlan::Make(spec));
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
    DELTAIC_ASSIGN_OR_RETURN(names, LowCardinalityStrings(store, plan, largest->file));
  }
  for (const PlannedColumn& column : plan->columns) {
    if (column.in_output && IsStringPartition(column)) names.push_back(column.field.name);
  }
  *files = std::make_unique<ListedAheadFiles>(std::move(first), std::move(*files));
  return names;
}

}  // namespace deltaic

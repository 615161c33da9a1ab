// Checkpoint Parquet files: however the columns are asked for, they say the same, and what was read
// is written so that it reads the same again.

#include <arrow/record_batch.h>

#include <limits>

#include "data/checkpoint/checkpoint_files.h"
#include "data/checkpoint/checkpoint_reader.h"
#include "data/checkpoint/checkpoint_writer.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "fuzz.h"
#include "storage/arrow_status.h"
#include "storage/memory_store.h"

using namespace deltaic;

namespace {

/// A small file may claim any number of rows; this many are enough to see.
constexpr int64_t kMaxRows = 20'000;
constexpr int kMaxRowGroups = 4;

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

struct Content {
  CheckpointState state;
  Batches adds;
  Batches removes;
};

int64_t CountRows(const Batches& batches) {
  int64_t rows = 0;
  for (const auto& batch : batches) rows += batch->num_rows();
  return rows;
}

Result<Batches> ReadAll(CheckpointFiles& files) {
  Batches batches;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, files.Next());
    if (batch == nullptr) return batches;
    FUZZ_CHECK_OK(batch->ValidateFull());
    batches.push_back(std::move(batch));
  }
}

/// With `dataChange` false, as every checkpoint has it.
std::vector<Add> AddsOf(const Batches& batches) {
  std::vector<Add> adds;
  for (const auto& batch : batches) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) adds.push_back(AddFromBatch(*batch, row));
  }
  for (Add& add : adds) add.data_change = false;
  return adds;
}

Result<Batches> ReadAdds(const std::shared_ptr<const CheckpointFile>& file,
                         const RowGroupPart& part, const FileColumns& columns) {
  DELTAIC_ASSIGN_OR_RETURN(auto files, ReadCheckpointAdds(file, part, columns, {}, nullptr));
  return ReadAll(*files);
}

std::shared_ptr<const FilePruner> MakePruner() {
  const SchemaPtr schema = DataType::Struct(
      {{"a", DataType::Primitive(TypeId::kLong)}, {"s", DataType::Primitive(TypeId::kString)}});
  const auto predicate = BindPredicate(*ParsePredicate("a > 1 AND s < 'q'"), *schema);
  FUZZ_CHECK_OK(predicate);
  return std::make_shared<const FilePruner>(*predicate, *schema, std::vector<std::string>(), false);
}

/// A pruner, for which fewer statistics are made, keeps what it would keep by those listed.
Status CheckPruning(const std::shared_ptr<const CheckpointFile>& file, const RowGroupPart& part,
                    const std::vector<Add>& all) {
  static const std::shared_ptr<const FilePruner> pruner = MakePruner();
  DELTAIC_ASSIGN_OR_RETURN(auto files, ReadCheckpointAdds(file, part, {}, {}, pruner));
  DELTAIC_ASSIGN_OR_RETURN(const Batches kept, ReadAll(*files));
  PruningSession session(*pruner);
  const int64_t partition = session.Partition({});
  std::vector<Add> expected = all;
  std::erase_if(expected, [&](const Add& add) {
    return !session.MayMatchFile(partition, add.stats.value_or(""));
  });
  FUZZ_CHECK(AddsOf(kept) == expected);
  return Status::Ok();
}

/// Adds of a row group: all columns, paths alone, and from the middle on, where readers seek.
Status AppendAdds(const std::shared_ptr<const CheckpointFile>& file, const RowGroupPart& part,
                  Batches& out) {
  DELTAIC_ASSIGN_OR_RETURN(Batches all, ReadAdds(file, part, FileColumns{}));
  DELTAIC_ASSIGN_OR_RETURN(Batches paths, ReadAdds(file, part, FileColumns::PathOnly()));
  FUZZ_CHECK(CountRows(paths) == CountRows(all));
  const int64_t middle = (part.begin + part.end) / 2;
  DELTAIC_ASSIGN_OR_RETURN(Batches halves,
                           ReadAdds(file, {part.row_group, part.begin, middle}, FileColumns{}));
  DELTAIC_ASSIGN_OR_RETURN(Batches second,
                           ReadAdds(file, {part.row_group, middle, part.end}, FileColumns{}));
  halves.insert(halves.end(), second.begin(), second.end());
  const std::vector<Add> adds = AddsOf(all);
  FUZZ_CHECK(AddsOf(halves) == adds);
  DELTAIC_RETURN_IF_ERROR(CheckPruning(file, part, adds));
  out.insert(out.end(), all.begin(), all.end());
  return Status::Ok();
}

Status AppendRemoves(const std::shared_ptr<const CheckpointFile>& file, const RowGroupPart& part,
                     Batches& out) {
  constexpr int64_t kBeginning = std::numeric_limits<int64_t>::min();
  DELTAIC_ASSIGN_OR_RETURN(auto files, ReadCheckpointRemoves(file, part, {}, kBeginning));
  DELTAIC_ASSIGN_OR_RETURN(Batches all, ReadAll(*files));
  out.insert(out.end(), all.begin(), all.end());
  return Status::Ok();
}

/// nullopt where the file is too large to be worth the time.
Result<std::optional<Content>> ReadContent(const LogStore& log, const std::string& name,
                                           bool local) {
  DELTAIC_ASSIGN_OR_RETURN(const auto file, CheckpointFile::Open(log, name, std::nullopt, local));
  if (file->num_row_groups() > kMaxRowGroups) return std::optional<Content>();
  for (int group = 0; group < file->num_row_groups(); ++group) {
    if (file->num_rows(group) > kMaxRows) return std::optional<Content>();
  }
  Content content;
  const StateColumns all{true, true, true, true, true};
  DELTAIC_RETURN_IF_ERROR(ReadCheckpointState(*file, all, content.state));
  CheckpointState head;
  DELTAIC_RETURN_IF_ERROR(ReadCheckpointState(*file, {.protocol = true, .metadata = true}, head));
  FUZZ_CHECK(head.protocol == content.state.protocol);
  FUZZ_CHECK(head.metadata == content.state.metadata);
  for (const RowGroupPart& part : SplitRowGroups(*file, 1)) {
    DELTAIC_RETURN_IF_ERROR(AppendAdds(file, part, content.adds));
    DELTAIC_RETURN_IF_ERROR(AppendRemoves(file, part, content.removes));
  }
  return std::optional<Content>(std::move(content));
}

Status WriteContent(LogStore& log, const std::string& name, const Content& content) {
  DELTAIC_ASSIGN_OR_RETURN(auto out, log.Create(name));
  DELTAIC_ASSIGN_OR_RETURN(auto writer, CheckpointWriter::Make(std::move(out), {}));
  DELTAIC_RETURN_IF_ERROR(writer->WriteState(*content.state.protocol, *content.state.metadata,
                                             content.state.txns, content.state.domains));
  for (const auto& batch : content.adds) DELTAIC_RETURN_IF_ERROR(writer->WriteAdds(batch));
  for (const auto& batch : content.removes) DELTAIC_RETURN_IF_ERROR(writer->WriteRemoves(batch));
  return writer->Finish().status();
}

void CheckSame(const Content& a, const Content& b) {
  FUZZ_CHECK(a.state.protocol == b.state.protocol);
  FUZZ_CHECK(a.state.metadata == b.state.metadata);
  FUZZ_CHECK(a.state.txns == b.state.txns);
  FUZZ_CHECK(a.state.domains == b.state.domains);
  FUZZ_CHECK(AddsOf(a.adds) == AddsOf(b.adds));
  FUZZ_CHECK(CountRows(a.removes) == CountRows(b.removes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<LogStore> log = MakeLogStore(MakeMemoryStore());
  const std::string name = "00000000000000000001.checkpoint.parquet";
  const std::string rewritten = "00000000000000000002.checkpoint.parquet";
  FUZZ_CHECK_OK(log->Put(name, fuzz::AsText(data, size)));
  const auto content = ReadContent(*log, name, false);
  if (!content.ok()) {
    FUZZ_CHECK(content.status().code() == StatusCode::kCorruption);
    return 0;
  }
  if (!content->has_value()) return 0;
  const auto from_local = ReadContent(*log, name, true);
  if (from_local.ok()) CheckSame(**content, **from_local);
  if (!(*content)->state.protocol || !(*content)->state.metadata) return 0;
  FUZZ_CHECK_OK(log->Delete(rewritten));
  FUZZ_CHECK_OK(WriteContent(*log, rewritten, **content));
  const auto again = ReadContent(*log, rewritten, true);
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(again->has_value());
  CheckSame(**content, **again);
  return 0;
}

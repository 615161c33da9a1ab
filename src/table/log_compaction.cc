#include "table/log_compaction.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"

namespace deltaic {
namespace {

/// The last word on each thing that commits speak of.
class Reconciled {
 public:
  void Take(Action action) {
    if (auto* protocol = std::get_if<Protocol>(&action)) {
      protocol_ = std::move(*protocol);
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      metadata_ = std::move(*metadata);
    } else if (auto* txn = std::get_if<Txn>(&action)) {
      txns_[txn->app_id] = std::move(*txn);
    } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
      domains_[domain->domain] = std::move(*domain);
    } else if (const auto* add = std::get_if<Add>(&action)) {
      files_.insert_or_assign(KeyOf(*add), std::move(action));
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      files_.insert_or_assign(KeyOf(*remove), std::move(action));
    }
    // commitInfo and cdc are of one commit alone.
  }

  /// As lines. \param count  gets their number.
  std::string Format(int64_t& count) const {
    std::string out;
    const auto line = [&](const Action& action) {
      out += FormatAction(action);
      out += '\n';
      ++count;
    };
    if (protocol_) line(*protocol_);
    if (metadata_) line(*metadata_);
    for (const auto& [app_id, txn] : txns_) line(txn);
    for (const auto& [name, domain] : domains_) line(domain);
    for (const auto& [key, file] : files_) line(file);
    return out;
  }

 private:
  using Key = std::pair<std::string, std::string>;
  template <typename File>
  static Key KeyOf(const File& file) {
    return {file.path, file.deletion_vector ? file.deletion_vector->UniqueId() : std::string()};
  }

  std::optional<Protocol> protocol_;
  std::optional<Metadata> metadata_;
  std::map<std::string, Txn> txns_;
  std::map<std::string, DomainMetadata> domains_;
  std::map<Key, Action> files_;
};

}  // namespace

Result<LogCompactionResult> CompactLog(const Table& table, Version first, Version last,
                                       const CancellationToken& cancel) {
  if (first.value < 0 || last <= first) {
    return Status::InvalidArgument("a log compaction is of two commits at least, not of versions ",
                                   first.value, " to ", last.value);
  }
  Reconciled reconciled;
  for (Version version = first; version <= last; version = version.Next()) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    const std::string name = CommitFileName(version);
    const Result<std::string> text = table.log()->Read(name);
    if (text.status().code() == StatusCode::kNotFound) {
      return Status::NotFound("version ", version.value, " is not in the log of ", table.uri());
    }
    DELTAIC_RETURN_IF_ERROR(text.status());
    DELTAIC_ASSIGN_OR_RETURN(std::vector<Action> actions, ParseActions(*text, name));
    for (Action& action : actions) reconciled.Take(std::move(action));
  }
  LogCompactionResult result;
  const std::string text = reconciled.Format(result.num_actions);
  result.num_bytes = static_cast<int64_t>(text.size());
  const std::string name =
      Concat(VersionPrefix(first), '.', VersionPrefix(last), ".compacted.json");
  // Whether an answer got lost does not matter: all who compact these commits write the same.
  const Result<PutOutcome> put = table.log()->PutIfAbsent(name, text);
  if (put.status().code() == StatusCode::kCommitUnknown) {
    DELTAIC_RETURN_IF_ERROR(table.log()->Stat(name).status());
    return result;
  }
  DELTAIC_RETURN_IF_ERROR(put.status());
  result.was_there = *put == PutOutcome::kAlreadyExists;
  return result;
}

}  // namespace deltaic

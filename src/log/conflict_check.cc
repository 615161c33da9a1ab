#include "log/conflict_check.h"

#include <unordered_set>
#include <utility>

#include "expr/skipping.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

/// Row tracking's high-water mark: every commit writes it, and the loser assigns its row ids anew.
constexpr std::string_view kRowTrackingDomain = "delta.rowTracking";

/// The winner's actions by kind, and what they say about it.
struct Winner {
  std::vector<const Add*> adds;
  std::vector<const Remove*> removes;
  std::vector<const Txn*> txns;
  std::vector<const DomainMetadata*> domains;
  bool has_metadata = false;
  bool has_protocol = false;
  bool blind_append = false;
  std::string operation = "unknown operation";
};

Winner Sort(const std::vector<Action>& actions) {
  Winner winner;
  for (const Action& action : actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      winner.adds.push_back(add);
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      winner.removes.push_back(remove);
    } else if (const auto* txn = std::get_if<Txn>(&action)) {
      winner.txns.push_back(txn);
    } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      winner.domains.push_back(domain);
    } else if (std::holds_alternative<Metadata>(action)) {
      winner.has_metadata = true;
    } else if (std::holds_alternative<Protocol>(action)) {
      winner.has_protocol = true;
    } else if (const auto* info = std::get_if<CommitInfo>(&action)) {
      winner.blind_append = info->is_blind_append.value_or(false);
      if (info->operation) winner.operation = *info->operation;
    }
  }
  // A commit that calls itself a blind append but removes files is not believed.
  if (!winner.removes.empty()) winner.blind_append = false;
  return winner;
}

/// True if the winner left every row of the table as it was. A path that is both removed and added
/// has a new deletion vector, which takes rows away whatever dataChange says.
bool OnlyRearranges(const Winner& winner) {
  std::unordered_set<std::string_view> removed;
  for (const Remove* remove : winner.removes) {
    if (remove->data_change) return false;
    removed.insert(remove->path);
  }
  for (const Add* add : winner.adds) {
    if (add->data_change || removed.contains(add->path)) return false;
  }
  return true;
}

/// The entry for `field`: by physical name under column mapping, which not every writer sticks to.
const std::optional<std::string>* FindPartitionText(const Add& add, const StructField& field) {
  for (const std::string& key : {field.physical_name(), field.name}) {
    for (const auto& [name, text] : add.partition_values) {
      if (name == key) return &text;
    }
  }
  return nullptr;
}

/// All that is known of a partition column in `add`.
ColumnRange RangeOf(const Add& add, const Schema& schema, const std::string& column) {
  const StructField* field = schema.FindField(column);
  const auto* text = field == nullptr ? nullptr : FindPartitionText(add, *field);
  if (text == nullptr) return ColumnRange{};
  const Result<Value> value = ParsePartitionValue(*text, *field->type);
  if (!value.ok()) return ColumnRange{};
  return ColumnRange{.min = *value,
                     .max = *value,
                     .may_have_nulls = IsNull(*value),
                     .may_have_values = !IsNull(*value)};
}

/// True if a row of `add` may be one that my predicates ask for, as far as its partition values
/// tell.
bool MayHaveBeenRead(const TransactionReads& mine, const Add& add, const Schema* schema,
                     const std::vector<std::string>& partition_columns) {
  if (mine.read_whole_table) return true;
  const RangeLookup ranges = [&](const std::vector<std::string>& path) {
    if (path.size() != 1) return ColumnRange{};
    for (const std::string& column : partition_columns) {
      if (column == path.front()) return RangeOf(add, *schema, column);
    }
    return ColumnRange{};
  };
  for (const ExprPtr& predicate : mine.read_predicates) {
    if (predicate == nullptr || schema == nullptr || MayMatch(*predicate, ranges)) return true;
  }
  return false;
}

std::optional<std::string> StateConflict(const TransactionReads& mine, const Winner& winner) {
  if (winner.has_protocol) return "it changed the table's protocol";
  if (winner.has_metadata) return "it changed the table's metadata";
  for (const Txn* txn : winner.txns) {
    if (mine.app_ids.contains(txn->app_id)) {
      return Concat("it committed version ", txn->version, " of application '", txn->app_id,
                    "', to which this transaction belongs too");
    }
  }
  for (const DomainMetadata* domain : winner.domains) {
    if (domain->domain != kRowTrackingDomain && mine.domains.contains(domain->domain)) {
      return Concat("it changed the metadata domain '", domain->domain,
                    "', as this transaction does");
    }
  }
  return std::nullopt;
}

std::optional<std::string> AddConflict(const TransactionReads& mine, const Winner& winner,
                                       const Schema* schema,
                                       const std::vector<std::string>& partition_columns) {
  // Under WriteSerializable an append that read nothing may as well have come after this
  // transaction, unless new metadata would then judge its rows.
  const bool reorderable = mine.isolation == IsolationLevel::kWriteSerializable &&
                           winner.blind_append && !mine.changes_metadata;
  if (!mine.data_change || reorderable) return std::nullopt;
  for (const Add* add : winner.adds) {
    if (MayHaveBeenRead(mine, *add, schema, partition_columns)) {
      return Concat("it added ", add->path, ", which this transaction should have read");
    }
  }
  return std::nullopt;
}

std::optional<std::string> RemoveConflict(const TransactionReads& mine, const Winner& winner) {
  for (const Remove* remove : winner.removes) {
    if (mine.read_files.contains(remove->path) || mine.read_whole_table) {
      return Concat("it removed ", remove->path, ", which this transaction read");
    }
  }
  return std::nullopt;
}

std::optional<std::string> DoubleRemove(const TransactionReads& mine, const Winner& winner) {
  for (const Remove* remove : winner.removes) {
    if (mine.removed_files.contains(remove->path)) {
      return Concat("it removed ", remove->path, ", which this transaction removes too");
    }
  }
  return std::nullopt;
}

std::optional<std::string> Reason(const TransactionReads& mine, const Winner& winner,
                                  const Schema* schema,
                                  const std::vector<std::string>& partition_columns) {
  if (auto reason = StateConflict(mine, winner)) return reason;
  if (mine.blind_append) return std::nullopt;
  if (auto reason = DoubleRemove(mine, winner)) return reason;
  if (OnlyRearranges(winner)) return std::nullopt;
  if (auto reason = RemoveConflict(mine, winner)) return reason;
  return AddConflict(mine, winner, schema, partition_columns);
}

}  // namespace

std::optional<Conflict> CheckConflict(const TransactionReads& mine, const WinningCommit& winner,
                                      const Schema* schema,
                                      const std::vector<std::string>& partition_columns) {
  Winner sorted = Sort(winner.actions);
  std::optional<std::string> reason = Reason(mine, sorted, schema, partition_columns);
  if (!reason) return std::nullopt;
  return Conflict{winner.version, std::move(sorted.operation), *std::move(reason)};
}

}  // namespace deltaic

#include "log/winning_commit.h"

#include <variant>

namespace deltaic {

SortedWinner SortWinner(const WinningCommit& winner) {
  SortedWinner out;
  out.version = winner.version;
  for (const Action& action : winner.actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      out.adds.push_back(add);
      out.add_of.emplace(add->path, add);
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      out.removes.push_back(remove);
      out.remove_of.emplace(remove->path, remove);
    } else if (const auto* txn = std::get_if<Txn>(&action)) {
      out.txns.push_back(txn);
    } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      out.domains.push_back(domain);
    } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
      out.metadata = metadata;
    } else if (const auto* protocol = std::get_if<Protocol>(&action)) {
      out.protocol = protocol;
    } else if (const auto* info = std::get_if<CommitInfo>(&action); info && !out.info) {
      out.info = info;
      out.blind_append = info->is_blind_append.value_or(false);
      if (info->operation) out.operation = *info->operation;
    }
  }
  // A commit that calls itself a blind append but removes files is not believed.
  if (!out.removes.empty()) out.blind_append = false;
  return out;
}

}  // namespace deltaic

#include "log/staged_removes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "log/file_key_hash.h"
#include "protocol/actions_json.h"

namespace deltaic {
namespace {

std::array<uint64_t, 2> DigestOf(std::string_view path) {
  const std::string_view canonical = CanonicalPath(path);
  return {HashBytes(canonical, kHashSeed0), HashBytes(canonical, kHashSeed1)};
}

}  // namespace

void StagedRemoves::Add(const Remove& remove) {
  entries_.push_back({DigestOf(remove.path), lines_.size()});
  lines_ += FormatAction(remove);
  lines_ += '\n';
  changes_data_ |= remove.data_change;
}

std::optional<std::string> StagedRemoves::Seal() {
  std::ranges::sort(entries_, {}, &Entry::digest);
  const auto twice = std::ranges::adjacent_find(entries_, {}, &Entry::digest);
  if (twice == entries_.end()) return std::nullopt;
  return Parse(*twice).path;
}

const StagedRemoves::Entry* StagedRemoves::FindEntry(std::string_view path) const {
  const std::array<uint64_t, 2> digest = DigestOf(path);
  const auto found = std::ranges::lower_bound(entries_, digest, {}, &Entry::digest);
  return found != entries_.end() && found->digest == digest ? &*found : nullptr;
}

bool StagedRemoves::Contains(std::string_view path) const { return FindEntry(path) != nullptr; }

std::optional<Remove> StagedRemoves::Find(std::string_view path) const {
  const Entry* entry = FindEntry(path);
  return entry == nullptr ? std::nullopt : std::optional(Parse(*entry));
}

Remove StagedRemoves::Parse(const Entry& entry) const {
  const auto replaced = replaced_.find(entry.line);
  const std::string_view line =
      replaced != replaced_.end()
          ? std::string_view(replaced->second)
          : std::string_view(lines_).substr(entry.line, lines_.find('\n', entry.line) - entry.line);
  Remove out;
  // Our own line: it cannot be broken.
  (void)ParseCommit(line, "staged remove", ActionFilter(), [&](Action&& action) {
    if (auto* remove = std::get_if<Remove>(&action)) out = std::move(*remove);
    return Status();
  });
  return out;
}

void StagedRemoves::Replace(const Remove& remove) {
  const Entry* entry = FindEntry(remove.path);
  if (entry != nullptr) replaced_.insert_or_assign(entry->line, FormatAction(remove));
}

void StagedRemoves::AppendTo(std::string& out) const {
  out.reserve(out.size() + lines_.size());
  size_t done = 0;
  for (const auto& [begin, line] : replaced_) {
    out.append(lines_, done, begin - done);
    out += line;
    done = lines_.find('\n', begin);
  }
  out.append(lines_, done);
}

}  // namespace deltaic

#include "data/checkpoint/struct_stats.h"

#include <arrow/api.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <algorithm>
#include <utility>

#include "data/actions/file_actions.h"
#include "protocol/json.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using parquet::schema::GroupNode;
using parquet::schema::Node;

/// Deeper statistics are passed over.
constexpr size_t kMaxDepth = 100;

/// Texts held at once: there are some for each row and leaf.
constexpr int64_t kMaxTexts = 256 * 1024;

const GroupNode* FindGroup(const GroupNode& parent, const std::string& name) {
  const int index = parent.FieldIndex(name);
  if (index < 0 || !parent.field(index)->is_group()) return nullptr;
  return static_cast<const GroupNode*>(parent.field(index).get());
}

/// A struct, rather than a list, a map or what else groups stand for.
bool IsStruct(const Node& node) {
  return node.is_group() && !node.is_repeated() &&
         (node.logical_type() == nullptr || node.logical_type()->is_none());
}

/// A date or a time, which files of old Spark count by another calendar.
bool CountsDays(const parquet::ColumnDescriptor& column) {
  const auto& type = column.logical_type();
  return column.physical_type() == parquet::Type::INT96 ||
         (type != nullptr && (type->is_date() || type->is_timestamp()));
}

/// The first `count` of `rows`, which are taken away from them.
RowRanges TakeRows(RowRanges& rows, int64_t count) {
  RowRanges taken;
  size_t done = 0;
  for (; done < rows.size() && count > 0; ++done) {
    RowRange& range = rows[done];
    const int64_t end = std::min(range.end, range.begin + count);
    count -= end - range.begin;
    taken.push_back({range.begin, end});
    if (end == range.end) continue;
    range.begin = end;
    break;
  }
  rows.erase(rows.begin(), rows.begin() + static_cast<RowRanges::difference_type>(done));
  return taken;
}

/// Those of `rows` whose text is null.
RowRanges RowsWithoutText(const arrow::Array& texts, const RowRanges& rows) {
  if (texts.null_count() == texts.length()) return rows;
  RowRanges out;
  int64_t i = 0;
  for (const RowRange& range : rows) {
    for (int64_t row = range.begin; row < range.end; ++row) {
      if (texts.IsNull(i++)) AppendRow(out, row);
    }
  }
  return out;
}

}  // namespace

/// Finds the leaves that are worth reading, and opens them.
struct StructStats::Finder {
  CheckpointColumns& columns;
  const std::optional<Columns>& wanted;
  RowGroupPlace source;
  const parquet::SchemaDescriptor& schema;
  bool gregorian;  ///< bounds that are days say what they seem to say
  int64_t num_leaves = 0;

  /// True for a column that is wanted, and a struct above one.
  bool IsWanted(const std::vector<std::string>& path) const {
    return !wanted || std::ranges::any_of(*wanted, [&](const auto& column) {
      return column.size() >= path.size() && std::equal(path.begin(), path.end(), column.begin());
    });
  }

  std::unique_ptr<StatsLeafTexts> Leaf(const Node& node, StatsRole role) {
    const int index = schema.ColumnIndex(node);
    if (index < 0 || schema.Column(index)->max_repetition_level() > 0) return nullptr;
    const ParquetLeaf leaf{index, schema.Column(index)->physical_type(),
                           schema.Column(index)->max_definition_level()};
    if (!columns.HasValues(leaf)) return nullptr;
    if (!gregorian && CountsDays(*schema.Column(index))) return nullptr;
    auto texts = StatsLeafTexts::Make(source, leaf, role);
    if (texts != nullptr) ++num_leaves;
    return texts;
  }

  void AddLeaf(const GroupNode& group, const std::string& name, StatsRole role,
               std::vector<Member>& out) {
    const int index = group.FieldIndex(name);
    if (index < 0 || !group.field(index)->is_primitive()) return;
    if (auto leaf = Leaf(*group.field(index), role)) out.push_back({KeyOf(name), std::move(leaf)});
  }

  void AddColumns(const GroupNode& group, const std::string& name, StatsRole role,
                  std::vector<Member>& out) {
    const GroupNode* values = FindGroup(group, name);
    if (values == nullptr || !IsStruct(*values)) return;
    std::vector<std::string> path;
    auto members = MembersOf(*values, role, path);
    if (!members.empty()) out.push_back({KeyOf(name), nullptr, std::move(members)});
  }

  std::vector<Member> MembersOf(const GroupNode& group, StatsRole role,
                                std::vector<std::string>& path) {
    std::vector<Member> out;
    if (path.size() == kMaxDepth) return out;
    for (int i = 0; i < group.field_count(); ++i) {
      const Node& node = *group.field(i);
      path.push_back(node.name());
      Member member{KeyOf(node.name())};
      if (IsWanted(path)) {
        if (node.is_primitive()) {
          member.leaf = Leaf(node, role);
        } else if (IsStruct(node)) {
          member.members = MembersOf(static_cast<const GroupNode&>(node), role, path);
        }
      }
      path.pop_back();
      if (member.leaf != nullptr || !member.members.empty()) out.push_back(std::move(member));
    }
    return out;
  }

  static std::string KeyOf(const std::string& name) {
    std::string key;
    AppendJsonString(key, name);
    key.push_back(':');
    return key;
  }
};

Status StructStats::Open(int64_t first_row) {
  opened_ = true;
  const parquet::SchemaDescriptor& schema = columns_.file().schema();
  const GroupNode* add = FindGroup(*schema.group_node(), "add");
  const GroupNode* stats = add == nullptr ? nullptr : FindGroup(*add, "stats_parsed");
  if (stats == nullptr || !IsStruct(*stats)) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(parquet::RowGroupReader * group, columns_.Group());
  const bool gregorian = columns_.file().calendars() == FileCalendars();
  Finder finder{columns_, wanted_, {group, first_row}, schema, gregorian};
  finder.AddLeaf(*stats, "numRecords", StatsRole::kCount, members_);
  finder.AddColumns(*stats, "minValues", StatsRole::kMin, members_);
  finder.AddColumns(*stats, "maxValues", StatsRole::kMax, members_);
  finder.AddColumns(*stats, "nullCount", StatsRole::kCount, members_);
  finder.AddLeaf(*stats, "tightBounds", StatsRole::kFlag, members_);
  num_leaves_ = finder.num_leaves;
  return Status::Ok();
}

void StructStats::Read(const std::vector<Member>& members, const RowRanges& rows) {
  for (const Member& member : members) {
    if (member.leaf != nullptr) member.leaf->Read(rows);
    Read(member.members, rows);
  }
}

/// False where nothing is known of the row: `out` is as it was then.
bool StructStats::AppendObject(const std::vector<Member>& members, int64_t row, std::string& out) {
  const size_t begin = out.size();
  for (const Member& member : members) {
    const size_t before = out.size();
    out.push_back(before == begin ? '{' : ',');
    out += member.key;
    bool known = false;
    if (member.leaf != nullptr) {
      const std::string_view text = member.leaf->Text(row);
      out += text;
      known = !text.empty();
    } else {
      known = AppendObject(member.members, row, out);
    }
    if (!known) out.resize(before);
  }
  if (out.size() == begin) return false;
  out.push_back('}');
  return true;
}

Result<std::shared_ptr<arrow::Array>> StructStats::FillNulls(
    const std::shared_ptr<arrow::Array>& texts, const RowRanges& rows) {
  if (texts->null_count() == 0) return texts;
  RowRanges missing = RowsWithoutText(*texts, rows);
  if (!opened_) DELTAIC_RETURN_IF_ERROR(Open(missing.front().begin));
  if (num_leaves_ == 0) return texts;

  const auto& known = static_cast<const arrow::StringArray&>(*texts);
  arrow::StringBuilder out(FileActionsPool());
  DELTAIC_RETURN_IF_ERROR(out.Reserve(known.length()));
  const int64_t rows_at_once = std::max<int64_t>(1, kMaxTexts / num_leaves_);
  int64_t next = 0, num_read = 0;  // of the rows read last
  std::string text;
  for (int64_t i = 0; i < known.length(); ++i) {
    if (known.IsValid(i)) {
      DELTAIC_RETURN_IF_ERROR(out.Append(known.GetView(i)));
      continue;
    }
    if (next == num_read) {
      const RowRanges some = TakeRows(missing, rows_at_once);
      Read(members_, some);
      num_read = CountRows(some);
      next = 0;
    }
    text.clear();
    const bool any = AppendObject(members_, next++, text);
    DELTAIC_RETURN_IF_ERROR(any ? out.Append(text) : out.AppendNull());
  }
  std::shared_ptr<arrow::Array> filled;
  DELTAIC_RETURN_IF_ERROR(out.Finish(&filled));
  return filled;
}

}  // namespace deltaic

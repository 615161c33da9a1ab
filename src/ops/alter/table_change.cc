#include "ops/alter/table_change.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/ascii.h"
#include "expr/utf8_text.h"
#include "ops/alter/dependents.h"
#include "ops/alter/drop_feature.h"
#include "ops/clustering.h"
#include "ops/operation_parameters.h"
#include "ops/stored_expressions.h"
#include "protocol/column_path.h"
#include "protocol/json.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"

namespace deltaic {
namespace {

constexpr std::string_view kConstraintPrefix = "delta.constraints.";
constexpr int64_t kMaxNameCharacters = 255;
constexpr int64_t kMaxDescriptionCharacters = 4000;

/// A field as Spark's parameters show it.
void WriteField(JsonWriter& out, const StructField& field) {
  out.BeginObject().Key("name").String(field.name).Key("type").Raw(FormatType(*field.type));
  out.Key("nullable").Bool(field.nullable).Key("metadata").BeginObject();
  for (const auto& [key, json] : field.metadata) out.Key(key).Raw(json);
  out.EndObject().EndObject();
}

void WritePosition(JsonWriter& out, const std::optional<ColumnPosition>& position) {
  if (!position) return;
  out.Key("position")
      .String(position->first ? "first" : Concat("after ", position->after.value_or("")));
}

bool IsMapped(const TableDefinition& table) {
  return ParseTableProperties(table.metadata.configuration).column_mapping_mode !=
             ColumnMappingMode::kNone &&
         ProtocolHasFeature(table.protocol, "columnMapping");
}

std::string JoinPaths(const Schema& schema, const std::vector<PhysicalPath>& paths) {
  std::string out;
  for (const PhysicalPath& path : paths) {
    out += (out.empty() ? "" : ",") + LogicalName(schema, path);
  }
  return out;
}

/// Plans one change of each kind.
class Planner {
 public:
  Planner(const TableFacts& facts, SchemaPtr schema)
      : facts_(facts), table_(facts.definition), schema_(std::move(schema)) {
    plan_.definition = table_;
  }

  Result<PlannedChange> Plan(const TableChange& change) {
    DELTAIC_RETURN_IF_ERROR(std::visit([&](const auto& one) { return Do(one); }, change));
    return std::move(plan_);
  }

 private:
  Status Do(const AddColumns& add) {
    ColumnPath parent;
    if (!add.parent.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(parent, ParseColumnPath(add.parent));
    }
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, AddFields(schema_, parent, add.columns,
                                                               add.position, add.if_not_exists));
    JsonWriter columns;
    columns.BeginArray();
    for (const StructField& field : add.columns) {
      StructField shown = field;
      if (!add.parent.empty()) shown.name = Concat(add.parent, '.', field.name);
      columns.BeginObject().Key("column");
      WriteField(columns, shown);
      WritePosition(columns, add.position);
      columns.EndObject();
    }
    columns.EndArray();
    Says("ADD COLUMNS", {{"columns", JsonText(columns.str())}});
    if (schema->Equals(*schema_)) {
      plan_.is_change = false;
      return Status();
    }
    return TakeSchema(schema);
  }

  Status Do(const DropColumns& drop) {
    DELTAIC_RETURN_IF_ERROR(RequireMapping("dropped"));
    SchemaPtr schema = schema_;
    std::vector<std::string> dropped;
    for (const std::string& text : drop.columns) {
      DELTAIC_ASSIGN_OR_RETURN(ColumnPath path, ParseColumnPath(text));
      const SchemaPtr before = schema;
      Result<SchemaPtr> after = DropField(schema, path);
      if (!after.ok() && drop.if_exists && !Exists(before, path)) continue;
      DELTAIC_RETURN_IF_ERROR(after.status());
      DELTAIC_RETURN_IF_ERROR(CheckFree(*before, path, "dropped"));
      schema = *std::move(after);
      RenameInStatsColumns(plan_.definition.metadata.configuration, path, "");
      dropped.push_back(FormatColumnPath(path));
    }
    plan_.is_change = !dropped.empty();
    Says("DROP COLUMNS", {{"columns", JsonListAsText(dropped)}});
    return plan_.is_change ? TakeSchema(schema) : Status();
  }

  Status Do(const RenameColumn& rename) {
    DELTAIC_RETURN_IF_ERROR(RequireMapping("renamed"));
    DELTAIC_ASSIGN_OR_RETURN(ColumnPath path, ParseColumnPath(rename.column));
    if (rename.new_name.empty()) return Status::InvalidArgument("a column needs a name");
    DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, EditColumn(schema_, path, [&](StructField& field) {
                               field.name = rename.new_name;
                               return Status();
                             }));
    DELTAIC_RETURN_IF_ERROR(
        CheckNoDependents(*schema_, table_.metadata.configuration, path, "renamed"));
    std::vector<std::string>& partitions = plan_.definition.metadata.partition_columns;
    if (path.size() == 1) std::ranges::replace(partitions, path.front(), rename.new_name);
    RenameInStatsColumns(plan_.definition.metadata.configuration, path, rename.new_name);
    ColumnPath new_path = path;
    new_path.back() = rename.new_name;
    Says("RENAME COLUMN", {{"oldColumnPath", JsonText(FormatColumnPath(path))},
                           {"newColumnPath", JsonText(FormatColumnPath(new_path))}});
    return TakeSchema(schema);
  }

  Status Do(const ChangeColumn& change) {
    DELTAIC_ASSIGN_OR_RETURN(ColumnPath path, ParseColumnPath(change.column));
    StructField changed;
    DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema,
                             EditColumn(schema_, path, [&](StructField& field) -> Status {
                               DELTAIC_RETURN_IF_ERROR(ChangeField(change, path, field));
                               changed = field;
                               return Status();
                             }));
    if (change.position) {
      DELTAIC_ASSIGN_OR_RETURN(schema, MoveField(schema, path, *change.position));
    }
    JsonWriter column;
    changed.name = FormatColumnPath(path);
    WriteField(column, changed);
    Says("CHANGE COLUMN", {{"column", JsonText(column.str())}});
    if (change.position) {
      plan_.parameters.emplace_back(
          "position",
          JsonText(change.position->first ? "first"
                                          : Concat("after ", change.position->after.value_or(""))));
    }
    if (change.default_sql) {
      // Its own property does not turn it on: a default changes what writers must do.
      plan_.definition.protocol =
          UpgradeProtocol(plan_.definition.protocol, {"allowColumnDefaults"});
    }
    return TakeSchema(schema);
  }

  Status ChangeField(const ChangeColumn& change, const ColumnPath& path, StructField& field) {
    if (change.type != nullptr) DELTAIC_RETURN_IF_ERROR(ChangeType(change.type, path, field));
    if (change.drop_not_null) {
      if (field.nullable) {
        return Status::InvalidArgument("column ", FormatColumnPath(path), " is nullable already");
      }
      field.nullable = true;
    }
    if (change.comment) field.metadata["comment"] = JsonText(*change.comment);
    if (change.default_sql) {
      if (path.size() > 1) {
        return Status::InvalidArgument("column ", FormatColumnPath(path),
                                       " cannot have a default: only columns of the table can");
      }
      field.metadata[std::string(kCurrentDefaultKey)] = JsonText(*change.default_sql);
    }
    if (change.drop_default) field.metadata.erase(std::string(kCurrentDefaultKey));
    for (const auto& [key, text] : change.metadata) {
      if (key.starts_with("delta.") || key.starts_with("__") || key == kCurrentDefaultKey) {
        return Status::InvalidArgument("column metadata ", key,
                                       " is a rule of the table, and cannot be set as text");
      }
      field.metadata[key] = JsonText(text);
    }
    return Status();
  }

  Status ChangeType(const DataTypePtr& type, const ColumnPath& path, StructField& field) {
    const TableProperties properties = ParseTableProperties(table_.metadata.configuration);
    if (!properties.enable_type_widening) {
      return Status::InvalidArgument("column ", FormatColumnPath(path), " cannot change from ",
                                     field.type->ToString(), " to ", type->ToString(),
                                     ": set the table property delta.enableTypeWidening=true "
                                     "first");
    }
    DELTAIC_RETURN_IF_ERROR(
        CheckNoDependents(*schema_, table_.metadata.configuration, path, "given another type"));
    return WidenField(field, type);
  }

  Status Do(const SetProperties& set) {
    StringMap known = set.properties, unknown;
    if (set.allow_unknown) {
      std::erase_if(known, [&](const auto& property) {
        const auto& [key, value] = property;
        const Status valid = ValidateTableProperty(key, value);
        const bool is_unknown =
            !valid.ok() && valid.message().find(" is not known") != std::string::npos;
        if (is_unknown) unknown.insert(property);
        return is_unknown;
      });
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.definition, ChangeProperties(table_, known, {}));
    for (const auto& [key, value] : unknown) plan_.definition.metadata.configuration[key] = value;
    DELTAIC_RETURN_IF_ERROR(CheckRetention(set.properties));
    Says("SET TBLPROPERTIES", {{"properties", JsonMapAsText(set.properties)}});
    return Status();
  }

  /// What is vacuumed must be out of all versions that the log can still give.
  Status CheckRetention(const StringMap& set) const {
    if (!set.contains("delta.logRetentionDuration") &&
        !set.contains("delta.deletedFileRetentionDuration")) {
      return Status();
    }
    const TableProperties after = ParseTableProperties(plan_.definition.metadata.configuration);
    if (after.log_retention_ms >= after.deleted_file_retention_ms) return Status();
    return Status::InvalidArgument(
        "delta.logRetentionDuration must be at least delta.deletedFileRetentionDuration (by "
        "default "
        "1 week): set both");
  }

  Status Do(const UnsetProperties& unset) {
    StringMap& configuration = plan_.definition.metadata.configuration;
    for (const std::string& key : unset.keys) {
      if (unset.if_exists || configuration.contains(key)) continue;
      return Status::InvalidArgument("the table has no property ", key);
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.definition, ChangeProperties(table_, {}, unset.keys));
    Says("UNSET TBLPROPERTIES", {{"properties", JsonListAsText(unset.keys)},
                                 {"ifExists", unset.if_exists ? "true" : "false"}});
    return Status();
  }

  /// The key of a constraint that the table has, whatever the case of its letters.
  std::optional<std::string> ConstraintKey(const std::string& name) const {
    const std::string wanted = Concat(kConstraintPrefix, name);
    for (const auto& [key, sql] : table_.metadata.configuration) {
      if (EqualsIgnoringCase(key, wanted)) return key;
    }
    return std::nullopt;
  }

  Status Do(const AddConstraint& add) {
    DELTAIC_RETURN_IF_ERROR(AddOne(add.name, add.sql));
    std::vector<std::string> names = {add.name};
    std::vector<std::string> conditions = {add.sql};
    for (const auto& [name, sql] : add.others) {
      DELTAIC_RETURN_IF_ERROR(AddOne(name, sql));
      names.push_back(name);
      conditions.push_back(sql);
    }
    if (add.others.empty()) {
      Says("ADD CONSTRAINT", {{"name", JsonText(add.name)}, {"expr", JsonText(add.sql)}});
    } else {
      Says("ADD CONSTRAINT",
           {{"names", JsonListAsText(names)}, {"exprs", JsonListAsText(conditions)}});
    }
    return TakeSchema(schema_);
  }

  Status AddOne(const std::string& name, const std::string& sql) {
    if (name.empty()) return Status::InvalidArgument("a constraint needs a name");
    // In lower case, by which Spark looks for it.
    const std::string key = Concat(kConstraintPrefix, AsciiLower(name));
    StringMap& configuration = plan_.definition.metadata.configuration;
    const auto known = ConstraintKey(name);
    if (known || configuration.contains(key)) {
      return Status::InvalidArgument("the table has a constraint ", name,
                                     " already: ", configuration.at(known.value_or(key)));
    }
    const std::string title = Concat("CHECK constraint ", name);
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr condition, BindStoredExpression(sql, title, *schema_));
    if (condition->type() == nullptr || condition->type()->id() != TypeId::kBoolean) {
      return Status::InvalidArgument(title, " (", sql, ") is no condition");
    }
    configuration[key] = sql;
    plan_.checks.emplace_back(Concat(title, " (", sql, ')'), std::move(condition));
    return Status();
  }

  Status Do(const DropConstraint& drop) {
    const auto key = ConstraintKey(drop.name);
    if (!key) {
      if (!drop.if_exists) {
        return Status::InvalidArgument("the table has no constraint ", drop.name);
      }
      plan_.is_change = false;
      return Status();
    }
    const std::string sql = table_.metadata.configuration.at(*key);
    plan_.definition.metadata.configuration.erase(*key);
    Says("DROP CONSTRAINT",
         {{"name", JsonText(drop.name)}, {"expr", JsonText(sql)}, {"existed", "true"}});
    return Status();
  }

  Status Do(const ClusterBy& cluster) {
    if (!table_.metadata.partition_columns.empty()) {
      return Status::InvalidArgument("a partitioned table cannot be clustered");
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto columns,
                             ResolveClusteringColumns(*schema_, cluster.columns));
    if (facts_.clustering == columns) {
      plan_.is_change = false;
      return Status();
    }
    if (!facts_.clustering && columns.empty()) {
      plan_.is_change = false;
      return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(
        plan_.definition,
        ChangeProperties(table_, {{"delta.feature.clustering", "supported"}}, {}));
    const auto before = facts_.clustering.value_or(std::vector<PhysicalPath>());
    Says("CLUSTER BY", {{"oldClusteringColumns", JsonText(JoinPaths(*schema_, before))},
                        {"newClusteringColumns", JsonText(JoinPaths(*schema_, columns))}});
    plan_.clustering = columns;
    return Status();
  }

  Status Do(const DescribeTable& describe) {
    JsonWriter update;
    update.BeginObject();
    if (describe.name) {
      const size_t end = ByteOfCharacter(*describe.name, kMaxNameCharacters);
      if (describe.name->empty() || end < describe.name->size()) {
        return Status::InvalidArgument("a table's name has 1 to ", kMaxNameCharacters,
                                       " characters");
      }
      plan_.definition.metadata.name = describe.name;
      update.Key("name").String(*describe.name);
    }
    if (describe.description) {
      const size_t end = ByteOfCharacter(*describe.description, kMaxDescriptionCharacters);
      if (end < describe.description->size()) {
        return Status::InvalidArgument("a table's description has at most ",
                                       kMaxDescriptionCharacters, " characters");
      }
      plan_.definition.metadata.description = describe.description;
      update.Key("description").String(*describe.description);
    }
    update.EndObject();
    Says("UPDATE TABLE METADATA", {{"metadataUpdate", JsonText(update.str())}});
    return Status();
  }

  Status Do(const AddFeatures& add) {
    if (add.features.empty()) return Status::InvalidArgument("there is no feature to add");
    StringMap properties;
    for (const std::string& feature : add.features) {
      if (FindTableFeature(feature) == nullptr) {
        return Status::InvalidArgument("there is no table feature ", feature);
      }
      properties[Concat("delta.feature.", feature)] = "supported";
    }
    DELTAIC_ASSIGN_OR_RETURN(plan_.definition, ChangeProperties(table_, properties, {}));
    const Protocol& before = table_.protocol;
    const Protocol& after = plan_.definition.protocol;
    if (!add.raise_versions && (after.min_reader_version > before.min_reader_version ||
                                after.min_writer_version > before.min_writer_version)) {
      return Status::InvalidArgument(
          "the feature needs the protocol versions (", after.min_reader_version, ",",
          after.min_writer_version, "), the table has (", before.min_reader_version, ",",
          before.min_writer_version, "); allow that the versions increase");
    }
    Says("ADD FEATURE", {{"name", JsonListAsText(add.features)}});
    return Status();
  }

  Status Do(const DropFeature& drop) {
    DELTAIC_ASSIGN_OR_RETURN(plan_.definition,
                             WithoutFeature(table_, drop.feature, drop.truncate_history));
    plan_.dropped_feature = drop.feature;
    if (facts_.clustering && drop.feature == "columnMapping") {
      DELTAIC_RETURN_IF_ERROR(NameClusteringColumns());
    }
    Says("DROP FEATURE", {{"featureName", JsonText(drop.feature)},
                          {"truncateHistory", drop.truncate_history ? "true" : "false"}});
    return Status();
  }

  /// Files without column mapping call columns as they are named.
  Status NameClusteringColumns() {
    std::vector<PhysicalPath> named;
    for (const PhysicalPath& path : *facts_.clustering) {
      DELTAIC_ASSIGN_OR_RETURN(PhysicalPath one, ParseColumnPath(LogicalName(*schema_, path)));
      named.push_back(std::move(one));
    }
    if (named != *facts_.clustering) plan_.clustering = std::move(named);
    return Status();
  }

  // ---- shared steps

  void Says(std::string operation, std::vector<std::pair<std::string, std::string>> parameters) {
    plan_.operation = std::move(operation);
    plan_.parameters = std::move(parameters);
  }

  Status TakeSchema(const SchemaPtr& schema) {
    DELTAIC_ASSIGN_OR_RETURN(
        plan_.definition,
        ChangeSchema(plan_.definition, schema, plan_.definition.metadata.partition_columns));
    return Status();
  }

  Status RequireMapping(std::string_view what) const {
    if (IsMapped(table_)) return Status();
    return Status::InvalidArgument("columns can be ", what,
                                   " where files name them otherwise only: set the table property "
                                   "delta.columnMapping.mode=name first");
  }

  static bool Exists(const SchemaPtr& schema, ColumnPath path) {
    return EditColumn(schema, path, [](StructField&) { return Status(); }).ok();
  }

  /// Nothing of the table stands on the column.
  Status CheckFree(const Schema& schema, const ColumnPath& path, std::string_view what) const {
    const auto& partitions = table_.metadata.partition_columns;
    if (std::ranges::find(partitions, path.front()) != partitions.end()) {
      return Status::InvalidArgument("column ", path.front(), " cannot be ", what,
                                     ": the table is partitioned by it");
    }
    DELTAIC_RETURN_IF_ERROR(CheckNoDependents(schema, table_.metadata.configuration, path, what));
    if (!facts_.clustering) return Status();
    PhysicalPath physical;
    const DataType* type = &schema;
    for (const std::string& name : path) {
      const StructField* field = type->id() == TypeId::kStruct ? type->FindField(name) : nullptr;
      if (field == nullptr) return Status();
      physical.push_back(field->physical_name());
      type = field->type.get();
    }
    for (const PhysicalPath& clustering : *facts_.clustering) {
      const size_t shared = std::min(clustering.size(), physical.size());
      if (std::equal(clustering.begin(), clustering.begin() + static_cast<ptrdiff_t>(shared),
                     physical.begin())) {
        return Status::InvalidArgument("column ", FormatColumnPath(path), " cannot be ", what,
                                       ": the table is clustered by it; cluster it otherwise "
                                       "first");
      }
    }
    return Status();
  }

  const TableFacts& facts_;
  const TableDefinition& table_;
  const SchemaPtr schema_;
  PlannedChange plan_;
};

}  // namespace

Result<PlannedChange> PlanTableChange(const TableFacts& table, const TableChange& change) {
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseSchema(table.definition.metadata.schema_string));
  return Planner(table, std::move(schema)).Plan(change);
}

}  // namespace deltaic

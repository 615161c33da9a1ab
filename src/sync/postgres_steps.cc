#include "sync/postgres_steps.h"

#include <algorithm>
#include <array>
#include <functional>

#include "scan/change_source.h"
#include "sync/column_encoder.h"
#include "sync/net_rows.h"
#include "sync/postgres_refusals.h"

namespace deltaic {
namespace {

constexpr std::string_view kCursors = "deltaic_sync";
constexpr std::string_view kStageName = "deltaic_sync_stage";
constexpr std::string_view kStage = "pg_temp.deltaic_sync_stage";
// With rejects: rows with values as text, rows that are left out, and what was done.
constexpr std::string_view kRawName = "deltaic_sync_raw";
constexpr std::string_view kRaw = "pg_temp.deltaic_sync_raw";
constexpr std::string_view kRefusedName = "deltaic_sync_refused";
constexpr std::string_view kRefused = "pg_temp.deltaic_sync_refused";
constexpr std::string_view kToldName = "deltaic_sync_told";
constexpr std::string_view kTold = "pg_temp.deltaic_sync_told";
/// So that two first runs do not create the table of cursors at once.
constexpr std::string_view kCreationLock = "7204310415";

/// Types that a text is cast to with nothing lost.
constexpr std::array<std::string_view, 24> kCastTypes = {"smallint",
                                                         "integer",
                                                         "bigint",
                                                         "boolean",
                                                         "real",
                                                         "double precision",
                                                         "numeric",
                                                         "bytea",
                                                         "date",
                                                         "timestamp with time zone",
                                                         "timestamp without time zone",
                                                         "time with time zone",
                                                         "time without time zone",
                                                         "interval",
                                                         "uuid",
                                                         "inet",
                                                         "cidr",
                                                         "macaddr",
                                                         "macaddr8",
                                                         "json",
                                                         "jsonb",
                                                         "xml",
                                                         "money",
                                                         "tsvector"};
/// Those that hold whatever their encoder makes.
constexpr std::array<std::string_view, 13> kRoomyTypes = {"smallint",
                                                          "integer",
                                                          "bigint",
                                                          "boolean",
                                                          "real",
                                                          "double precision",
                                                          "numeric",
                                                          "text",
                                                          "character varying",
                                                          "bytea",
                                                          "date",
                                                          "timestamp with time zone",
                                                          "timestamp without time zone"};

using Names = std::vector<std::string>;

std::string Join(const Names& names, std::string_view between,
                 const std::function<std::string(const std::string&)>& shown) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += between;
    out += shown(name);
  }
  return out;
}

std::string List(const Names& names, std::string_view before = "") {
  return Join(names, ", ",
              [&](const std::string& name) { return std::string(before) + QuoteIdentifier(name); });
}

std::string SameKey(const Names& key) {
  return Join(key, " AND ", [](const std::string& name) {
    return "t." + QuoteIdentifier(name) + " = s." + QuoteIdentifier(name);
  });
}

/// Types without an operator for equality are compared as text.
std::string Comparable(const SyncColumn& column, std::string_view of) {
  const std::string name = std::string(of) + QuoteIdentifier(column.target);
  return column.type == "json" || column.type == "xml" ? name + "::text" : name;
}

class PostgresSteps {
 public:
  PostgresSteps(const SyncOptions& options, SyncPlan& plan, Names key)
      : options_(options), plan_(plan), key_(std::move(key)), table_(QuoteTable(options.into)) {
    for (const SyncColumn& column : plan.columns) {
      names_.push_back(column.target);
      if (std::ranges::find(key_, column.target) == key_.end()) others_.push_back(column);
    }
  }

  void AddTarget(bool make_table, const std::vector<SyncColumn>& add) {
    if (make_table) {
      std::string columns;
      for (const SyncColumn& column : add)
        columns += QuoteIdentifier(column.target) + " " + column.type + ", ";
      plan_.prepare.push_back("CREATE TABLE " + table_ + " (" + columns + "PRIMARY KEY (" +
                              List(key_) + "))");
      return;
    }
    for (const SyncColumn& column : add) {
      plan_.prepare.push_back("ALTER TABLE " + table_ + " ADD COLUMN " +
                              QuoteIdentifier(column.target) + " " + column.type);
    }
  }

  void AddStage() {
    DropTemporary(kStage);
    std::string columns = List(names_);
    std::string staged = columns;
    if (is_incremental()) {
      staged += Concat(", ''::text AS ", QuoteIdentifier(kChangeTypeColumn));
      columns += ", " + QuoteIdentifier(kChangeTypeColumn);
    }
    MakeTemporary(kStageName, staged);
    if (leaves_out()) AddRefusalTables();
    plan_.copy = Concat("COPY ", has_raw() ? kRaw : kStage, " (", columns, ") FROM STDIN",
                        plan_.format == CopyFormat::kPostgresBinary ? " WITH (FORMAT binary)" : "");
  }

  /// A diff looks at its keys itself.
  void AddChecks() {
    if (is_incremental() || leaves_out()) return;
    for (const std::string& name : key_) {
      plan_.checks.push_back(Concat(
          "SELECT ",
          QuoteLiteral("the key column " + name + " is null in a row: keys must not be null"),
          " FROM ", kStage, " WHERE ", QuoteIdentifier(name), " IS NULL LIMIT 1"));
    }
    plan_.checks.push_back(Concat("SELECT 'the key ' || ", ShownKey(),
                                  " || ' is there twice: keys must be unique' FROM ", kStage,
                                  " GROUP BY ", List(key_), " HAVING count(*) > 1 LIMIT 1"));
  }

  void AddApply() {
    if (leaves_out()) {
      plan_.apply.push_back({"DO " + QuoteLiteral(FormatRefusalScript(Refusals())), ""});
      plan_.apply.push_back({Concat("SELECT deleted, upserted FROM ", kTold), "told"});
      plan_.apply.push_back({RejectedLines(), "rejected"});
      return;
    }
    plan_.apply.push_back({Concat("ANALYZE ", kStage), ""});
    if (options_.mode == SyncMode::kMirror) plan_.apply.push_back({Delete(), "deleted"});
    plan_.apply.push_back({UpsertOrUpdate(kStage, ""), "upserted"});
  }

  void AddFinish() {
    plan_.finish.push_back(
        Concat("INSERT INTO ", kCursors, " (name, table_id, version, spec, synced_at) VALUES (",
               QuoteLiteral(options_.cursor_name()), ", ", QuoteLiteral(plan_.table_id), ", ",
               plan_.to.value, ", ", QuoteLiteral(plan_.spec), RepeatedKeysMark(),
               ", now()) ON CONFLICT (name) DO UPDATE SET table_id = excluded.table_id, version = "
               "excluded.version, spec = excluded.spec, synced_at = excluded.synced_at"));
  }

 private:
  bool is_incremental() const { return plan_.action == SyncAction::kIncremental; }

  /// Whether rows that PostgreSQL refuses are left out.
  bool leaves_out() const { return !options_.rejects.empty(); }
  bool has_raw() const {
    return std::ranges::any_of(plan_.columns, [](const auto& column) { return column.as_text; });
  }

  void DropTemporary(std::string_view table) {
    // Not IF EXISTS, which would print a notice.
    plan_.prepare.push_back(Concat("DO $$ BEGIN IF to_regclass('", table,
                                   "') IS NOT NULL THEN DROP TABLE ", table, "; END IF; END $$"));
  }
  void MakeTemporary(std::string_view name, std::string_view columns) {
    plan_.prepare.push_back(Concat("CREATE TEMPORARY TABLE ", name, " ON COMMIT DROP AS SELECT ",
                                   columns, " FROM ", table_, " WITH NO DATA"));
  }

  void AddRefusalTables() {
    const auto number = [&](std::string_view table) {
      plan_.prepare.push_back(Concat("ALTER TABLE ", table, " ADD COLUMN ", kRowNumber,
                                     " bigint GENERATED BY DEFAULT AS IDENTITY"));
    };
    number(kStage);
    if (has_raw()) {
      std::string columns;
      for (const SyncColumn& column : plan_.columns) {
        const std::string name = QuoteIdentifier(column.target);
        columns += columns.empty() ? "" : ", ";
        columns += column.as_text ? "''::text AS " + name : name;
      }
      if (is_incremental()) columns += ", ''::text AS " + QuoteIdentifier(kChangeTypeColumn);
      DropTemporary(kRaw);
      MakeTemporary(kRawName, columns);
      number(kRaw);
    }
    DropTemporary(kRefused);
    plan_.prepare.push_back(Concat("CREATE TEMPORARY TABLE ", kRefusedName, " (LIKE ", kStage, ", ",
                                   kReason, " text, ", kRefusal, " text) ON COMMIT DROP"));
    DropTemporary(kTold);
    plan_.prepare.push_back(Concat("CREATE TEMPORARY TABLE ", kToldName,
                                   " (deleted bigint, upserted bigint) ON COMMIT DROP"));
  }

  RefusalPieces Refusals() const {
    RefusalPieces pieces{.stage = std::string(kStage),
                         .raw = std::string(has_raw() ? kRaw : ""),
                         .refused = std::string(kRefused),
                         .told = std::string(kTold),
                         .columns = List(names_),
                         .key = List(key_),
                         .same_key = SameKey(key_),
                         .shown_key = ShownKey(),
                         .max_rejects = options_.max_rejects};
    for (const SyncColumn& column : plan_.columns) {
      pieces.typed_columns += pieces.typed_columns.empty() ? "" : ", ";
      pieces.typed_columns += Typed(column);
    }
    for (const std::string& name : key_) {
      const auto column = std::ranges::find(plan_.columns, name, &SyncColumn::target);
      pieces.typed_key += pieces.typed_key.empty() ? "" : ", ";
      pieces.typed_key += Typed(*column);
    }
    if (is_incremental()) {
      pieces.change_type = QuoteIdentifier(kChangeTypeColumn);
      pieces.columns += ", " + pieces.change_type;
      pieces.typed_columns += ", " + pieces.change_type;
    }
    if (options_.mode == SyncMode::kMirror) {
      pieces.deletes = Delete();
      pieces.deletes_of_refused = DeleteRefused();
    }
    pieces.upserts = UpsertOrUpdate(kStage, kRange);
    pieces.upserts_of_refused = UpsertOrUpdate(kRefused, kRange);
    return pieces;
  }

  /// The value of a column of `raw`, as its type reads it. A cast by name would cut texts that are
  /// too long, so that lengths are left to the assignment, and of a type that may be a domain over
  /// such a one, the value is read as of JSON.
  static std::string Typed(const SyncColumn& column) {
    const std::string name = QuoteIdentifier(column.target);
    if (!column.as_text) return name;
    const std::string bare = BarePostgresType(column.type);
    if (bare == "text" || bare == "character varying" || bare == "character") return name;
    if (bare == "character[]") return name + "::bpchar[]";
    if (bare.ends_with("[]") || std::ranges::find(kCastTypes, bare) != kCastTypes.end())
      return name + "::" + bare;
    return Concat("(json_populate_record(NULL::", kStage, ", json_build_object(",
                  QuoteLiteral(column.target), ", ", name, "))).", name);
  }

  std::string DeleteRefused() const {
    const std::string where = Concat(
        SameKey(key_), is_incremental() ? Concat(" AND s.", QuoteIdentifier(kChangeTypeColumn),
                                                 " <> '", kNetDelete, "'")
                                        : "");
    if (!plan_.soft_delete)
      return Concat("DELETE FROM ", table_, " t USING ", kRefused, " s WHERE ", where);
    return Concat("UPDATE ", table_, " t SET ", QuoteIdentifier(plan_.soft_delete->target), " = ",
                  Mark(), " FROM ", kRefused, " s WHERE ", where, " AND NOT ", IsMarked());
  }

  /// The lines of the file of rejects, with the source's names.
  std::string RejectedLines() const {
    std::string row;
    for (const SyncColumn& column : plan_.columns) {
      row += row.empty() ? "" : ", ";
      row += "r." + QuoteIdentifier(column.target) + " AS " + QuoteIdentifier(column.source);
    }
    return Concat("SELECT json_build_object('into', ", QuoteLiteral(options_.into),
                  "::text, 'version', ", plan_.to.value, ", 'reason', f.", kReason,
                  ", 'row', (SELECT row_to_json(x) FROM (SELECT ", row, ") x))::text FROM ",
                  kRefused, " f JOIN ", has_raw() ? kRaw : kRefused, " r USING (", kRowNumber,
                  ") ORDER BY ", kRowNumber);
  }

  std::string RepeatedKeysMark() const {
    if (!leaves_out()) return "";
    return Concat(" || CASE WHEN EXISTS (SELECT FROM ", kRefused, " WHERE ", kRefusal,
                  " = 'twice') THEN ", QuoteLiteral(kRepeatedKeysMark), " ELSE '' END");
  }

  std::string ShownKey() const {
    std::string shown;
    for (const std::string& name : key_) {
      shown += shown.empty() ? "" : " || ', ' || ";
      shown += QuoteLiteral(name + " = ") + " || " + QuoteIdentifier(name) + "::text";
    }
    return shown;
  }

  std::string Delete() const {
    if (plan_.soft_delete) return MarkDeleted();
    if (is_incremental())
      return Concat("DELETE FROM ", table_, " t USING ", kStage, " s WHERE ", WentIncrementally());
    return Concat("DELETE FROM ", table_, " t WHERE ", NotStaged());
  }

  std::string MarkDeleted() const {
    const std::string set = Concat("UPDATE ", table_, " t SET ",
                                   QuoteIdentifier(plan_.soft_delete->target), " = ", Mark());
    if (is_incremental())
      return Concat(set, " FROM ", kStage, " s WHERE ", WentIncrementally(), " AND NOT ",
                    IsMarked());
    return Concat(set, " WHERE NOT ", IsMarked(), " AND ", NotStaged());
  }

  std::string WentIncrementally() const {
    return Concat("s.", QuoteIdentifier(kChangeTypeColumn), " = '", kNetDelete, "' AND ",
                  SameKey(key_));
  }
  std::string NotStaged() const {
    return Concat("NOT EXISTS (SELECT 1 FROM ", kStage, " s WHERE ", SameKey(key_), ")");
  }

  std::string Mark() const {
    if (plan_.soft_delete->type == "boolean") return "true";
    return plan_.soft_delete->type == "timestamp without time zone" ? "now() AT TIME ZONE 'UTC'"
                                                                    : "now()";
  }
  std::string NoMark() const { return plan_.soft_delete->type == "boolean" ? "false" : "NULL"; }
  std::string IsMarked() const {
    const std::string name = "t." + QuoteIdentifier(plan_.soft_delete->target);
    return Concat("(", name, plan_.soft_delete->type == "boolean" ? " IS TRUE)" : " IS NOT NULL)");
  }

  /// \param range  a condition more, or empty.
  std::string Came(std::string_view range) const {
    std::string out;
    if (is_incremental()) {
      const bool inserts = options_.mode == SyncMode::kAppend;
      out = Concat(" WHERE ", QuoteIdentifier(kChangeTypeColumn), inserts ? " = '" : " <> '",
                   inserts ? kNetInsert : kNetDelete, "'");
    }
    if (!range.empty()) out += Concat(out.empty() ? " WHERE " : " AND ", range);
    return out;
  }

  std::string Compared(std::string_view of) const {
    std::string out;
    for (const SyncColumn& column : others_) {
      if (!out.empty()) out += ", ";
      out += Comparable(column, of);
    }
    return "(" + out + ")";
  }

  std::string Assigned(std::string_view from) const {
    std::string out;
    for (const SyncColumn& column : others_) {
      if (!out.empty()) out += ", ";
      out += QuoteIdentifier(column.target) + " = " + std::string(from) +
             QuoteIdentifier(column.target);
    }
    return out;
  }

  std::string UpsertOrUpdate(std::string_view from, std::string_view range) const {
    return options_.mode == SyncMode::kUpdate ? Update(from, range) : Upsert(from, range);
  }

  /// Rows that are equal already are left alone, so that neither triggers nor WAL see them.
  std::string Upsert(std::string_view from, std::string_view range) const {
    const std::string columns = List(names_);
    std::string sql = Concat("INSERT INTO ", table_, " AS t (", columns, ") SELECT ", columns,
                             " FROM ", from, Came(range), " ON CONFLICT (", List(key_), ") DO ");
    if (plan_.soft_delete) return UpsertUnmarked(from, range);
    if (others_.empty() || options_.mode == SyncMode::kAppend) return sql + "NOTHING";
    return Concat(sql, "UPDATE SET ", Assigned("excluded."), " WHERE ", Compared("t."),
                  " IS DISTINCT FROM ", Compared("excluded."));
  }

  std::string UpsertUnmarked(std::string_view from, std::string_view range) const {
    const std::string columns = List(names_);
    const std::string mark = QuoteIdentifier(plan_.soft_delete->target);
    std::string set = mark + " = excluded." + mark;
    std::string where = IsMarked();
    if (!others_.empty()) {
      set += ", " + Assigned("excluded.");
      where += Concat(" OR ", Compared("t."), " IS DISTINCT FROM ", Compared("excluded."));
    }
    return Concat("INSERT INTO ", table_, " AS t (", columns, ", ", mark, ") SELECT ", columns,
                  ", ", NoMark(), " FROM ", from, Came(range), " ON CONFLICT (", List(key_),
                  ") DO UPDATE SET ", set, " WHERE ", where);
  }

  std::string Update(std::string_view from, std::string_view range) const {
    // Without other columns nothing is to be updated.
    if (others_.empty()) {
      const std::string first = QuoteIdentifier(key_.front());
      return Concat("UPDATE ", from, " SET ", first, " = ", first, " WHERE false");
    }
    return Concat("UPDATE ", table_, " t SET ", Assigned("s."), " FROM (SELECT * FROM ", from,
                  Came(range), ") s WHERE ", SameKey(key_), " AND ", Compared("t."),
                  " IS DISTINCT FROM ", Compared("s."));
  }

  const SyncOptions& options_;
  SyncPlan& plan_;
  const Names key_;
  const std::string table_;
  Names names_;                     ///< of the target's columns
  std::vector<SyncColumn> others_;  ///< those that are not of the key
};

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  return out + "\"";
}

std::string QuoteLiteral(std::string_view text) {
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  return out + "'";
}

std::string QuoteTable(std::string_view into) {
  if (into.find('"') != std::string_view::npos) return std::string(into);
  std::string out;
  for (;;) {
    const size_t dot = into.find('.');
    out += QuoteIdentifier(into.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    out.push_back('.');
    into.remove_prefix(dot + 1);
  }
}

bool MarksDeletes(std::string_view bare_type) {
  return bare_type == "boolean" || bare_type == "timestamp with time zone" ||
         bare_type == "timestamp without time zone";
}

bool HoldsWhatIsEncoded(std::string_view type) {
  if (type.ends_with("[]")) type.remove_suffix(2);
  return std::ranges::find(kRoomyTypes, type) != kRoomyTypes.end();
}

Result<PostgresStart> MakePostgresStart(const SyncOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(Names key, TargetKey(options));
  const std::string table = QuoteLiteral(QuoteTable(options.into));
  const std::string name = QuoteLiteral(options.cursor_name());
  PostgresStart start;
  // Behind the lock, to_regclass() may still not see what another runner has made; CREATE does.
  // Not IF NOT EXISTS, which would print a notice.
  start.begin.push_back(Concat(
      "DO $$ BEGIN IF to_regclass('", kCursors, "') IS NULL THEN PERFORM pg_advisory_xact_lock(",
      kCreationLock, "); BEGIN CREATE TABLE ", kCursors,
      " (name text PRIMARY KEY, table_id text NOT NULL, version bigint NOT NULL, spec text NOT "
      "NULL, synced_at timestamptz NOT NULL); EXCEPTION WHEN duplicate_table THEN NULL; END; END "
      "IF; END $$"));
  start.begin.push_back(
      Concat("SELECT pg_advisory_xact_lock(hashtext('", kCursors, "'), hashtext(", name, "))"));
  start.cursor = Concat("SELECT table_id, version, spec FROM ", kCursors, " WHERE name = ", name,
                        " FOR UPDATE");
  start.status =
      Concat("SELECT table_id, version, spec, synced_at FROM ", kCursors, " WHERE name = ", name);
  start.columns = Concat(
      "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute "
      "WHERE attrelid = to_regclass(",
      table,
      ") AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a' ORDER BY "
      "attnum");
  std::ranges::sort(key);
  start.unique = Concat(
      "SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass(", table,
      ") AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND "
      "(SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE \"C\") FROM pg_attribute "
      "a WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - "
      "1])) = ARRAY[",
      Join(key, ", ", [](const std::string& column) { return QuoteLiteral(column); }),
      "]::text[] LIMIT 1");
  return start;
}

Status AddPostgresSteps(const SyncOptions& options, bool make_table,
                        const std::vector<SyncColumn>& add, SyncPlan& plan) {
  DELTAIC_ASSIGN_OR_RETURN(Names key, TargetKey(options));
  PostgresSteps steps(options, plan, std::move(key));
  steps.AddTarget(make_table, add);
  steps.AddStage();
  steps.AddChecks();
  steps.AddApply();
  steps.AddFinish();
  return Status();
}

}  // namespace deltaic

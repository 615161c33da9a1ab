#include "sync/postgres_steps.h"

#include <algorithm>
#include <functional>

#include "scan/change_source.h"
#include "sync/net_rows.h"

namespace deltaic {
namespace {

constexpr std::string_view kCursors = "deltaic_sync";
constexpr std::string_view kStageName = "deltaic_sync_stage";
constexpr std::string_view kStage = "pg_temp.deltaic_sync_stage";
/// So that two first runs do not create the table of cursors at once.
constexpr std::string_view kCreationLock = "7204310415";

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
    // Not IF EXISTS, which would print a notice.
    plan_.prepare.push_back(Concat("DO $$ BEGIN IF to_regclass('", kStage,
                                   "') IS NOT NULL THEN DROP TABLE ", kStage, "; END IF; END $$"));
    std::string columns = List(names_);
    std::string staged = columns;
    if (is_incremental()) {
      staged += Concat(", ''::text AS ", QuoteIdentifier(kChangeTypeColumn));
      columns += ", " + QuoteIdentifier(kChangeTypeColumn);
    }
    plan_.prepare.push_back(Concat("CREATE TEMPORARY TABLE ", kStageName,
                                   " ON COMMIT DROP AS SELECT ", staged, " FROM ", table_,
                                   " WITH NO DATA"));
    plan_.copy = Concat("COPY ", kStage, " (", columns, ") FROM STDIN",
                        plan_.format == CopyFormat::kPostgresBinary ? " WITH (FORMAT binary)" : "");
  }

  /// A diff looks at its keys itself.
  void AddChecks() {
    if (is_incremental()) return;
    for (const std::string& name : key_) {
      plan_.checks.push_back(Concat(
          "SELECT ",
          QuoteLiteral("the key column " + name + " is null in a row: keys must not be null"),
          " FROM ", kStage, " WHERE ", QuoteIdentifier(name), " IS NULL LIMIT 1"));
    }
    std::string shown;
    for (const std::string& name : key_) {
      shown += shown.empty() ? "" : " || ', ' || ";
      shown += QuoteLiteral(name + " = ") + " || " + QuoteIdentifier(name) + "::text";
    }
    plan_.checks.push_back(Concat("SELECT 'the key ' || ", shown,
                                  " || ' is there twice: keys must be unique' FROM ", kStage,
                                  " GROUP BY ", List(key_), " HAVING count(*) > 1 LIMIT 1"));
  }

  void AddApply() {
    plan_.apply.push_back({Concat("ANALYZE ", kStage), ""});
    if (options_.mode == SyncMode::kMirror) plan_.apply.push_back({Delete(), "deleted"});
    plan_.apply.push_back({options_.mode == SyncMode::kUpdate ? Update() : Upsert(), "upserted"});
  }

  void AddFinish() {
    plan_.finish.push_back(
        Concat("INSERT INTO ", kCursors, " (name, table_id, version, spec, synced_at) VALUES (",
               QuoteLiteral(options_.cursor_name()), ", ", QuoteLiteral(plan_.table_id), ", ",
               plan_.to.value, ", ", QuoteLiteral(plan_.spec),
               ", now()) ON CONFLICT (name) DO UPDATE SET table_id = excluded.table_id, version = "
               "excluded.version, spec = excluded.spec, synced_at = excluded.synced_at"));
  }

 private:
  bool is_incremental() const { return plan_.action == SyncAction::kIncremental; }

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

  std::string Came() const {
    if (!is_incremental()) return "";
    if (options_.mode == SyncMode::kAppend)
      return Concat(" WHERE ", QuoteIdentifier(kChangeTypeColumn), " = '", kNetInsert, "'");
    return Concat(" WHERE ", QuoteIdentifier(kChangeTypeColumn), " <> '", kNetDelete, "'");
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

  /// Rows that are equal already are left alone, so that neither triggers nor WAL see them.
  std::string Upsert() const {
    const std::string columns = List(names_);
    std::string sql = Concat("INSERT INTO ", table_, " AS t (", columns, ") SELECT ", columns,
                             " FROM ", kStage, Came(), " ON CONFLICT (", List(key_), ") DO ");
    if (plan_.soft_delete) return UpsertUnmarked();
    if (others_.empty() || options_.mode == SyncMode::kAppend) return sql + "NOTHING";
    return Concat(sql, "UPDATE SET ", Assigned("excluded."), " WHERE ", Compared("t."),
                  " IS DISTINCT FROM ", Compared("excluded."));
  }

  std::string UpsertUnmarked() const {
    const std::string columns = List(names_);
    const std::string mark = QuoteIdentifier(plan_.soft_delete->target);
    std::string set = mark + " = excluded." + mark;
    std::string where = IsMarked();
    if (!others_.empty()) {
      set += ", " + Assigned("excluded.");
      where += Concat(" OR ", Compared("t."), " IS DISTINCT FROM ", Compared("excluded."));
    }
    return Concat("INSERT INTO ", table_, " AS t (", columns, ", ", mark, ") SELECT ", columns,
                  ", ", NoMark(), " FROM ", kStage, Came(), " ON CONFLICT (", List(key_),
                  ") DO UPDATE SET ", set, " WHERE ", where);
  }

  std::string Update() const {
    // Without other columns nothing is to be updated.
    if (others_.empty()) return Concat("SELECT 1 FROM ", kStage, " LIMIT 0");
    return Concat("UPDATE ", table_, " t SET ", Assigned("s."), " FROM (SELECT * FROM ", kStage,
                  Came(), ") s WHERE ", SameKey(key_), " AND ", Compared("t."),
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

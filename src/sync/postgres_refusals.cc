#include "sync/postgres_refusals.h"

#include "base/status.h"

namespace deltaic {
namespace {

/// What is a row's own fault: errors of classes 22, 23, 44, of a trigger's RAISE, and of what is
/// too long for an index. All else (a lost server, no permission, a deadlock) ends the run.
constexpr std::string_view kOfARow =
    "data_exception OR integrity_constraint_violation OR with_check_option_violation OR "
    "raise_exception OR program_limit_exceeded";

constexpr std::string_view kVariables =
    "DECLARE _deltaic_low bigint; _deltaic_high bigint; _deltaic_lows bigint[]; _deltaic_highs "
    "bigint[]; _deltaic_left int; _deltaic_touched bigint; _deltaic_deleted bigint := 0; "
    "_deltaic_upserted bigint := 0; _deltaic_refused bigint := 0; _deltaic_why text; "
    "_deltaic_detail text; _deltaic_more boolean;\n";

class Script {
 public:
  explicit Script(const RefusalPieces& pieces) : p_(pieces) {}

  std::string Format() {
    Add(kVariables, "BEGIN\n");
    if (!p_.raw.empty()) {
      ByHalves(p_.raw,
               Concat("INSERT INTO ", p_.stage, " (", p_.columns, ", ", Number(), ") SELECT ",
                      p_.typed_columns, ", ", Number(), " FROM ", p_.raw, " WHERE ", kRange, ";"),
               RefuseValues());
    }
    SetRepeatedKeysAside();
    Add("ANALYZE ", p_.stage, ";\n");
    if (!p_.deletes.empty()) Add(p_.deletes, "; ", Count("deleted"));
    ByHalves(p_.stage, Concat(p_.upserts, "; ", Count("upserted")), RefuseRow());
    TryAgain();
    Add("INSERT INTO ", p_.told, " VALUES (_deltaic_deleted, _deltaic_upserted);\nEND");
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    out_ += Concat(parts...);
  }
  static std::string Number() { return Concat('"', kRowNumber, '"'); }
  static std::string Count(std::string_view what) {
    return Concat("GET DIAGNOSTICS _deltaic_touched = ROW_COUNT; _deltaic_", what, " := _deltaic_",
                  what, " + _deltaic_touched;\n");
  }
  std::string Came(std::string_view of) const {
    return p_.change_type.empty() ? "" : Concat(of, p_.change_type, " <> 'delete'");
  }
  std::string Limit() const {
    return Concat("IF _deltaic_refused > ", p_.max_rejects, " THEN RAISE EXCEPTION 'more than ",
                  p_.max_rejects,
                  " rows are rejected, which max_rejects limits; the last: %', _deltaic_why; END "
                  "IF;\n");
  }

  /// Runs `statement` over all rows of the table; where it fails, over halves, down to one row, for
  /// which `refuse` is run.
  void ByHalves(const std::string& table, const std::string& statement, const std::string& refuse) {
    Add("SELECT min(", Number(), "), max(", Number(), ") INTO _deltaic_low, _deltaic_high FROM ",
        table, ";\n_deltaic_lows := ARRAY[_deltaic_low]; _deltaic_highs := ARRAY[_deltaic_high]; ",
        "_deltaic_more := false;\n");
    Add("WHILE _deltaic_low IS NOT NULL AND cardinality(_deltaic_lows) > 0 LOOP\n",
        "_deltaic_left := cardinality(_deltaic_lows) - 1;\n",
        "_deltaic_low := _deltaic_lows[_deltaic_left + 1]; ",
        "_deltaic_high := _deltaic_highs[_deltaic_left + 1];\n",
        "_deltaic_lows := _deltaic_lows[1:_deltaic_left]; ",
        "_deltaic_highs := _deltaic_highs[1:_deltaic_left];\n");
    Add("BEGIN\n", statement, "EXCEPTION WHEN ", kOfARow, " THEN\n");
    Add("IF _deltaic_low < _deltaic_high THEN\n");
    // Without the index each try would read the whole table.
    Add("IF NOT _deltaic_more THEN CREATE INDEX ON ", table, " (", Number(),
        "); _deltaic_more := true; END IF;\n");
    Add("_deltaic_lows := _deltaic_lows || ARRAY[(_deltaic_low + _deltaic_high) / 2 + 1, "
        "_deltaic_low];\n",
        "_deltaic_highs := _deltaic_highs || ARRAY[_deltaic_high, (_deltaic_low + _deltaic_high) / "
        "2];\n");
    Add("ELSE\nGET STACKED DIAGNOSTICS _deltaic_why = MESSAGE_TEXT, _deltaic_detail = "
        "PG_EXCEPTION_DETAIL;\n",
        "IF _deltaic_detail <> '' THEN _deltaic_why := _deltaic_why || '; ' || _deltaic_detail; "
        "END "
        "IF;\n",
        refuse, Limit(), "END IF;\nEND;\nEND LOOP;\n");
  }

  /// Of a row whose values cannot be made. What the target has of it is known by its key, if that
  /// can be; of one that went, nothing else is needed.
  std::string RefuseValues() const {
    const std::string key = Concat(p_.key, p_.change_type.empty() ? "" : ", ", p_.change_type);
    const std::string typed_key =
        Concat(p_.typed_key, p_.change_type.empty() ? "" : ", ", p_.change_type);
    const std::string insert =
        Concat("INSERT INTO ", p_.refused, " (", key, ", ", Number(), ", ", kReason, ", ", kRefusal,
               ") SELECT ", typed_key, ", ", Number(), ", _deltaic_why, 'type' FROM ", p_.raw,
               " WHERE ", kRange, ";\n");
    const std::string unknown =
        Concat("INSERT INTO ", p_.refused, " (", Number(), ", ", kReason, ", ", kRefusal,
               ") VALUES (_deltaic_low, _deltaic_why, 'type');\n");
    const std::string refuse = Concat("_deltaic_refused := _deltaic_refused + 1;\nBEGIN\n", insert,
                                      "EXCEPTION WHEN ", kOfARow, " THEN\n", unknown, "END;\n");
    if (p_.change_type.empty()) return refuse;
    return Concat("IF EXISTS (SELECT FROM ", p_.raw, " WHERE ", kRange, " AND ", Came(""),
                  ") THEN\n", refuse, "ELSE\nBEGIN\nINSERT INTO ", p_.stage, " (", key, ", ",
                  Number(), ") SELECT ", typed_key, ", ", Number(), " FROM ", p_.raw, " WHERE ",
                  kRange, ";\nEXCEPTION WHEN ", kOfARow, " THEN NULL;\nEND;\nEND IF;\n");
  }

  std::string RefuseRow() const {
    return Concat("_deltaic_refused := _deltaic_refused + 1;\nWITH gone AS (DELETE FROM ", p_.stage,
                  " WHERE ", kRange, " RETURNING *) INSERT INTO ", p_.refused, " (", p_.columns,
                  ", ", Number(), ", ", kReason, ", ", kRefusal, ") SELECT ", p_.columns, ", ",
                  Number(), ", _deltaic_why, 'row' FROM gone;\n");
  }

  void SetRepeatedKeysAside() {
    const std::string came = Came("");
    Add("WITH gone AS (DELETE FROM ", p_.stage, " s USING (SELECT ", p_.key,
        ", count(*) AS _deltaic_times FROM ", p_.stage, came.empty() ? "" : " WHERE ", came,
        " GROUP BY ", p_.key, " HAVING count(*) > 1) t WHERE ", p_.same_key,
        came.empty() ? "" : " AND ", Came("s."), " RETURNING s.*, t._deltaic_times) INSERT INTO ",
        p_.refused, " (", p_.columns, ", ", Number(), ", ", kReason, ", ", kRefusal, ") SELECT ",
        p_.columns, ", ", Number(), ", 'the key ' || ", p_.shown_key,
        " || ' is there ' || _deltaic_times || ' times: keys must be unique', 'twice' FROM gone;\n",
        "_deltaic_why := 'a key that is there twice';\n", Count("refused"), Limit());
  }

  void TryAgain() {
    Add("WHILE EXISTS (SELECT FROM ", p_.refused, ") LOOP\n_deltaic_more := false;\n");
    if (!p_.deletes_of_refused.empty()) Add(p_.deletes_of_refused, "; ", Count("deleted"));
    Add("FOR _deltaic_low IN SELECT ", Number(), " FROM ", p_.refused, " WHERE ", kRefusal,
        " = 'row' ORDER BY 1 LOOP\n_deltaic_high := _deltaic_low;\nBEGIN\n", p_.upserts_of_refused,
        "; ", Count("upserted"), "DELETE FROM ", p_.refused, " WHERE ", kRange,
        ";\n_deltaic_more := true;\nEXCEPTION WHEN ", kOfARow,
        " THEN NULL;\nEND;\nEND LOOP;\nEXIT WHEN NOT _deltaic_more;\nEND LOOP;\n");
  }

  const RefusalPieces& p_;
  std::string out_;
};

}  // namespace

std::string FormatRefusalScript(const RefusalPieces& pieces) { return Script(pieces).Format(); }

}  // namespace deltaic

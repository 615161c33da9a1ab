"use strict";

/** Gathers the clauses of a merge; of those for a row, the first counts whose condition is true. */
class MergeBuilder {
  #run;
  #clauses = [];

  constructor(run) {
    this.#run = run;
  }

  #clause(when, then, { where, except, set } = {}) {
    const assigned = set ? Object.entries(set).map(([column, sql]) => [`set.${column}`, sql]) : [];
    const clause = [["when", when], ["then", then], ...assigned];
    if (!set && then !== "delete") clause.push(["all_columns", "true"]);
    if (where !== undefined) clause.push(["condition", where]);
    if (except !== undefined) clause.push(["except_columns", except]);
    this.#clauses.push(clause);
    return this;
  }

  whenMatchedUpdateAll({ where, except } = {}) {
    return this.#clause("matched", "update", { where, except });
  }
  whenMatchedUpdate(set, { where } = {}) {
    return this.#clause("matched", "update", { set, where });
  }
  whenMatchedDelete({ where } = {}) {
    return this.#clause("matched", "delete", { where });
  }
  whenNotMatchedInsertAll({ where, except } = {}) {
    return this.#clause("not_matched", "insert", { where, except });
  }
  whenNotMatchedInsert(set, { where } = {}) {
    return this.#clause("not_matched", "insert", { set, where });
  }
  whenNotMatchedBySourceUpdate(set, { where } = {}) {
    return this.#clause("not_matched_by_source", "update", { set, where });
  }
  whenNotMatchedBySourceDelete({ where } = {}) {
    return this.#clause("not_matched_by_source", "delete", { where });
  }

  /** Merges as one commit, and moves the table to the version that this made. */
  async execute() {
    return this.#run(this.#clauses);
  }
}

module.exports = { MergeBuilder };

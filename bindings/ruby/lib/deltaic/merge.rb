# frozen_string_literal: true

module Deltaic
  # A MERGE that is being described; nothing happens before #execute. Of several clauses for a row, the first whose
  # condition is true counts.
  #
  #   table.merge(rows, on: "t.id = s.id")
  #        .when_matched_update_all
  #        .when_not_matched_insert_all
  #        .execute
  #
  # In SQL the table is `t` and the rows are `s`.
  class Merge
    # @api private
    def initialize(table, rows, options, schema)
      @table = table
      @rows = rows
      @options = options
      @schema = schema
      @clauses = []
    end

    # Changes rows of the table that a row of the source matches.
    #
    # @param set [Hash{String, Symbol => String}] SQL for each column that changes
    # @param where [String, nil] more that must be true
    # @return [self]
    def when_matched_update(set, where: nil) = add(:matched, :update, where, set:)

    # The same with all columns that the source has.
    #
    # @param where [String, nil]
    # @param except [Array] columns that are left out
    # @return [self]
    def when_matched_update_all(where: nil, except: []) = add(:matched, :update, where, **all(except))

    # Deletes rows of the table that a row of the source matches.
    #
    # @param where [String, nil]
    # @return [self]
    def when_matched_delete(where: nil) = add(:matched, :delete, where)

    # Inserts rows of the source that match none of the table.
    #
    # @param set [Hash{String, Symbol => String}] SQL over the source for each column
    # @param where [String, nil]
    # @return [self]
    def when_not_matched_insert(set, where: nil) = add(:not_matched, :insert, where, set:)

    # The same with all columns that the source has.
    #
    # @param where [String, nil]
    # @param except [Array]
    # @return [self]
    def when_not_matched_insert_all(where: nil, except: []) = add(:not_matched, :insert, where, **all(except))

    # Changes rows of the table that no row of the source matches.
    #
    # @param set [Hash{String, Symbol => String}] SQL over the table
    # @param where [String, nil]
    # @return [self]
    def when_not_matched_by_source_update(set, where: nil) = add(:not_matched_by_source, :update, where, set:)

    # Deletes rows of the table that no row of the source matches.
    #
    # @param where [String, nil]
    # @return [self]
    def when_not_matched_by_source_delete(where: nil) = add(:not_matched_by_source, :delete, where)

    # Runs the MERGE as one commit.
    #
    # @return [Hash{String => Object}] "numTargetRowsInserted" ... as deltaic_table_merge documents them
    # @raise [ConflictError, ConstraintViolatedError, SchemaMismatchError]
    def execute
      raise InvalidArgumentError, "this MERGE has no clause: call when_matched_update_all or another" if @clauses.empty?

      @table.change { |native| Writing.merge(native, @rows, options: @options, clauses: @clauses, schema: @schema) }
    end

    private

    def add(kind, action, where, **more)
      @clauses << { when: kind, then: action, condition: where, **more }
      self
    end

    def all(except)
      { all_columns: true, skip_missing: true, except_columns: except.empty? ? nil : except }
    end
  end
end

# frozen_string_literal: true

module Deltaic
  # What keeps a table in good state: methods of Table. What changes it is one commit, and the new version is loaded.
  module Maintenance
    # Makes an earlier version the newest, as one commit.
    #
    # @param version [Integer, nil] the version to go back to; or
    # @param time [Time, nil] to the newest version committed until then
    # @param options [Hash] any option of deltaic_table_restore: ignore_missing_files: ...
    # @return [Hash{String => Object}] "numRestoredFiles" ... as deltaic_table_restore documents them
    def restore(version: nil, time: nil, **options)
      settings = Settings.options({ version:, timestamp: time, **options })
      change { |native| JSON.parse(native.restore(settings)) }
    end

    # Makes large files of small ones, or with `kind: :purge` drops rows that deletion vectors hide.
    #
    # @param where [String, nil] SQL: which partitions
    # @param options [Hash] any option of deltaic_table_optimize: target_file_size_bytes:, plan_only: ...
    # @return [Hash{String => Object}] "numFilesAdded" ... as deltaic_table_optimize documents them
    def optimize(kind: :compact, where: nil, **options)
      settings = Settings.options({ kind:, where:, **options })
      change { |native| JSON.parse(native.optimize(settings)) }
    end

    # Deletes files that no version within the retention needs; by default only says which.
    #
    # @param dry_run [Boolean] false: they are deleted
    # @param retention_hours [Numeric, nil] default: the table's delta.deletedFileRetentionDuration
    # @param options [Hash] any option of deltaic_table_vacuum: enforce_retention_duration:, full:, keep_versions: ...
    # @return [Hash{String => Object}] "files" ... as deltaic_table_vacuum documents them
    def vacuum(dry_run: true, retention_hours: nil, **options)
      retention_ms = retention_hours && (retention_hours * 3_600_000).to_i
      settings = Settings.options({ dry_run:, retention_ms:, **options })
      change { |native| JSON.parse(native.vacuum(settings)) }
    end

    # Writes a checkpoint of the loaded version.
    #
    # @return [void]
    def checkpoint = @native.checkpoint(Settings.options({}))

    # Changes the table and none of its rows.
    #
    #   table.alter(:add_columns, schema: "n INT, day DATE", after: :id)
    #   table.alter(:add_constraint, constraint: :small, condition: "id < 100")
    #
    # @param alteration [Symbol, String] :add_columns, :drop_columns, :rename_column, :change_column, :set_properties,
    #   :unset_properties, :add_constraint, :drop_constraint, :cluster_by, :describe, :add_features, :drop_feature
    # @param options [Hash] what it takes, as deltaic_table_alter says
    # @return [Hash{String => Object}] "version" (nil where nothing was to do), "numCheckedRows", "numRetries"
    def alter(alteration, transaction: nil, **options)
      settings = Settings.options({ change: alteration, **options, **Settings.transaction(transaction) })
      change { |native| JSON.parse(native.alter(settings)) }
    end

    # Takes files out of the table whose data or deletion vector is gone.
    #
    # @param dry_run [Boolean] true: only looks
    # @param options [Hash] any option of deltaic_table_repair
    # @return [Hash{String => Object}] "version" (nil where nothing was to do), "removed", "missing", "numCheckedFiles"
    def repair(dry_run: false, transaction: nil, **options)
      settings = Settings.options({ dry_run:, **options, **Settings.transaction(transaction) })
      change { |native| JSON.parse(native.repair(settings)) }
    end

    # Deletes log files that no version within the retention needs.
    #
    # @param dry_run [Boolean] true: only says which
    # @param retention_hours [Integer, nil] default: the table's delta.logRetentionDuration
    # @return [Hash{String => Object}] "files", "bytes", "firstVersion"
    def cleanup_log(dry_run: false, retention_hours: nil)
      settings = Settings.options({ dry_run:, retention_hours: })
      change { |native| JSON.parse(native.cleanup_log(settings)) }
    end

    # Sums commits up in one file of the log beside them.
    #
    # @param versions [Range<Integer>] of the commits
    # @return [Hash{String => Object}] "numActions", "bytes", "wasThere"
    def compact_log(versions)
      settings = Settings.options({ first_version: versions.min, last_version: versions.max })
      change { |native| JSON.parse(native.compact_log(settings)) }
    end

    # Writes the lists of files that engines without Delta read, in _symlink_format_manifest.
    #
    # @return [Hash{String => Object}] "numFiles", "numManifests", "numStaleManifests"
    def manifest = change { |native| JSON.parse(native.manifest(Settings.options({}))) }

    # Says how the loaded version is: files, partitions, statistics, the log, and what mends what is not well. Reads no data
    # file.
    #
    # @param list_folder [Boolean] false: the table's folder is not listed, so that "reclaimable" is nil
    # @param options [Hash] any option of deltaic_table_doctor: num_commits:, num_partitions:
    # @return [Hash{String => Object}] "findings" (the worst first, each with "severity", "title", "detail" and the
    #   "command" that mends it, or nil), "numFiles" ... as deltaic_table_doctor documents them
    def doctor(list_folder: true, **options)
      JSON.parse(native.copy.doctor(Settings.options({ list_folder:, **options })))
    end
  end
end

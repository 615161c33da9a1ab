// deltaic write-files, commit-files, discard-files: files written now and committed later.

#include <simdjson.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "context.h"
#include "stream_chain.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

struct WriteFilesArguments {
  std::string table, compression, max_memory;
  Inputs inputs;
};

struct CommitFilesArguments {
  std::string table, mode = "append", replace_where, operation;
  std::vector<std::string> lists, transactions;
};

int64_t NumberOf(const std::string& json, const char* key) {
  simdjson::dom::parser parser;
  return int64_t(parser.parse(json)[key]);
}

std::string CountOf(int64_t files) {
  return GroupedNumber(files) + (files == 1 ? " file" : " files");
}

/// The lists put together; - is standard input.
std::string ReadLists(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) {
    std::ifstream file;
    if (path != "-") file.open(path, std::ios::binary);
    if (path != "-" && !file) throw Error(DELTAIC_ERROR_NOT_FOUND, path + " cannot be read");
    std::istream& in = path == "-" ? std::cin : file;
    text.append(std::istreambuf_iterator<char>(in), {});
    text += '\n';
  }
  return text;
}

void WriteFiles(const WriteFilesArguments& args, const Context& context) {
  Options options = context.CallOptions();
  if (!args.compression.empty()) options.Set("compression", args.compression);
  SetMemory(options, args.max_memory);
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  const Table::WrittenFiles written =
      WriteInputs(args.inputs, options, context.progress_wanted(),
                  [&](Stream rows) { return table.WriteFiles(std::move(rows), options); });
  std::cout << written.files << std::flush;
  context.Say(GroupedNumber(NumberOf(written.metrics, "numRows")) + " rows, " +
              HumanBytes(NumberOf(written.metrics, "numBytes")) + " in " +
              CountOf(NumberOf(written.metrics, "numFiles")) +
              " that no version names yet; deltaic commit-files does");
}

void CommitFiles(const CommitFilesArguments& args, const Context& context) {
  Options options = context.CallOptions();
  options.Set("mode", args.mode);
  if (!args.replace_where.empty()) options.Set("replace_where", args.replace_where);
  if (!args.operation.empty()) options.Set("operation", args.operation);
  for (const std::string& transaction : args.transactions) {
    const auto [app_id, version] = SplitSetting("--txn", transaction);
    options.Set("txn." + app_id, version);
  }
  Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  const std::string metrics = table.CommitFiles(ReadLists(args.lists), options);
  simdjson::dom::parser parser;
  if (bool(parser.parse(metrics)["wasThere"])) {
    return context.Say(table.uri() + " has these transactions already; nothing committed");
  }
  const int64_t removed = NumberOf(metrics, "numRemovedFiles");
  context.Say("version " + std::to_string(NumberOf(metrics, "version")) + " of " + table.uri() +
              ": " + CountOf(NumberOf(metrics, "numAddedFiles")) + " added" +
              (removed > 0 ? ", " + GroupedNumber(removed) + " removed" : ""));
}

void DiscardFiles(const CommitFilesArguments& args, const Context& context) {
  const Table table = Table::Open(args.table, context.StorageOptions(), context.CallOptions());
  const std::string metrics = table.DiscardFiles(ReadLists(args.lists), context.CallOptions());
  context.Say(CountOf(NumberOf(metrics, "numFiles")) + " deleted");
}

CLI::App* AddListCommand(CLI::App& app, const std::shared_ptr<CommitFilesArguments>& args,
                         const char* name, const char* meaning) {
  CLI::App* command = app.add_subcommand(name, meaning);
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command
      ->add_option("LIST", args->lists,
                   "What write-files printed, or add actions; - is standard input")
      ->required();
  return command;
}

}  // namespace

void AddWriteFiles(CLI::App& app, Context& context) {
  auto args = std::make_shared<WriteFilesArguments>();
  CLI::App* command = app.add_subcommand(
      "write-files", "Write rows as files of a table, print the list of them, and commit nothing");
  command->add_option("TABLE", args->table, "Path or URI of the table")->required();
  command
      ->add_option("INPUT", args->inputs.paths,
                   "Parquet, CSV, JSON lines or Arrow files; - is standard input")
      ->required();
  command->add_option("--compression", args->compression,
                      "snappy, zstd, gzip, lz4_raw, brotli or none");
  command
      ->add_option("--input-format", args->inputs.format,
                   "Format of the inputs where their names do not tell")
      ->check(CLI::IsMember({"parquet", "csv", "json", "arrow"}));
  command->add_option("--schema", args->inputs.schema,
                      "Types of CSV or JSON columns, as in 'code string, n decimal(20,0)'");
  AddMemoryOption(*command, args->max_memory);
  command->footer(
      "Example:\n  deltaic write-files /data/events part-7.parquet > part-7.files\n"
      "  deltaic commit-files /data/events part-*.files --txn load=7");
  command->callback([args, &context] { WriteFiles(*args, context); });
}

void AddCommitFiles(CLI::App& app, Context& context) {
  auto args = std::make_shared<CommitFilesArguments>();
  CLI::App* command = AddListCommand(app, args, "commit-files",
                                     "Commit files that are in a table's folder, as one commit");
  command->add_option("--mode", args->mode, "What becomes of the other files of the table")
      ->check(CLI::IsMember({"append", "overwrite"}))
      ->capture_default_str();
  command->add_option("--replace-where", args->replace_where,
                      "With --mode overwrite: replace only the partitions that match");
  command
      ->add_option(
          "--txn", args->transactions,
          "APPLICATION=VERSION: nothing is done where the table has come to it; repeatable")
      ->allow_extra_args(false);
  command->add_option("--operation", args->operation, "What the history calls it");
  command->footer("Example:\n  deltaic commit-files /data/events part-*.files --txn load=7");
  command->callback([args, &context] { CommitFiles(*args, context); });
}

void AddDiscardFiles(CLI::App& app, Context& context) {
  auto args = std::make_shared<CommitFilesArguments>();
  CLI::App* command = AddListCommand(app, args, "discard-files",
                                     "Delete files of write-files that will not be committed");
  command->footer("Example:\n  deltaic discard-files /data/events part-7.files");
  command->callback([args, &context] { DiscardFiles(*args, context); });
}

}  // namespace deltaic::cli

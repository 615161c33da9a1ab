#include "protocol/actions_json.h"

#include <algorithm>
#include <utility>

#include "protocol/commit_info_json.h"
#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Field;
using json::JsonValue;
using json::Member;
using enum json::Presence;

}  // namespace

// Named, not in the anonymous namespace, so that json::Member finds them by their argument.
static Status ReadValue(JsonValue& value, DeletionVectorDescriptor& out);
static void WriteValue(JsonWriter& out, const DeletionVectorDescriptor& value);

namespace {

/// `format` is an object of its own in JSON.
struct Format {
  std::string provider = "parquet";
  StringMap options;
};
constexpr Field<Format> kFormatFields[] = {
    Member<&Format::provider>("provider"),
    Member<&Format::options>("options"),
};
constexpr Field<Metadata> kFormatField = {
    "format", kOptional,
    [](JsonValue& value, Metadata& out) -> Status {
      Format format;
      DELTAIC_RETURN_IF_ERROR(json::ReadFields<Format>(value, kFormatFields, format));
      out.format_provider = std::move(format.provider);
      out.format_options = std::move(format.options);
      return Status::Ok();
    },
    [](Metadata& out) {
      out.format_provider = Format().provider;
      out.format_options.clear();
    },
    [](JsonWriter& out, std::string_view name, const Metadata& metadata) {
      const Format format{metadata.format_provider, metadata.format_options};
      json::WriteFields<Format>(out.Key(name), kFormatFields, format);
    }};

constexpr Field<Metadata> SchemaStringField() {
  auto field = Member<&Metadata::schema_string>("schemaString");
  field.write = [](JsonWriter& out, std::string_view name, const Metadata& metadata) {
    if (!metadata.schema_string.empty()) out.Key(name).String(metadata.schema_string);
  };
  return field;
}

constexpr Field<Metadata> kMetadataFields[] = {
    Member<&Metadata::id>("id", kRequired),
    Member<&Metadata::name>("name"),
    Member<&Metadata::description>("description"),
    kFormatField,
    SchemaStringField(),
    Member<&Metadata::partition_columns>("partitionColumns"),
    Member<&Metadata::created_time_ms>("createdTime"),
    Member<&Metadata::configuration>("configuration"),
};

constexpr Field<Protocol> kProtocolFields[] = {
    Member<&Protocol::min_reader_version>("minReaderVersion", kRequired),
    Member<&Protocol::min_writer_version>("minWriterVersion", kRequired),
    Member<&Protocol::reader_features>("readerFeatures"),
    Member<&Protocol::writer_features>("writerFeatures"),
};

constexpr Field<DeletionVectorDescriptor> kDeletionVectorFields[] = {
    Member<&DeletionVectorDescriptor::storage_type>("storageType", kRequired),
    Member<&DeletionVectorDescriptor::path_or_inline_dv>("pathOrInlineDv", kRequired),
    Member<&DeletionVectorDescriptor::offset>("offset"),
    Member<&DeletionVectorDescriptor::size_in_bytes>("sizeInBytes", kRequired),
    Member<&DeletionVectorDescriptor::cardinality>("cardinality", kRequired),
};

constexpr std::string_view kStats = "stats";

constexpr Field<Add> kAddFields[] = {
    Member<&Add::path>("path", kRequired),
    Member<&Add::partition_values>("partitionValues", kRequired),
    Member<&Add::size>("size", kRequired),
    Member<&Add::modification_time>("modificationTime", kRequired),
    Member<&Add::data_change>("dataChange", kRequired),
    Member<&Add::stats>(kStats),
    Member<&Add::tags>("tags"),
    Member<&Add::deletion_vector>("deletionVector"),
    Member<&Add::base_row_id>("baseRowId"),
    Member<&Add::default_row_commit_version>("defaultRowCommitVersion"),
    Member<&Add::clustering_provider>("clusteringProvider"),
};

constexpr Field<Remove> kRemoveFields[] = {
    Member<&Remove::path>("path", kRequired),
    Member<&Remove::deletion_timestamp>("deletionTimestamp"),
    Member<&Remove::data_change>("dataChange", kRequired),
    Member<&Remove::extended_file_metadata>("extendedFileMetadata"),
    Member<&Remove::partition_values>("partitionValues"),
    Member<&Remove::size>("size"),
    Member<&Remove::stats>(kStats),
    Member<&Remove::tags>("tags"),
    Member<&Remove::deletion_vector>("deletionVector"),
    Member<&Remove::base_row_id>("baseRowId"),
    Member<&Remove::default_row_commit_version>("defaultRowCommitVersion"),
};

constexpr Field<Cdc> kCdcFields[] = {
    Member<&Cdc::path>("path", kRequired),
    Member<&Cdc::partition_values>("partitionValues", kRequired),
    Member<&Cdc::size>("size", kRequired),
    Member<&Cdc::data_change>("dataChange", kRequired),
    Member<&Cdc::tags>("tags"),
};

constexpr Field<Txn> kTxnFields[] = {
    Member<&Txn::app_id>("appId", kRequired),
    Member<&Txn::version>("version", kRequired),
    Member<&Txn::last_updated>("lastUpdated"),
};

constexpr Field<DomainMetadata> kDomainMetadataFields[] = {
    Member<&DomainMetadata::domain>("domain", kRequired),
    Member<&DomainMetadata::configuration>("configuration", kRequired),
    Member<&DomainMetadata::removed>("removed", kRequired),
};

constexpr Field<CheckpointMetadata> kCheckpointMetadataFields[] = {
    Member<&CheckpointMetadata::version>("version", kRequired),
    Member<&CheckpointMetadata::tags>("tags"),
};

constexpr Field<Sidecar> kSidecarFields[] = {
    Member<&Sidecar::path>("path", kRequired),
    Member<&Sidecar::size_in_bytes>("sizeInBytes", kRequired),
    Member<&Sidecar::modification_time>("modificationTime", kRequired),
    Member<&Sidecar::tags>("tags"),
};

/// One kind of action: its key in a line, and how it is read and written.
struct Kind {
  std::string_view name;
  bool ActionFilter::* wanted;
  Status (*read)(JsonValue& value, const ActionFilter& filter, std::vector<Action>& out);
  void (*write)(JsonWriter& out, const Action& action);
};

template <typename T, const auto& kFields>
constexpr Kind MakeKind(std::string_view name, bool ActionFilter::* wanted) {
  return {name, wanted,
          [](JsonValue& value, const ActionFilter& filter, std::vector<Action>& out) {
            auto& action = std::get<T>(out.emplace_back(std::in_place_type<T>));
            return json::ReadFields<T>(value, kFields, action,
                                       filter.add_stats ? std::string_view() : kStats);
          },
          [](JsonWriter& out, const Action& action) {
            json::WriteFields<T>(out, kFields, std::get<T>(action));
          }};
}

constexpr Kind kCommitInfoKind = {
    "commitInfo", &ActionFilter::commit_info,
    [](JsonValue& value, const ActionFilter&, std::vector<Action>& out) -> Status {
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view raw, json::RawText(value));
      DELTAIC_ASSIGN_OR_RETURN(CommitInfo info, ParseCommitInfo(raw));
      out.emplace_back(std::move(info));
      return Status::Ok();
    },
    [](JsonWriter& out, const Action& action) {
      WriteCommitInfo(out, std::get<CommitInfo>(action));
    }};

/// In the order of the alternatives of Action.
constexpr Kind kKinds[] = {
    MakeKind<Metadata, kMetadataFields>("metaData", &ActionFilter::metadata),
    MakeKind<Protocol, kProtocolFields>("protocol", &ActionFilter::protocol),
    MakeKind<Add, kAddFields>("add", &ActionFilter::add),
    MakeKind<Remove, kRemoveFields>("remove", &ActionFilter::remove),
    MakeKind<Cdc, kCdcFields>("cdc", &ActionFilter::cdc),
    MakeKind<Txn, kTxnFields>("txn", &ActionFilter::txn),
    kCommitInfoKind,
    MakeKind<DomainMetadata, kDomainMetadataFields>("domainMetadata",
                                                    &ActionFilter::domain_metadata),
    MakeKind<CheckpointMetadata, kCheckpointMetadataFields>("checkpointMetadata",
                                                            &ActionFilter::checkpoint_metadata),
    MakeKind<Sidecar, kSidecarFields>("sidecar", &ActionFilter::sidecar),
};
static_assert(std::size(kKinds) == std::variant_size_v<Action>);

/// The text up to the next line end, which `rest` loses with it.
std::string_view TakeLine(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

std::string_view TrimSpaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

/// The wanted actions of one line; of equal ones the last.
Status ParseLine(simdjson::ondemand::document& document, const ActionFilter& filter,
                 std::vector<Action>& out) {
  DELTAIC_RETURN_IF_ERROR(
      json::ForEachField(document, [&](std::string_view key, JsonValue& value) -> Status {
        const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const Kind& k) { return k.name == key; });
        if (kind == std::end(kKinds) || !(filter.*kind->wanted)) return json::Skip(value);
        const auto index = static_cast<size_t>(kind - kKinds);
        std::erase_if(out, [&](const Action& action) { return action.index() == index; });
        if (json::IsNull(value)) return Status::Ok();
        Status status = kind->read(value, filter, out);
        return status.ok() ? status : status.WithContext(key);
      }));
  return json::CheckEnd(document);
}

}  // namespace

static Status ReadValue(JsonValue& value, DeletionVectorDescriptor& out) {
  return json::ReadFields<DeletionVectorDescriptor>(value, kDeletionVectorFields, out);
}

static void WriteValue(JsonWriter& out, const DeletionVectorDescriptor& value) {
  json::WriteFields<DeletionVectorDescriptor>(out, kDeletionVectorFields, value);
}

Status ParseCommit(std::string_view json_lines, std::string_view name, const ActionFilter& filter,
                   const std::function<Status(Action&&)>& visit) {
  json::ParserLease lease;
  std::vector<Action> actions;
  std::string_view rest = json_lines;
  for (int64_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = TrimSpaces(TakeLine(rest));
    if (line.empty()) continue;
    const auto readable = static_cast<size_t>(json_lines.end() - line.begin());
    actions.clear();
    auto document = lease.Start(line, readable);
    const Status status = document.ok() ? ParseLine(*document, filter, actions) : document.status();
    if (!status.ok()) return status.WithContext(Concat(name, " line ", number));
    for (Action& action : actions) DELTAIC_RETURN_IF_ERROR(visit(std::move(action)));
  }
  return Status::Ok();
}

Result<std::vector<Action>> ParseActions(std::string_view json_lines, std::string_view name) {
  std::vector<Action> actions;
  DELTAIC_RETURN_IF_ERROR(
      ParseCommit(json_lines, name, ActionFilter(), [&](Action&& action) -> Status {
        actions.push_back(std::move(action));
        return Status::Ok();
      }));
  return actions;
}

std::string FormatAction(const Action& action) {
  const Kind& kind = kKinds[action.index()];
  JsonWriter out;
  out.BeginObject().Key(kind.name);
  kind.write(out, action);
  out.EndObject();
  return out.Take();
}

std::string FormatActions(const std::vector<Action>& actions) {
  std::string lines;
  for (const Action& action : actions) {
    lines += FormatAction(action);
    lines.push_back('\n');
  }
  return lines;
}

}  // namespace deltaic

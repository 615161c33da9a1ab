#include "ingest/avro/avro_program.h"

#include <algorithm>
#include <utility>

#include "ingest/avro/avro_values.h"
#include "ingest/decode/cells.h"
#include "protocol/json.h"

namespace deltaic::ingest {

/// One value of the writer on its way into a column.
struct AvroOp {
  enum class Code : uint8_t {
    kSkip,
    kNull,
    kBool,
    kLongAsIs,  // to a long, or microseconds to a timestamp
    kLong,      // int and long to other numbers
    kTime,
    kFloat,
    kDouble,
    kBytes,  // text too
    kFixed,
    kDecimal,
    kUuid,
    kEnum,
    kRecord,
    kArray,
    kMap,
    kUnion,
    kMember,  // a branch of a union, to its member of a struct
    kMisfit,  // no value of this type goes into this column
  };
  Code code = Code::kSkip;
  Column* column = nullptr;
  const AvroType* type = nullptr;
  std::string name;  // of the column, dotted
  std::vector<AvroOp> children;
  std::vector<std::pair<Column*, std::string>> missing;  // members, and defaults of the last op
  std::vector<AvroOp> defaults;                          // of `missing`, where it has bytes
  int member = 0;
  AvroTypePtr held;  // a reader's type that lives no longer than this elsewhere
};

namespace {

using Code = AvroOp::Code;

/// The reader's field that a writer's field is, by name or alias.
const AvroField* ReaderField(const AvroType* reader, const AvroField& field) {
  if (reader == nullptr || reader->kind != AvroKind::kRecord) return nullptr;
  for (const AvroField& candidate : reader->fields) {
    if (candidate.name == field.name) return &candidate;
  }
  for (const AvroField& candidate : reader->fields) {
    if (std::ranges::find(candidate.aliases, field.name) != candidate.aliases.end()) {
      return &candidate;
    }
  }
  return nullptr;
}

/// What of a reader's type goes with a writer's of that kind: the type, or the branch of it.
const AvroType* ReaderPart(const AvroType* reader, const AvroType& writer) {
  if (reader == nullptr || reader->kind != AvroKind::kUnion || writer.kind == AvroKind::kUnion) {
    return reader;
  }
  for (const AvroTypePtr& branch : reader->children) {
    if (branch->kind == writer.kind) return branch.get();
  }
  return nullptr;
}

const AvroType* ReaderChild(const AvroType* reader, AvroKind kind) {
  return reader != nullptr && reader->kind == kind ? reader->children[0].get() : nullptr;
}

AvroOp Compile(const AvroType& writer, const AvroType* reader, Column& column,
               const std::string& name);

AvroOp MakeOp(Code code, const AvroType& type, Column& column, const std::string& name) {
  AvroOp op;
  op.code = code;
  op.type = &type;
  op.column = &column;
  op.name = name;
  return op;
}

AvroOp SkipOp(const AvroType& type) {
  AvroOp op;
  op.type = &type;
  return op;
}

/// The default of a reader's field that the writer does not have.
bool CompileDefault(const AvroField& field, Column& column, const std::string& name, AvroOp& op,
                    std::string& bytes) {
  if (!field.default_value) return false;
  if (!EncodeAvroDefault(*field.type, *field.default_value, bytes).ok()) return false;
  op = Compile(*field.type, nullptr, column, name);
  return true;
}

AvroOp CompileRecord(const AvroType& writer, const AvroType* reader, Column& column,
                     const std::string& name) {
  AvroOp op = MakeOp(Code::kRecord, writer, column, name);
  const auto& members = column.type().fields();
  std::vector<bool> filled(members.size(), false);
  for (const AvroField& field : writer.fields) {
    const AvroField* read = ReaderField(reader, field);
    const int found = FindField(members, read == nullptr ? field.name : read->name);
    if (found < 0 || filled[static_cast<size_t>(found)]) {
      op.children.push_back(SkipOp(*field.type));
      continue;
    }
    const auto member = static_cast<size_t>(found);
    filled[member] = true;
    op.children.push_back(Compile(*field.type, read == nullptr ? nullptr : read->type.get(),
                                  column.child(member), Concat(name, '.', members[member].name)));
  }
  for (size_t i = 0; i < members.size(); ++i) {
    if (filled[i]) continue;
    AvroOp by_default;
    std::string bytes;
    const auto* fields =
        reader == nullptr || reader->kind != AvroKind::kRecord ? nullptr : &reader->fields;
    for (size_t f = 0; fields != nullptr && f < fields->size(); ++f) {
      if ((*fields)[f].name != members[i].name) continue;
      CompileDefault((*fields)[f], column.child(i), Concat(name, '.', members[i].name), by_default,
                     bytes);
    }
    op.missing.emplace_back(&column.child(i), std::move(bytes));
    op.defaults.push_back(std::move(by_default));
  }
  return op;
}

/// Whether a struct has been made for the branches of a union: member0, member1, ...
bool HasMembers(const DataType& type, size_t count) {
  if (type.id() != TypeId::kStruct || type.fields().size() != count) return false;
  for (size_t i = 0; i < count; ++i) {
    if (type.fields()[i].name != Concat("member", i)) return false;
  }
  return true;
}

AvroOp CompileUnion(const AvroType& writer, const AvroType* reader, Column& column,
                    const std::string& name) {
  AvroOp op = MakeOp(Code::kUnion, writer, column, name);
  const size_t count = static_cast<size_t>(std::ranges::count_if(
      writer.children, [](const AvroTypePtr& t) { return t->kind != AvroKind::kNull; }));
  const bool by_member = count > 1 && HasMembers(column.type(), count);
  int member = 0;
  for (const AvroTypePtr& branch : writer.children) {
    if (branch->kind == AvroKind::kNull || !by_member) {
      op.children.push_back(Compile(*branch, ReaderPart(reader, *branch), column, name));
      continue;
    }
    AvroOp to = MakeOp(Code::kMember, *branch, column, name);
    to.member = member;
    to.children.push_back(Compile(*branch, nullptr, column.child(static_cast<size_t>(member)),
                                  Concat(name, ".member", member)));
    op.children.push_back(std::move(to));
    ++member;
  }
  return op;
}

Code LongCode(const AvroType& writer, const Column& column) {
  const TypeId id = column.id();
  const bool is_time = UnitsPerSecond(writer.logical) > 0;
  switch (id) {
    case TypeId::kLong:
      return Code::kLongAsIs;
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      if (writer.logical == AvroLogical::kDate) return Code::kMisfit;
      return is_time ? Code::kTime : Code::kLongAsIs;
    case TypeId::kInteger:
    case TypeId::kShort:
    case TypeId::kByte:
    case TypeId::kDouble:
    case TypeId::kFloat:
    case TypeId::kDecimal:
      return is_time ? Code::kMisfit : Code::kLong;
    case TypeId::kDate:
      return writer.kind == AvroKind::kInt ? Code::kLong : Code::kMisfit;
    default:
      return Code::kMisfit;
  }
}

AvroOp CompileBytes(const AvroType& writer, Column& column, const std::string& name) {
  const TypeId id = column.id();
  const bool is_fixed = writer.kind == AvroKind::kFixed;
  Code code = Code::kMisfit;
  if (id == TypeId::kDecimal && writer.logical == AvroLogical::kDecimal) {
    code = Code::kDecimal;
  } else if (is_fixed && id == TypeId::kString && writer.logical == AvroLogical::kUuid) {
    code = Code::kUuid;
  } else if (id == TypeId::kBinary || (id == TypeId::kString && !is_fixed)) {
    code = is_fixed ? Code::kFixed : Code::kBytes;
  }
  return MakeOp(code, writer, column, name);
}

AvroOp Compile(const AvroType& writer, const AvroType* reader, Column& column,
               const std::string& name) {
  const TypeId id = column.id();
  const auto if_fits = [&](bool fits, Code code) {
    return MakeOp(fits ? code : Code::kMisfit, writer, column, name);
  };
  switch (writer.kind) {
    case AvroKind::kNull:
      return if_fits(true, Code::kNull);
    case AvroKind::kBoolean:
      return if_fits(id == TypeId::kBoolean, Code::kBool);
    case AvroKind::kInt:
    case AvroKind::kLong:
      return if_fits(true, LongCode(writer, column));
    case AvroKind::kFloat:
      return if_fits(id == TypeId::kFloat || id == TypeId::kDouble, Code::kFloat);
    case AvroKind::kDouble:
      return if_fits(id == TypeId::kDouble || id == TypeId::kFloat, Code::kDouble);
    case AvroKind::kBytes:
    case AvroKind::kString:
    case AvroKind::kFixed:
      return CompileBytes(writer, column, name);
    case AvroKind::kEnum:
      return if_fits(id == TypeId::kString, Code::kEnum);
    case AvroKind::kUnion:
      return CompileUnion(writer, reader, column, name);
    case AvroKind::kRecord:
      if (id != TypeId::kStruct) return if_fits(false, Code::kMisfit);
      return CompileRecord(writer, ReaderPart(reader, writer), column, name);
    case AvroKind::kArray: {
      AvroOp op = if_fits(id == TypeId::kArray, Code::kArray);
      if (op.code != Code::kArray) return op;
      op.children.push_back(Compile(*writer.children[0],
                                    ReaderChild(ReaderPart(reader, writer), AvroKind::kArray),
                                    column.child(0), name + ".element"));
      return op;
    }
    case AvroKind::kMap: {
      AvroOp op = if_fits(id == TypeId::kMap, Code::kMap);
      if (op.code != Code::kMap) return op;
      op.children.push_back(Compile(*writer.children[0],
                                    ReaderChild(ReaderPart(reader, writer), AvroKind::kMap),
                                    column.child(1), name + ".value"));
      return op;
    }
  }
  return if_fits(false, Code::kMisfit);
}

enum class Outcome { kOk, kDamaged, kMisfit };

struct Runner {
  AvroReader& in;
  const AvroOp* misfit = nullptr;

  Outcome Misfit(const AvroOp& op) {
    misfit = &op;
    return Outcome::kMisfit;
  }
  Outcome Run(const AvroOp& op);
  Outcome Items(const AvroOp& op);
  Outcome Record(const AvroOp& op);
  Outcome Member(const AvroOp& op);
};

Outcome Runner::Items(const AvroOp& op) {
  const bool is_map = op.code == Code::kMap;
  int64_t count = 0;
  while (true) {
    if (!in.Block(count)) return Outcome::kDamaged;
    if (count == 0) break;
    for (; count > 0; --count) {
      if (is_map) {
        std::string_view key;
        if (!in.Bytes(key)) return Outcome::kDamaged;
        if (!PutBytes(op.column->child(0), key)) return Misfit(op);
      }
      if (const Outcome out = Run(op.children[0]); out != Outcome::kOk) return out;
    }
  }
  op.column->AppendList();
  return Outcome::kOk;
}

Outcome Runner::Record(const AvroOp& op) {
  for (const AvroOp& child : op.children) {
    if (const Outcome out = Run(child); out != Outcome::kOk) return out;
  }
  for (size_t i = 0; i < op.missing.size(); ++i) {
    const auto& [column, bytes] = op.missing[i];
    if (op.defaults[i].code == Code::kSkip) {
      column->AppendNull();
      continue;
    }
    AvroReader constant(bytes);
    Runner run{constant};
    if (const Outcome out = run.Run(op.defaults[i]); out != Outcome::kOk) return Misfit(op);
  }
  op.column->AppendStruct();
  return Outcome::kOk;
}

Outcome Runner::Member(const AvroOp& op) {
  for (size_t i = 0; i < op.column->num_children(); ++i) {
    if (static_cast<int>(i) != op.member) op.column->child(i).AppendNull();
  }
  if (const Outcome out = Run(op.children[0]); out != Outcome::kOk) return out;
  op.column->AppendStruct();
  return Outcome::kOk;
}

Outcome Runner::Run(const AvroOp& op) {
  int64_t number = 0;
  std::string_view bytes;
  const auto put = [&](bool fits) { return fits ? Outcome::kOk : Misfit(op); };
  switch (op.code) {
    case Code::kSkip:
      return in.Skip(*op.type) ? Outcome::kOk : Outcome::kDamaged;
    case Code::kNull:
      op.column->AppendNull();
      return Outcome::kOk;
    case Code::kBool: {
      bool flag = false;
      if (!in.Bool(flag)) return Outcome::kDamaged;
      op.column->AppendBool(flag);
      return Outcome::kOk;
    }
    case Code::kLongAsIs:
      if (!in.Long(number)) return Outcome::kDamaged;
      op.column->AppendInt(number);
      return Outcome::kOk;
    case Code::kLong:
      return in.Long(number) ? put(PutInt(*op.column, number)) : Outcome::kDamaged;
    case Code::kTime: {
      int64_t micros = 0;
      if (!in.Long(number)) return Outcome::kDamaged;
      if (!MicrosOf(number, UnitsPerSecond(op.type->logical), micros)) return Misfit(op);
      op.column->AppendInt(micros);
      return Outcome::kOk;
    }
    case Code::kFloat: {
      float value = 0;
      if (!in.Plain(value)) return Outcome::kDamaged;
      op.column->AppendDouble(value);
      return Outcome::kOk;
    }
    case Code::kDouble: {
      double value = 0;
      if (!in.Plain(value)) return Outcome::kDamaged;
      op.column->AppendDouble(value);
      return Outcome::kOk;
    }
    case Code::kBytes:
      return in.Bytes(bytes) ? put(PutBytes(*op.column, bytes)) : Outcome::kDamaged;
    case Code::kFixed:
      return in.Fixed(op.type->size, bytes) ? put(PutBytes(*op.column, bytes)) : Outcome::kDamaged;
    case Code::kDecimal: {
      const bool got =
          op.type->kind == AvroKind::kFixed ? in.Fixed(op.type->size, bytes) : in.Bytes(bytes);
      Int128 unscaled = 0;
      if (!got) return Outcome::kDamaged;
      return put(AvroDecimal(bytes, unscaled) && PutDecimal(*op.column, unscaled, op.type->scale));
    }
    case Code::kUuid:
      if (!in.Fixed(op.type->size, bytes)) return Outcome::kDamaged;
      op.column->AppendText(FormatUuid(bytes));
      return Outcome::kOk;
    case Code::kEnum:
      if (!in.Long(number) || number < 0 ||
          static_cast<size_t>(number) >= op.type->symbols.size()) {
        return Outcome::kDamaged;
      }
      return put(PutBytes(*op.column, op.type->symbols[static_cast<size_t>(number)]));
    case Code::kRecord:
      return Record(op);
    case Code::kArray:
    case Code::kMap:
      return Items(op);
    case Code::kUnion:
      if (!in.Long(number) || number < 0 || static_cast<size_t>(number) >= op.children.size()) {
        return Outcome::kDamaged;
      }
      return Run(op.children[static_cast<size_t>(number)]);
    case Code::kMember:
      return Member(op);
    case Code::kMisfit:
      return Misfit(op);
  }
  return Outcome::kDamaged;
}

std::string_view NameOf(const AvroType& type) {
  constexpr std::string_view kNames[] = {"null",   "boolean", "int",    "long",  "float",
                                         "double", "bytes",   "string", "fixed", "enum",
                                         "record", "array",   "map",    "union"};
  return kNames[static_cast<size_t>(type.kind)];
}

Status NoColumn(std::string_view name, Evolution evolution) {
  if (evolution == Evolution::kStrict) {
    return Status::SchemaMismatch("the table has no column ", name);
  }
  return Status::Unsupported("the table has no column ", name,
                             ", and --evolution fail ends the process then");
}

}  // namespace

AvroProgram::~AvroProgram() = default;

Result<std::unique_ptr<AvroProgram>> AvroProgram::Compile(const AvroTypePtr& writer,
                                                          const AvroTypePtr& reader,
                                                          RowBuffer* rows, Evolution evolution) {
  if (writer->kind != AvroKind::kRecord) {
    return Status::SchemaMismatch("messages are an Avro ", NameOf(*writer),
                                  "; only records become rows");
  }
  auto program = std::unique_ptr<AvroProgram>(new AvroProgram());
  program->rows_ = rows;
  std::vector<bool> filled(rows->num_columns(), false);
  for (const AvroField& field : writer->fields) {
    const AvroField* read = ReaderField(reader.get(), field);
    Field made{.name = read == nullptr ? field.name : read->name, .type = field.type};
    made.column = FindField(rows->fields(), made.name);
    const bool is_rescue = evolution == Evolution::kRescue && made.name == kRescuedColumn;
    if (made.column >= 0 && (is_rescue || filled[static_cast<size_t>(made.column)])) {
      made.column = -1;
    }
    if (made.column < 0 && field.type->kind != AvroKind::kNull) {
      if (evolution == Evolution::kStrict || evolution == Evolution::kFail) {
        return NoColumn(made.name, evolution);
      }
      made.kept = evolution == Evolution::kRescue;
      if (evolution == Evolution::kMerge) {
        DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, DeltaTypeOf(*field.type));
        made.column = static_cast<int>(rows->num_columns());
        DELTAIC_RETURN_IF_ERROR(rows->Add({.name = made.name, .type = std::move(type)}));
        filled.push_back(false);
      }
    }
    AvroOp op = SkipOp(*field.type);
    if (made.column >= 0) {
      const auto column = static_cast<size_t>(made.column);
      filled[column] = true;
      op = ingest::Compile(*field.type, read == nullptr ? nullptr : read->type.get(),
                           rows->column(column), made.name);
    }
    made.op = std::make_unique<AvroOp>(std::move(op));
    made.op->held = read == nullptr ? nullptr : read->type;
    program->fields_.push_back(std::move(made));
  }
  for (size_t i = 0; i < filled.size(); ++i) {
    const std::string& name = rows->fields()[i].name;
    if (name == kRescuedColumn && evolution == Evolution::kRescue) {
      program->rescue_column_ = static_cast<int>(i);
    }
    if (filled[i] || reader == nullptr || reader->kind != AvroKind::kRecord) continue;
    for (const AvroField& field : reader->fields) {
      Default made{.op = std::make_unique<AvroOp>(), .bytes = {}};
      if (field.name != name) continue;
      if (!CompileDefault(field, rows->column(i), name, *made.op, made.bytes)) continue;
      made.op->held = field.type;
      program->defaults_.push_back(std::move(made));
    }
  }
  return program;
}

void AvroProgram::Rescue(std::string_view name, std::string_view json) {
  rescue_text_ += rescue_text_.empty() ? '{' : ',';
  AppendJsonString(rescue_text_, name);
  rescue_text_ += ':';
  rescue_text_ += json;
}

Status AvroProgram::RunFields(std::string_view bytes) {
  AvroReader in(bytes);
  Runner runner{in};
  rescue_text_.clear();
  failed_ = nullptr;
  const auto damaged = [&](std::string_view field) {
    return Status::Corruption("damaged Avro at field ", field, ", byte ", bytes.size() - in.left());
  };
  std::string json;
  for (Field& field : fields_) {
    if (field.kept || field.rescued) [[unlikely]] {
      json.clear();
      if (!AppendAvroJson(*field.type, in, json)) return damaged(field.name);
      Rescue(field.name, json);
      continue;
    }
    const Outcome out = runner.Run(*field.op);
    if (out == Outcome::kOk) [[likely]]
      continue;
    if (out == Outcome::kDamaged) return damaged(field.name);
    failed_ = &field;
    const AvroOp& op = *runner.misfit;
    return Status::SchemaMismatch("column ", op.name, ": expected ", op.column->type().ToString(),
                                  ", got an Avro ", NameOf(*op.type),
                                  op.code == Code::kMisfit ? "" : " that it does not hold");
  }
  if (in.left() > 0) return Status::Corruption(in.left(), " bytes after the Avro record");
  for (const Default& value : defaults_) {
    AvroReader constant(value.bytes);
    Runner run{constant};
    if (run.Run(*value.op) != Outcome::kOk) {
      return Status::SchemaMismatch("column ", value.op->name,
                                    " does not hold the default of the reader's schema");
    }
  }
  if (rescue_text_.empty() || rescue_column_ < 0) return Status();
  rows_->column(static_cast<size_t>(rescue_column_)).AppendText(rescue_text_ + "}");
  return Status();
}

Status AvroProgram::Run(std::string_view bytes) {
  bool retried = false;
  while (true) {
    Status status = RunFields(bytes);
    if (!status.ok()) rows_->DropRow();
    if (!status.ok() && failed_ != nullptr && rescue_column_ >= 0) {
      failed_->rescued = retried = true;
      continue;
    }
    if (retried) {
      for (Field& field : fields_) field.rescued = false;
    }
    return status;
  }
}

}  // namespace deltaic::ingest

#include "ingest/protobuf/proto_program.h"

#include <algorithm>
#include <utility>

#include "ingest/decode/cells.h"
#include "ingest/protobuf/proto_values.h"

namespace deltaic::ingest {

/// One field, or the message itself, on its way into a column.
struct ProtoOp {
  enum class Code : uint8_t {
    kNumber,
    kBytes,
    kEnum,
    kKey,      // a number or boolean as the key of a map, which is a text
    kTime,     // Timestamp to a timestamp
    kSpan,     // Duration to microseconds
    kWrapper,  // of children[0]
    kMessage,
    kJson,  // a message to a text
    kMap,
    kMisfit,
  };
  Code code = Code::kMisfit;
  const ProtoField* field = nullptr;
  const ProtoMessage* message = nullptr;
  Column* column = nullptr;  // of one value; of a list its elements'
  Column* list = nullptr;    // of repeated ones
  std::string name;
  bool is_rescued = false;  // its value of this row goes elsewhere

  // Of a message: its fields by slot, and where values stand while it is read. No message contains
  // itself, so each is read once at a time.
  std::vector<ProtoOp> children;
  std::vector<int16_t> by_number;  // below 256; -1: none
  std::vector<std::pair<int32_t, int16_t>> others;
  std::vector<Column*> missing;
  struct Slot {
    bool is_set = false;
    uint64_t bits = 0;
    std::string_view bytes;
  };
  std::vector<Slot> slots;
  std::vector<std::string> joined;  // of a message that came in several parts

  int Find(int32_t number) const {
    if (static_cast<size_t>(number) < by_number.size())
      return by_number[static_cast<size_t>(number)];
    for (const auto& [known, slot] : others) {
      if (known == number) return slot;
    }
    return -1;
  }
};

namespace {

using Code = ProtoOp::Code;

constexpr size_t kDenseNumbers = 256;
constexpr size_t kMostFields = 20000;

struct Compiler {
  size_t ops = 0;

  void Value(ProtoOp& op, Column& column);
  void Children(ProtoOp& op, const ProtoMessage& message, Column& column);
};

void AddChild(ProtoOp& op, ProtoOp child) {
  const auto slot = static_cast<int16_t>(op.children.size());
  const int32_t number = child.field->number;
  if (static_cast<size_t>(number) < kDenseNumbers) {
    if (op.by_number.size() <= static_cast<size_t>(number)) {
      op.by_number.resize(static_cast<size_t>(number) + 1, -1);
    }
    op.by_number[static_cast<size_t>(number)] = slot;
  } else {
    op.others.emplace_back(number, slot);
  }
  op.children.push_back(std::move(child));
  op.slots.emplace_back();
  op.joined.emplace_back();
}

bool IsNumeric(TypeId id) {
  return id != TypeId::kString && id != TypeId::kBinary && id != TypeId::kStruct &&
         id != TypeId::kArray && id != TypeId::kMap;
}

/// How one value of the op's field goes into `column`.
void Compiler::Value(ProtoOp& op, Column& column) {
  const TypeId id = column.id();
  op.column = &column;
  const ProtoType type = op.field->type;
  const bool is_real = type == ProtoType::kDouble || type == ProtoType::kFloat;
  op.code = Code::kMisfit;
  if (type == ProtoType::kString || type == ProtoType::kBytes) {
    if (id == TypeId::kString || id == TypeId::kBinary) op.code = Code::kBytes;
  } else if (type == ProtoType::kEnum) {
    op.code = id == TypeId::kString ? Code::kEnum : IsNumeric(id) ? Code::kNumber : Code::kMisfit;
  } else if (type == ProtoType::kBool) {
    if (id == TypeId::kBoolean) op.code = Code::kNumber;
  } else if (type != ProtoType::kMessage && type != ProtoType::kGroup) {
    const bool fits = is_real ? id == TypeId::kDouble || id == TypeId::kFloat
                              : IsNumeric(id) && id != TypeId::kBoolean;
    if (fits) op.code = Code::kNumber;
  } else {
    const ProtoMessage& message = *op.field->message;
    op.message = &message;
    const bool is_time = id == TypeId::kTimestamp || id == TypeId::kTimestampNtz;
    if (message.known == WellKnown::kTimestamp && is_time) {
      op.code = Code::kTime;
    } else if (message.known == WellKnown::kDuration && id == TypeId::kLong) {
      op.code = Code::kSpan;
    } else if (message.known == WellKnown::kWrapper && id != TypeId::kStruct) {
      op.code = Code::kWrapper;
      ProtoOp inner;
      inner.field = &message.fields[0];
      inner.name = op.name;
      Value(inner, column);
      op.children.push_back(std::move(inner));
    } else if (id == TypeId::kString) {
      op.code = Code::kJson;
    } else if (id == TypeId::kStruct) {
      op.code = Code::kMessage;
      Children(op, message, column);
    }
  }
}

/// A field into the column of its name: one value, a list or a map.
ProtoOp FieldOp(Compiler& compiler, const ProtoField& field, Column& column, std::string name) {
  ProtoOp op;
  op.field = &field;
  op.name = std::move(name);
  op.column = &column;
  if (!field.is_repeated) {
    compiler.Value(op, column);
    return op;
  }
  op.list = &column;
  const bool is_map = field.message != nullptr && field.message->is_map_entry;
  if (!is_map && column.id() == TypeId::kArray) {
    op.name += ".element";
    compiler.Value(op, column.child(0));
  } else if (is_map && column.id() == TypeId::kMap) {
    op.code = Code::kMap;
    op.message = field.message;
    for (size_t i = 0; i < 2; ++i) {
      ProtoOp part;
      part.field = &field.message->fields[i];
      part.name = op.name + (i == 0 ? ".key" : ".value");
      compiler.Value(part, column.child(i));
      if (i == 0 && IsPackable(part.field->type)) part.code = Code::kKey;
      AddChild(op, std::move(part));
    }
  }
  return op;
}

void Compiler::Children(ProtoOp& op, const ProtoMessage& message, Column& column) {
  const auto& members = column.type().fields();
  std::vector<bool> filled(members.size(), false);
  for (const ProtoField& field : message.fields) {
    const int found = FindField(members, field.name);
    if (found < 0 || filled[static_cast<size_t>(found)] || ++ops > kMostFields) continue;
    filled[static_cast<size_t>(found)] = true;
    AddChild(op, FieldOp(*this, field, column.child(static_cast<size_t>(found)),
                         Concat(op.name, '.', members[static_cast<size_t>(found)].name)));
  }
  for (size_t i = 0; i < members.size(); ++i) {
    if (!filled[i]) op.missing.push_back(&column.child(i));
  }
}

enum class Outcome { kOk, kDamaged, kMisfit, kUnknown };

struct Runner {
  const ProtoOp* misfit = nullptr;
  int32_t unknown = 0;
  std::string json;

  Outcome Put(bool fits, const ProtoOp& op) {
    if (fits) [[likely]]
      return Outcome::kOk;
    misfit = &op;
    return Outcome::kMisfit;
  }
  Outcome One(ProtoOp& op, uint64_t bits, std::string_view bytes);
  Outcome Number(ProtoOp& op, uint64_t bits);
  Outcome Enum(ProtoOp& op, uint64_t bits);
  Outcome Entry(ProtoOp& op, std::string_view bytes);
  Outcome Repeated(ProtoOp& op, const ProtoWire& wire);
  Outcome Scan(ProtoOp& op, std::string_view bytes, bool is_strict);
  Outcome Emit(ProtoOp& op);
  Outcome Absent(ProtoOp& op);
};

Outcome Runner::Number(ProtoOp& op, uint64_t bits) {
  const ProtoNumber number = NumberOf(op.field->type, bits);
  switch (number.kind) {
    case ProtoNumber::Kind::kSigned:
      return Put(PutInt(*op.column, number.integer), op);
    case ProtoNumber::Kind::kUnsigned:
      return Put(PutUnsigned(*op.column, static_cast<uint64_t>(number.integer)), op);
    case ProtoNumber::Kind::kReal:
      return Put(PutDouble(*op.column, number.real), op);
    case ProtoNumber::Kind::kBool:
      break;
  }
  return Put(PutBool(*op.column, number.integer != 0), op);
}

/// A number that the schema does not know stays a number, as a text.
Outcome Runner::Enum(ProtoOp& op, uint64_t bits) {
  const auto& values = op.field->enumeration->values;
  const auto number = static_cast<int32_t>(bits);
  const auto found = values.find(number);
  return Put(PutBytes(*op.column, found != values.end() ? found->second : std::to_string(number)),
             op);
}

Outcome Runner::Entry(ProtoOp& op, std::string_view bytes) {
  if (const Outcome out = Scan(op, bytes, false); out != Outcome::kOk) return out;
  for (size_t i = 0; i < 2; ++i) {
    ProtoOp& part = op.children[i];
    const ProtoOp::Slot slot = op.slots[i];
    // Without its value an entry has the type's zero.
    const Outcome out = One(part, slot.bits, slot.bytes);
    if (out != Outcome::kOk) return out;
  }
  return Outcome::kOk;
}

Outcome Runner::One(ProtoOp& op, uint64_t bits, std::string_view bytes) {
  switch (op.code) {
    case Code::kNumber:
      return Number(op, bits);
    case Code::kBytes:
      return Put(PutBytes(*op.column, bytes), op);
    case Code::kEnum:
      return Enum(op, bits);
    case Code::kKey: {
      const ProtoNumber key = NumberOf(op.field->type, bits);
      const std::string text = key.kind == ProtoNumber::Kind::kBool
                                   ? (key.integer != 0 ? "true" : "false")
                               : key.kind == ProtoNumber::Kind::kUnsigned
                                   ? std::to_string(static_cast<uint64_t>(key.integer))
                                   : std::to_string(key.integer);
      return Put(PutBytes(*op.column, text), op);
    }
    case Code::kTime:
    case Code::kSpan: {
      ProtoTime time;
      int64_t micros = 0;
      if (!ReadProtoTime(bytes, time)) return Outcome::kDamaged;
      if (!MicrosOf(time, micros)) return Put(false, op);
      op.column->AppendInt(micros);
      return Outcome::kOk;
    }
    case Code::kWrapper: {
      ProtoReader in(bytes);
      ProtoWire wire;
      uint64_t held_bits = 0;
      std::string_view held;
      while (!in.at_end()) {
        if (!in.Next(wire)) return Outcome::kDamaged;
        if (wire.number != 1 || wire.wire != WireOf(op.children[0].field->type)) continue;
        held_bits = wire.bits;
        held = wire.bytes;
      }
      return One(op.children[0], held_bits, held);
    }
    case Code::kMessage: {
      if (const Outcome out = Scan(op, bytes, false); out != Outcome::kOk) return out;
      if (const Outcome out = Emit(op); out != Outcome::kOk) return out;
      for (Column* column : op.missing) column->AppendNull();
      op.column->AppendStruct();
      return Outcome::kOk;
    }
    case Code::kJson:
      json.clear();
      if (!AppendProtoJson(*op.message, bytes, json)) return Outcome::kDamaged;
      return Put(PutBytes(*op.column, json), op);
    case Code::kMap:
      return Entry(op, bytes);
    case Code::kMisfit:
      break;
  }
  return Put(false, op);
}

/// One more element; numbers may come many at once.
Outcome Runner::Repeated(ProtoOp& op, const ProtoWire& wire) {
  const ProtoType type = op.field->type;
  if (wire.wire == WireOf(type)) return One(op, wire.bits, wire.bytes);
  if (wire.wire != 2 || !IsPackable(type)) return Outcome::kOk;  // as an unknown field
  ProtoReader in(wire.bytes);
  while (!in.at_end()) {
    uint64_t bits = 0;
    if (!NextPacked(in, type, bits)) return Outcome::kDamaged;
    if (const Outcome out = One(op, bits, {}); out != Outcome::kOk) return out;
  }
  return Outcome::kOk;
}

/// Finds the last value of each field; elements go to their lists at once.
Outcome Runner::Scan(ProtoOp& op, std::string_view bytes, bool is_strict) {
  for (auto& slot : op.slots) slot = {};
  ProtoReader in(bytes);
  ProtoWire wire;
  while (!in.at_end()) {
    if (!in.Next(wire)) return Outcome::kDamaged;
    const int found = op.Find(wire.number);
    if (found < 0) {
      if (!is_strict) continue;
      unknown = wire.number;
      return Outcome::kUnknown;
    }
    ProtoOp& child = op.children[static_cast<size_t>(found)];
    if (child.is_rescued) [[unlikely]]
      continue;
    if (child.list != nullptr) {
      if (const Outcome out = Repeated(child, wire); out != Outcome::kOk) return out;
      continue;
    }
    if (wire.wire != WireOf(child.field->type)) continue;
    if (child.field->oneof >= 0) [[unlikely]] {
      for (size_t i = 0; i < op.children.size(); ++i) {
        const bool is_other =
            static_cast<int>(i) != found && op.children[i].field->oneof == child.field->oneof;
        if (is_other) op.slots[i] = {};
      }
    }
    ProtoOp::Slot& slot = op.slots[static_cast<size_t>(found)];
    if (slot.is_set && child.field->message != nullptr) [[unlikely]] {
      // Parts of one message are merged, which their bytes are in a row.
      std::string& joined = op.joined[static_cast<size_t>(found)];
      if (slot.bytes.data() != joined.data()) joined = slot.bytes;
      joined += wire.bytes;
      slot.bytes = joined;
      continue;
    }
    slot = {true, wire.bits, wire.bytes};
  }
  return Outcome::kOk;
}

Outcome Runner::Absent(ProtoOp& op) {
  const bool has_zero = !op.field->has_presence && op.code != Code::kMisfit && !op.is_rescued;
  if (has_zero) return One(op, 0, {});
  op.column->AppendNull();
  return Outcome::kOk;
}

Outcome Runner::Emit(ProtoOp& op) {
  for (size_t i = 0; i < op.children.size(); ++i) {
    ProtoOp& child = op.children[i];
    if (child.list != nullptr) {
      if (child.code != Code::kMisfit && !child.is_rescued) {
        child.list->AppendList();
      } else {
        child.list->AppendNull();
      }
      continue;
    }
    const ProtoOp::Slot slot = op.slots[i];
    const Outcome out = slot.is_set ? One(child, slot.bits, slot.bytes) : Absent(child);
    if (out != Outcome::kOk) return out;
  }
  return Outcome::kOk;
}

}  // namespace

ProtoProgram::~ProtoProgram() = default;

Result<std::unique_ptr<ProtoProgram>> ProtoProgram::Compile(
    std::shared_ptr<const ProtoSchema> schema, const ProtoMessage& message, RowBuffer* rows,
    Evolution evolution) {
  auto program = std::unique_ptr<ProtoProgram>(new ProtoProgram());
  program->schema_ = std::move(schema);
  program->rows_ = rows;
  program->root_ = std::make_unique<ProtoOp>();
  program->is_strict_ = evolution == Evolution::kStrict;
  ProtoOp& root = *program->root_;
  root.message = &message;
  if (message.fields.size() > kMostFields) return Status::SchemaMismatch("too many fields");
  Compiler compiler;
  std::vector<bool> filled(rows->num_columns(), false);
  for (const ProtoField& field : message.fields) {
    int column = FindField(rows->fields(), field.name);
    const bool is_rescue = evolution == Evolution::kRescue && field.name == kRescuedColumn;
    if (column >= 0 && (is_rescue || filled[static_cast<size_t>(column)])) column = -1;
    if (column < 0) {
      if (evolution == Evolution::kStrict) {
        return Status::SchemaMismatch("the table has no column ", field.name);
      }
      if (evolution == Evolution::kFail) {
        return Status::Unsupported("the table has no column ", field.name,
                                   ", and --evolution fail ends the process then");
      }
      if (evolution == Evolution::kRescue) program->kept_.push_back(&field);
      const bool is_empty = field.message != nullptr && field.message->fields.empty();
      if (evolution != Evolution::kMerge || is_empty) continue;
      ProtoMessage alone{.name = message.name, .fields = {field}};
      DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr type, DeltaTypeOf(alone));
      column = static_cast<int>(rows->num_columns());
      DELTAIC_RETURN_IF_ERROR(rows->Add(type->fields()[0]));
      filled.push_back(false);
    }
    filled[static_cast<size_t>(column)] = true;
    AddChild(root, FieldOp(compiler, field, rows->column(static_cast<size_t>(column)), field.name));
  }
  if (evolution == Evolution::kRescue) {
    program->rescue_column_ = FindField(rows->fields(), kRescuedColumn);
  }
  return program;
}

Status ProtoProgram::RunOnce(std::string_view bytes) {
  Runner runner;
  failed_ = nullptr;
  Outcome out = runner.Scan(*root_, bytes, is_strict_);
  if (out == Outcome::kOk) out = runner.Emit(*root_);
  if (out == Outcome::kOk && rescue_column_ >= 0) [[unlikely]] {
    std::vector<const ProtoField*> only = kept_;
    only.insert(only.end(), rescued_.begin(), rescued_.end());
    std::string json;
    if (!only.empty() && !AppendProtoJson(*root_->message, bytes, json, &only)) {
      out = Outcome::kDamaged;
    } else if (json.size() > 2) {
      rows_->column(static_cast<size_t>(rescue_column_)).AppendText(json);
    }
  }
  switch (out) {
    case Outcome::kOk:
      return Status();
    case Outcome::kDamaged:
      return Status::Corruption("damaged Protobuf");
    case Outcome::kUnknown:
      return Status::SchemaMismatch("the Protobuf message ", root_->message->name,
                                    " has no field of number ", runner.unknown);
    case Outcome::kMisfit:
      break;
  }
  const ProtoOp& op = *runner.misfit;
  const std::string_view top = std::string_view(op.name).substr(0, op.name.find('.'));
  for (const ProtoOp& child : root_->children) {
    if (child.field->name == top) failed_ = child.field;
  }
  const Column& column = op.list != nullptr ? *op.list : *op.column;
  return Status::SchemaMismatch("column ", op.name, ": expected ", column.type().ToString(),
                                ", got a value of the Protobuf field ", op.field->name,
                                " that it does not hold");
}

Status ProtoProgram::Run(std::string_view bytes) {
  while (true) {
    Status status = RunOnce(bytes);
    if (!status.ok()) rows_->DropRow();
    const bool again = !status.ok() && failed_ != nullptr && rescue_column_ >= 0;
    if (!again && rescued_.empty()) return status;
    if (again) rescued_.push_back(failed_);
    for (ProtoOp& child : root_->children) {
      child.is_rescued = again && std::ranges::find(rescued_, child.field) != rescued_.end();
    }
    if (again) continue;
    rescued_.clear();
    return status;
  }
}

}  // namespace deltaic::ingest

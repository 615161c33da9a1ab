#include "data/values/requested_schema.h"

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>

#include <utility>
#include <vector>

#include "data/memory/decode_pool.h"
#include "data/values/array_cast.h"
#include "data/values/compute_kernels.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using FieldPtr = std::shared_ptr<arrow::Field>;
using TypePtr = std::shared_ptr<arrow::DataType>;

bool IsText(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW;
}
bool IsBytes(Type::type id) {
  return id == Type::BINARY || id == Type::LARGE_BINARY || id == Type::BINARY_VIEW;
}
bool IsList(Type::type id) { return id == Type::LIST || id == Type::LARGE_LIST; }

bool HasZone(const arrow::DataType& type) {
  return !static_cast<const arrow::TimestampType&>(type).timezone().empty();
}

/// Whether leaves of `to` can tell values of `from`; that each value fits is seen when it is cast.
bool IsFormOf(const arrow::DataType& from, const arrow::DataType& to) {
  const Type::type a = from.id(), b = to.id();
  if (IsText(a)) return IsText(b) || IsBytes(b);
  if (IsBytes(a)) return IsBytes(b);
  if (arrow::is_integer(a)) {
    return arrow::is_integer(b) || arrow::is_decimal(b) || b == Type::FLOAT || b == Type::DOUBLE;
  }
  if (arrow::is_decimal(a)) return arrow::is_decimal(b);
  if (arrow::is_date(a)) return arrow::is_date(b);
  // Without a zone they are no instants, but what clocks show anywhere.
  if (a == Type::TIMESTAMP) return b == Type::TIMESTAMP && HasZone(from) == HasZone(to);
  return a == Type::FLOAT && b == Type::DOUBLE;
}

FieldPtr NearestField(const FieldPtr& have, const FieldPtr& wanted) {
  return have->WithType(NearestType(have->type(), wanted->type()))
      ->WithNullable(have->nullable() || wanted->nullable());
}

/// Items and entries have names that tell nothing, so they are the wanted ones.
FieldPtr NearestChild(const arrow::DataType& have, const arrow::DataType& wanted, int child) {
  return NearestField(have.field(child), wanted.field(child))
      ->WithName(wanted.field(child)->name());
}

TypePtr NearestStruct(const TypePtr& have, const arrow::DataType& wanted) {
  if (have->num_fields() != wanted.num_fields()) return have;
  arrow::FieldVector fields;
  for (int i = 0; i < have->num_fields(); ++i) {
    if (have->field(i)->name() != wanted.field(i)->name()) return have;
    fields.push_back(NearestField(have->field(i), wanted.field(i)));
  }
  return arrow::struct_(std::move(fields));
}

TypePtr NearestMap(const arrow::DataType& have, const arrow::DataType& wanted) {
  const auto& entries = *have.field(0)->type();
  const auto& wanted_entries = *wanted.field(0)->type();
  return std::make_shared<arrow::MapType>(
      NearestChild(entries, wanted_entries, 0)->WithNullable(false),
      NearestChild(entries, wanted_entries, 1),
      static_cast<const arrow::MapType&>(have).keys_sorted());
}

/// A dictionary's values, or the type itself.
const TypePtr& ValueType(const TypePtr& type) {
  return type->id() == Type::DICTIONARY
             ? static_cast<const arrow::DictionaryType&>(*type).value_type()
             : type;
}

Result<ArrayPtr> CastTo(const ArrayPtr& array, const TypePtr& to) {
  if (array->type()->Equals(*to)) return array;
  if (array->type_id() == Type::DICTIONARY && to->id() != Type::DICTIONARY) {
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr plain, DecodeArray(array));
    return CastTo(plain, to);
  }
  arrow::compute::ExecContext context(DecodePool());
  const auto safe = arrow::compute::CastOptions::Safe();
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr cast, arrow::compute::Cast(*array, to, safe, &context));
  return cast;
}

/// What Arrow casts is seen by trying: for nested types it tells so no other way.
bool ArrowCasts(const TypePtr& from, const TypePtr& to) {
  const auto none = arrow::MakeEmptyArray(from);
  return none.ok() && CastTo(*none, to).ok();
}

FieldPtr GivenField(const FieldPtr& have, const FieldPtr& wanted) {
  FieldPtr given = NearestField(have, wanted);
  return ArrowCasts(have->type(), given->type()) ? given : have;
}

class RequestedReader : public arrow::RecordBatchReader {
 public:
  RequestedReader(std::shared_ptr<arrow::RecordBatchReader> rows,
                  std::shared_ptr<arrow::Schema> schema)
      : rows_(std::move(rows)), schema_(std::move(schema)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(rows_->ReadNext(&batch));
    out->reset();
    if (!batch) return arrow::Status::OK();
    arrow::ArrayVector columns;
    for (int i = 0; i < batch->num_columns(); ++i) {
      auto cast = CastTo(batch->column(i), schema_->field(i)->type());
      if (!cast.ok()) return ToArrow(Misfit(*schema_->field(i), cast.status()));
      columns.push_back(*std::move(cast));
    }
    *out = arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
    return arrow::Status::OK();
  }

  arrow::Status Close() override { return rows_->Close(); }

 private:
  static Status Misfit(const arrow::Field& field, const Status& why) {
    return Status::SchemaMismatch("column ", field.name(), " cannot be given as ",
                                  field.type()->ToString(),
                                  ", which was requested: ", why.message());
  }

  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::Schema> schema_;
};

Status CheckSameColumns(const arrow::Schema& have, const arrow::Schema& wanted) {
  if (have.num_fields() != wanted.num_fields()) {
    return Status::InvalidArgument("the schema requested has ", wanted.num_fields(),
                                   " columns, the rows have ", have.num_fields(),
                                   "; only their types can be requested");
  }
  for (int i = 0; i < have.num_fields(); ++i) {
    if (have.field(i)->name() == wanted.field(i)->name()) continue;
    return Status::InvalidArgument("column ", i, " of the schema requested is ",
                                   wanted.field(i)->name(), ", of the rows it is ",
                                   have.field(i)->name(), "; only types can be requested");
  }
  return Status();
}

}  // namespace

TypePtr NearestType(const TypePtr& have, const TypePtr& wanted) {
  if (have->Equals(*wanted)) return have;
  if (have->id() == Type::DICTIONARY || wanted->id() == Type::DICTIONARY) {
    const TypePtr& value = ValueType(wanted);
    return NearestType(ValueType(have), value)->Equals(*value) ? wanted : have;
  }
  if (IsList(have->id()) && IsList(wanted->id())) {
    FieldPtr item = NearestChild(*have, *wanted, 0);
    if (wanted->id() == Type::LIST) return arrow::list(std::move(item));
    return arrow::large_list(std::move(item));
  }
  if (have->id() == wanted->id() && have->id() == Type::STRUCT) return NearestStruct(have, *wanted);
  if (have->id() == wanted->id() && have->id() == Type::MAP) return NearestMap(*have, *wanted);
  return IsFormOf(*have, *wanted) ? wanted : have;
}

Result<std::shared_ptr<arrow::RecordBatchReader>> WithRequestedSchema(
    std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& wanted) {
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  const auto have = rows->schema();
  DELTAIC_RETURN_IF_ERROR(CheckSameColumns(*have, wanted));
  arrow::FieldVector fields;
  for (int i = 0; i < have->num_fields(); ++i) {
    fields.push_back(GivenField(have->field(i), wanted.field(i)));
  }
  auto given = arrow::schema(std::move(fields), have->metadata());
  if (given->Equals(*have, /*check_metadata=*/true)) return rows;
  return std::make_shared<RequestedReader>(std::move(rows), std::move(given));
}

}  // namespace deltaic

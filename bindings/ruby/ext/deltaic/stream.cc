#include <ruby/thread.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "credentials.h"
#include "native_call.h"
#include "row_maker.h"

namespace deltaic_ruby {
namespace {

/// Class Stream: rows on their way. A handle of one thread at a time.
struct Stream {
  ArrowArrayStream stream{};
  deltaic_scan* scan = nullptr;
  VALUE options = Qnil;
  pid_t pid = getpid();
  bool is_busy = false;
  bool has_ended = false;
  bool has_failed = false;
  std::string problem;  // what is wrong with the rows' type
  std::unique_ptr<deltaic_rows::ColumnType> type;
  std::unique_ptr<deltaic_rows::Column> root;
  ArrowArray batch{};
  int64_t row = 0;  // of the batch, the next
  int64_t reported_bytes = 0;
  RowMaker maker;

  void DropBatch() {
    if (batch.release != nullptr) batch.release(&batch);
    batch = {};
    rb_gc_adjust_memory_usage(-reported_bytes);
    reported_bytes = 0;
  }
};

void Free(void* data) {
  auto* self = static_cast<Stream*>(data);
  // In a child of fork the threads that read ahead are not there to be waited for: what the stream
  // holds stays until the process ends.
  if (getpid() == self->pid) {
    self->DropBatch();
    DropStream(self->scan, self->stream);
  }
  delete self;
}

void Mark(void* data) {
  auto* self = static_cast<Stream*>(data);
  rb_gc_mark(self->options);
  self->maker.Mark();
}

const rb_data_type_t kStreamType = {
    "Deltaic::Native::Stream",
    {&Mark,
     &Free,
     [](const void* data) {
       return sizeof(Stream) +
              static_cast<size_t>(static_cast<const Stream*>(data)->reported_bytes);
     },
     nullptr,
     {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

VALUE stream_class = Qnil;

constexpr const char* kConsumed = "this stream of rows was consumed already";

Stream& Get(VALUE self) {
  auto& stream = *static_cast<Stream*>(rb_check_typeddata(self, &kStreamType));
  if (getpid() != stream.pid) {
    Raise("InvalidArgument",
          "this stream of rows was opened before fork; open it in the child process");
  }
  if (stream.is_busy) {
    Raise("InvalidArgument", "this stream of rows is being read by another thread");
  }
  return stream;
}

/// The error behind the failure of the stream's get_next.
deltaic_error* ErrorOf(const Stream& stream) {
  return stream.scan == nullptr ? nullptr : deltaic_scan_error(stream.scan);
}

/// Runs `body(data)` while no other thread may use the stream.
VALUE WhileBusy(Stream& self, VALUE (*body)(VALUE), VALUE data) {
  VALUE (*const end)(VALUE) = [](VALUE stream) {
    reinterpret_cast<Stream*>(stream)->is_busy = false;
    return static_cast<VALUE>(Qnil);
  };
  self.is_busy = true;
  return rb_ensure(body, data, end, reinterpret_cast<VALUE>(&self));
}

bool ReadSchema(Stream& self) {
  ArrowSchema schema{};
  if (self.stream.get_schema(&self.stream, &schema) != 0) return false;
  try {
    self.type = std::make_unique<deltaic_rows::ColumnType>(deltaic_rows::ParseSchema(schema));
    self.root = std::make_unique<deltaic_rows::Column>(*self.type);
  } catch (const deltaic_rows::UnsupportedType& error) {
    self.problem = error.what();
  }
  schema.release(&schema);
  return self.problem.empty();
}

/// Pulls a batch, off the GVL; sets has_failed.
VALUE PullBatch(VALUE data) {
  Stream& self = *reinterpret_cast<Stream*>(data);
  CallInterruptible(self.options, [&self](deltaic_error** /*error*/) {
    self.has_failed = (self.type == nullptr && !ReadSchema(self)) ||
                      self.stream.get_next(&self.stream, &self.batch) != 0;
    return DELTAIC_OK;
  });
  return Qnil;
}

[[noreturn]] void RaiseFailure(const Stream& self) {
  if (!self.problem.empty()) Raise("Unsupported", self.problem.c_str());
  deltaic_error* error = ErrorOf(self);
  if (error != nullptr) RaiseError(deltaic_error_code(error), error);
  ArrowArrayStream stream = self.stream;
  const char* text = stream.get_last_error(&stream);
  Raise("Internal", text == nullptr ? "the stream of rows failed without a text" : text);
}

/// Reads the next batch; false at the end.
bool NextBatch(Stream& self) {
  self.DropBatch();
  if (self.has_ended) return false;
  if (self.stream.release == nullptr) Raise("InvalidArgument", kConsumed);
  WhileBusy(self, &PullBatch, reinterpret_cast<VALUE>(&self));
  if (self.has_failed) RaiseFailure(self);
  if (self.batch.release == nullptr) {
    self.has_ended = true;
    return false;
  }
  self.row = 0;
  try {
    self.root->Bind(self.batch);
  } catch (const deltaic_rows::UnsupportedType& error) {
    self.problem = error.what();
  }
  if (!self.problem.empty()) RaiseFailure(self);
  self.reported_bytes = self.batch.length * self.batch.n_children * 16;
  rb_gc_adjust_memory_usage(self.reported_bytes);
  return true;
}

VALUE SetLook(VALUE value, VALUE symbols, VALUE decimals_as_text) {
  Get(value).maker.SetLook({RTEST(symbols), RTEST(decimals_as_text)});
  return value;
}

struct Decoding {
  Stream* stream;
  int64_t end;
};

VALUE DecodeRows(VALUE data) {
  const auto& decoding = *reinterpret_cast<Decoding*>(data);
  Stream& self = *decoding.stream;
  const VALUE rows = rb_ary_new_capa(static_cast<long>(decoding.end - self.row));
  while (self.row < decoding.end) rb_ary_push(rows, self.maker.Row(*self.root, self.row++));
  return rows;
}

/// At most `limit` rows as an Array of Hashes, of one batch; nil at the end.
VALUE NextRows(VALUE value, VALUE limit) {
  const int64_t wanted = std::max<int64_t>(NUM2LL(limit), 1);
  Stream& self = Get(value);
  while (self.batch.release == nullptr || self.row >= self.batch.length) {
    if (!NextBatch(self)) return Qnil;
  }
  Decoding decoding{&self, std::min(self.batch.length, self.row + wanted)};
  // What makes a value calls Ruby, where another thread may take over.
  const VALUE rows = WhileBusy(self, &DecodeRows, reinterpret_cast<VALUE>(&decoding));
  RB_GC_GUARD(value);
  return rows;
}

VALUE ReleaseStream(VALUE data) {
  Stream& self = *reinterpret_cast<Stream*>(data);
  CallInterruptible(self.options, [&self](deltaic_error** /*error*/) {
    self.stream.release(&self.stream);
    return DELTAIC_OK;
  });
  return Qnil;
}

/// Ends the stream early; waits for the threads that read ahead.
VALUE Close(VALUE value) {
  Stream& self = Get(value);
  self.DropBatch();
  self.has_ended = true;
  if (self.stream.release == nullptr) return Qnil;
  if (!NIL_P(self.options)) deltaic_cancellation_cancel(CancellationOf(self.options));
  WhileBusy(self, &ReleaseStream, reinterpret_cast<VALUE>(&self));
  RB_GC_GUARD(value);
  return Qnil;
}

/// The address of the ArrowArrayStream, for another library to move from.
VALUE ToI(VALUE value) {
  Stream& self = Get(value);
  if (self.stream.release == nullptr || self.batch.release != nullptr || self.has_ended) {
    Raise("InvalidArgument", kConsumed);
  }
  return ULL2NUM(reinterpret_cast<uintptr_t>(&self.stream));
}

VALUE MetricsJson(VALUE value) {
  Stream& self = Get(value);
  if (self.scan == nullptr) return Qnil;
  char* text = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_scan_metrics_json(self.scan, &text, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return TakeText(text);
}

}  // namespace

void DropStream(deltaic_scan* scan, const ArrowArrayStream& stream) {
  FreeApart([scan, stream] {
    ArrowArrayStream owned = stream;
    if (owned.release != nullptr) owned.release(&owned);
    deltaic_scan_free(scan);
  });
}

VALUE WrapStream(deltaic_scan* scan, ArrowArrayStream* stream, VALUE options) {
  auto* self = new Stream();
  self->scan = scan;
  self->stream = *stream;
  *stream = {};
  self->options = options;
  return TypedData_Wrap_Struct(stream_class, &kStreamType, self);
}

void InitStream() {
  InitRowMaker();
  stream_class = rb_define_class_under(native_module, "Stream", rb_cObject);
  rb_undef_alloc_func(stream_class);
  rb_define_method(stream_class, "look", &SetLook, 2);
  rb_define_method(stream_class, "next_rows", &NextRows, 1);
  rb_define_method(stream_class, "close", &Close, 0);
  rb_define_method(stream_class, "to_i", &ToI, 0);
  rb_define_method(stream_class, "metrics_json", &MetricsJson, 0);
}

}  // namespace deltaic_ruby

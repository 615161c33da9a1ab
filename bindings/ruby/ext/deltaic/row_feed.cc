#include <ruby/encoding.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "credentials.h"
#include "native_call.h"
#include "row_appender.h"

namespace deltaic_ruby {
namespace {

constexpr int64_t kBatchRows = 16'384;
constexpr int64_t kBatchBytes = 32 << 20;
constexpr size_t kQueuedBatches = 2;

/// Batches from the Ruby thread to the call that writes them, which runs on a thread of its own.
class Channel {
 public:
  explicit Channel(const deltaic_rows::ColumnType& type) : type_(type) {}
  ~Channel() {
    for (ArrowArray& batch : queue_) batch.release(&batch);
  }

  const deltaic_rows::ColumnType& type() const { return type_; }

  bool HasRoom() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return queue_.size() < kQueuedBatches || is_abandoned_;
  }
  void Push(ArrowArray batch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(batch);
    changed_.notify_all();
  }
  /// No more batches: `complete`, or the rows failed and must not be written.
  void End(bool complete) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (has_ended_) return;
    has_ended_ = true;
    is_complete_ = complete;
    changed_.notify_all();
  }

  /// \return an errno, as get_next of a stream; waits for a batch.
  int Pull(ArrowArray* out) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || has_ended_; });
    *out = {};
    if (has_ended_ && !is_complete_) return ECANCELED;
    if (queue_.empty()) return 0;
    *out = queue_.front();
    queue_.pop_front();
    return 0;
  }
  void Abandon() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_abandoned_ = true;
  }

 private:
  const deltaic_rows::ColumnType type_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ArrowArray> queue_;
  bool has_ended_ = false;
  bool is_complete_ = false;
  bool is_abandoned_ = false;
};

/// What the stream's struct owns.
struct ChannelStream {
  std::shared_ptr<Channel> channel;
  std::function<void()> notify;
};

ChannelStream& StateOf(ArrowArrayStream* stream) {
  return *static_cast<ChannelStream*>(stream->private_data);
}

ArrowArrayStream MakeStream(std::shared_ptr<Channel> channel, std::function<void()> notify) {
  ArrowArrayStream stream{};
  stream.get_schema = [](ArrowArrayStream* self, ArrowSchema* out) {
    deltaic_rows::MakeSchema(StateOf(self).channel->type(), out);
    return 0;
  };
  stream.get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    const int failed = StateOf(self).channel->Pull(out);
    StateOf(self).notify();
    return failed;
  };
  stream.get_last_error = [](ArrowArrayStream*) -> const char* {
    return "the rows ended with an error";
  };
  stream.release = [](ArrowArrayStream* self) {
    StateOf(self).channel->Abandon();
    StateOf(self).notify();
    delete &StateOf(self);
    self->release = nullptr;
  };
  stream.private_data = new ChannelStream{std::move(channel), std::move(notify)};
  return stream;
}

/// Class RowFeed: a write or merge that runs, and the rows that it is given. One thread at a time.
struct RowFeed {
  VALUE table = Qnil;
  VALUE options = Qnil;
  VALUE keys = Qnil;  // an Array of symbols and of strings, by column
  deltaic_rows::ColumnType type;
  std::unique_ptr<deltaic_rows::ColumnBuilder> builder;
  std::shared_ptr<Channel> channel;
  std::unique_ptr<NativeCall> call;
  deltaic_merge* merge = nullptr;
  ArrowArrayStream stream{};  // until the call has it
  char* metrics = nullptr;
  int64_t num_rows = 0;
  pid_t pid = getpid();

  void Stop() {
    if (channel) channel->End(false);
    if (call) call->Cancel();
    call.reset();
  }
};

const rb_data_type_t kFeedType = {
    "Deltaic::Native::RowFeed",
    {[](void* data) {
       const auto* self = static_cast<RowFeed*>(data);
       rb_gc_mark(self->table);
       rb_gc_mark(self->options);
       rb_gc_mark(self->keys);
     },
     [](void* data) {
       auto* self = static_cast<RowFeed*>(data);
       if (getpid() != self->pid) return;  // the threads are the parent's
       FreeApart([self] {
         self->Stop();
         if (self->stream.release != nullptr) self->stream.release(&self->stream);
         deltaic_merge_free(self->merge);
         deltaic_string_free(self->metrics);
         delete self;
       });
     },
     [](const void* data) {
       const auto* self = static_cast<const RowFeed*>(data);
       return sizeof(RowFeed) +
              static_cast<size_t>(self->builder ? self->builder->size_bytes() : 0);
     },
     nullptr,
     {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

RowFeed& Get(VALUE self) {
  auto& feed = *static_cast<RowFeed*>(rb_check_typeddata(self, &kFeedType));
  if (feed.pid != getpid()) Raise("InvalidArgument", "this write was begun before fork");
  return feed;
}

VALUE Allocate(VALUE klass) { return TypedData_Wrap_Struct(klass, &kFeedType, new RowFeed()); }

void AddClauses(RowFeed& feed, VALUE clauses) {
  feed.merge = deltaic_merge_new();
  for (long i = 0; i < RARRAY_LEN(clauses); ++i) {
    deltaic_error* error = nullptr;
    const deltaic_status status =
        deltaic_merge_add_clause(feed.merge, OptionsOf(rb_ary_entry(clauses, i)), &error);
    if (status != DELTAIC_OK) RaiseError(status, error);
  }
}

/// initialize(table, options, clauses or nil): writes to `table`, which is this object's alone, or
/// merges.
VALUE Initialize(VALUE self, VALUE table, VALUE options, VALUE clauses) {
  RowFeed& feed = Get(self);
  TableOf(table);
  OptionsOf(options);
  feed.table = table;
  feed.options = options;
  if (!NIL_P(clauses)) {
    Check_Type(clauses, T_ARRAY);
    AddClauses(feed, clauses);
  }
  return self;
}

void Start(RowFeed& feed) {
  deltaic_table* table = TableOf(feed.table);
  const deltaic_options* options = OptionsOf(feed.options);
  feed.call->Start([table, options, &feed](deltaic_error** error) {
    return feed.merge == nullptr
               ? deltaic_table_write(table, &feed.stream, options, &feed.metrics, error)
               : deltaic_table_merge(table, &feed.stream, feed.merge, options, &feed.metrics,
                                     error);
  });
}

/// start(columns): from here on rows of these columns are appended, each as ReadType takes it.
VALUE StartRows(VALUE self, VALUE columns) {
  RowFeed& feed = Get(self);
  if (feed.call) Raise("InvalidArgument", "this write has begun already");
  Check_Type(columns, T_ARRAY);
  feed.type.kind = deltaic_rows::Kind::kStruct;
  feed.type.layout = deltaic_rows::Layout::kMembers;
  feed.type.nullable = false;
  feed.keys = rb_ary_new();
  for (long i = 0; i < RARRAY_LEN(columns); ++i) {
    feed.type.children.emplace_back();
    ReadType(rb_ary_entry(columns, i), &feed.type.children.back());
    const std::string& name = feed.type.children.back().name;
    const VALUE text =
        rb_enc_interned_str(name.data(), static_cast<long>(name.size()), rb_utf8_encoding());
    rb_ary_push(feed.keys, rb_str_intern(text));
    rb_ary_push(feed.keys, text);
  }
  feed.builder = std::make_unique<deltaic_rows::ColumnBuilder>(feed.type);
  feed.channel = std::make_shared<Channel>(feed.type);
  feed.call = std::make_unique<NativeCall>(CancellationOf(feed.options));
  // The stream is the call's, which ends before what it runs on does.
  feed.stream = MakeStream(feed.channel, [call = feed.call.get()] { call->Notify(); });
  Start(feed);
  return self;
}

/// start_stream(address): the rows of an ArrowArrayStream, which is moved from.
VALUE StartStream(VALUE self, VALUE address) {
  RowFeed& feed = Get(self);
  if (feed.call) Raise("InvalidArgument", "this write has begun already");
  auto* stream = reinterpret_cast<ArrowArrayStream*>(NUM2ULL(address));
  if (stream == nullptr || stream->release == nullptr) {
    Raise("InvalidArgument", "this Arrow stream was consumed already");
  }
  feed.call = std::make_unique<NativeCall>(CancellationOf(feed.options));
  feed.stream = *stream;
  stream->release = nullptr;
  Start(feed);
  return self;
}

/// Hands the rows that there are to the call. \return false where the call is over.
bool Flush(RowFeed& feed) {
  if (feed.builder->length() == 0) return !feed.call->is_done();
  int raised = 0;
  {
    Channel& channel = *feed.channel;
    raised = feed.call->WaitFor([&channel] { return channel.HasRoom(); });
  }
  if (raised != 0) rb_jump_tag(raised);
  if (feed.call->is_done()) return false;
  ArrowArray batch{};
  feed.builder->Export(&batch);
  feed.channel->Push(batch);
  return true;
}

[[noreturn]] void RaiseMisfit(const RowFeed& feed, size_t column, VALUE misfit, VALUE path) {
  const deltaic_rows::ColumnType& type = feed.type.children[column];
  VALUE shown = rb_inspect(misfit);
  if (RSTRING_LEN(shown) > 100) {
    shown = rb_str_plus(rb_str_substr(shown, 0, 100), rb_utf8_str_new_cstr("..."));
  }
  VALUE text = Qnil;
  {
    const std::string type_text = deltaic_rows::TypeText(type);
    text = rb_utf8_str_new(type_text.data(), static_cast<long>(type_text.size()));
  }
  const VALUE name = rb_utf8_str_new_cstr(type.name.c_str());
  const VALUE where = NIL_P(path) ? rb_utf8_str_new_cstr("") : path;
  RaiseText("SchemaMismatch",
            rb_sprintf("row %lld, column %" PRIsVALUE "%" PRIsVALUE ": %" PRIsVALUE
                       " does not fit the type %" PRIsVALUE,
                       static_cast<long long>(feed.num_rows), name, where, shown, text));
}

/// A key of the row that no column has.
int FindUnknown(VALUE key, VALUE /*value*/, VALUE data) {
  const auto pair = reinterpret_cast<VALUE*>(data);
  const VALUE name = SYMBOL_P(key) ? rb_sym2str(key) : key;
  for (long i = 1; i < RARRAY_LEN(pair[0]); i += 2) {
    if (RTEST(rb_equal(rb_ary_entry(pair[0], i), name))) return ST_CONTINUE;
  }
  pair[1] = key;
  return ST_STOP;
}

[[noreturn]] void RaiseUnknown(const RowFeed& feed, VALUE row) {
  VALUE pair[2] = {feed.keys, Qundef};
  rb_hash_foreach(row, &FindUnknown, reinterpret_cast<VALUE>(&pair));
  const auto number = static_cast<long long>(feed.num_rows);
  if (pair[1] == Qundef) {
    RaiseText("SchemaMismatch",
              rb_sprintf("row %lld has a column twice, as a Symbol and as a String", number));
  }
  RaiseText("SchemaMismatch",
            rb_sprintf("row %lld has %+" PRIsVALUE ", and there is no column of this name", number,
                       pair[1]));
}

void AppendRow(RowFeed& feed, VALUE row) {
  const VALUE hash = rb_check_hash_type(row);
  if (NIL_P(hash)) {
    RaiseText("SchemaMismatch",
              rb_sprintf("row %lld is a %" PRIsVALUE ", and no Hash",
                         static_cast<long long>(feed.num_rows), rb_obj_class(row)));
  }
  size_t found = 0;
  for (size_t i = 0; i < feed.type.children.size(); ++i) {
    const auto at = static_cast<long>(2 * i);
    VALUE value = rb_hash_lookup2(hash, rb_ary_entry(feed.keys, at), Qundef);
    if (value == Qundef) value = rb_hash_lookup2(hash, rb_ary_entry(feed.keys, at + 1), Qundef);
    if (value != Qundef) ++found;
    VALUE misfit = Qnil;
    VALUE path = Qnil;
    if (!AppendValue(value == Qundef ? Qnil : value, &feed.builder->child(i), &misfit, &path)) {
      RaiseMisfit(feed, i, misfit, path);
    }
  }
  if (found != RHASH_SIZE(hash)) RaiseUnknown(feed, hash);
  feed.builder->EndStruct();
  ++feed.num_rows;
}

/// append(rows): false where the call is over, and wants none.
VALUE Append(VALUE self, VALUE rows) {
  RowFeed& feed = Get(self);
  if (!feed.builder || !feed.call) Raise("InvalidArgument", "this write has not begun");
  Check_Type(rows, T_ARRAY);
  for (long i = 0; i < RARRAY_LEN(rows); ++i) {
    AppendRow(feed, rb_ary_entry(rows, i));
    if (feed.builder->length() < kBatchRows &&
        (i % 256 != 0 || feed.builder->size_bytes() < kBatchBytes)) {
      continue;
    }
    if (!Flush(feed)) return Qfalse;
  }
  return feed.call->is_done() ? Qfalse : Qtrue;
}

/// finish: waits for the call, and gives its metrics as JSON.
VALUE Finish(VALUE self) {
  RowFeed& feed = Get(self);
  if (!feed.call) Raise("InvalidArgument", "this write has not begun");
  if (feed.channel) {
    Flush(feed);
    feed.channel->End(true);
  }
  const int raised = feed.call->Wait();
  if (raised != 0) rb_jump_tag(raised);
  const deltaic_status status = feed.call->status();
  deltaic_error* error = feed.call->TakeError();
  feed.call.reset();
  if (status != DELTAIC_OK) RaiseError(status, error);
  return TakeText(std::exchange(feed.metrics, nullptr));
}

/// stop: cancels what is not over, and waits for it. May be called always.
VALUE Stop(VALUE self) {
  RowFeed& feed = Get(self);
  if (!feed.call) return Qnil;
  if (feed.channel) feed.channel->End(false);
  feed.call->Cancel();
  const int raised = feed.call->Wait();
  feed.call.reset();
  if (raised != 0) rb_jump_tag(raised);
  return Qnil;
}

}  // namespace

void InitRowFeed() {
  InitRowAppender();
  const VALUE klass = rb_define_class_under(native_module, "RowFeed", rb_cObject);
  rb_define_alloc_func(klass, &Allocate);
  rb_define_method(klass, "initialize", &Initialize, 3);
  rb_define_method(klass, "start", &StartRows, 1);
  rb_define_method(klass, "start_stream", &StartStream, 1);
  rb_define_method(klass, "append", &Append, 1);
  rb_define_method(klass, "finish", &Finish, 0);
  rb_define_method(klass, "stop", &Stop, 0);
}

}  // namespace deltaic_ruby

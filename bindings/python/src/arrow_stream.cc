#include "arrow_stream.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "arrow_schema.h"
#include "errors.h"
#include "gil.h"
#include "interruptible.h"

namespace deltaic_python {
namespace {

constexpr const char* kStreamName = "arrow_array_stream";
constexpr const char* kArrayName = "arrow_array";

/// Makes `Source` an ArrowArrayStream: it has GetSchema, GetNext (errno) and LastError.
template <typename Source>
OwnedStream MakeStream(std::unique_ptr<Source> source) {
  OwnedStream out;
  out.stream.get_schema = [](ArrowArrayStream* self, ArrowSchema* schema) {
    return static_cast<Source*>(self->private_data)->GetSchema(schema);
  };
  out.stream.get_next = [](ArrowArrayStream* self, ArrowArray* array) {
    return static_cast<Source*>(self->private_data)->GetNext(array);
  };
  out.stream.get_last_error = [](ArrowArrayStream* self) {
    return static_cast<Source*>(self->private_data)->LastError();
  };
  out.stream.release = [](ArrowArrayStream* self) {
    delete static_cast<Source*>(self->private_data);
    self->release = nullptr;
  };
  out.stream.private_data = source.release();
  return out;
}

class SignalAwareSource {
 public:
  SignalAwareSource(OwnedStream inner, CancellationHandle cancellation, unsigned long main_thread)
      : inner_(std::move(inner)),
        cancellation_(std::move(cancellation)),
        main_thread_(main_thread) {}

  int GetSchema(ArrowSchema* out) { return inner_.stream.get_schema(&inner_.stream, out); }
  int GetNext(ArrowArray* out) {
    interrupted_ = interrupted_ || SignalRaises();
    if (interrupted_) return EINTR;
    return inner_.stream.get_next(&inner_.stream, out);
  }
  const char* LastError() {
    return interrupted_ ? "interrupted by a signal" : inner_.stream.get_last_error(&inner_.stream);
  }

 private:
  /// The consumer knows nothing of Python's exceptions, so the handler's is dropped and the signal
  /// set again: it is raised as soon as the consumer is back in bytecode.
  bool SignalRaises() const {
    // Only there do handlers run; on other threads taking the GIL could wait for who waits for us.
    if (ThreadIdent() != main_thread_ || Py_IsInitialized() == 0) return false;
    const WithGil locked;
    if (PyErr_Occurred() != nullptr || PyErr_CheckSignals() == 0) return false;
    PyErr_Clear();
    PyErr_SetInterrupt();
    deltaic_cancellation_cancel(cancellation_.get());
    return true;
  }

  OwnedStream inner_;
  CancellationHandle cancellation_;
  unsigned long main_thread_;
  bool interrupted_ = false;
};

class ArraysSource {
 public:
  ArraysSource(OwnedSchema schema, std::vector<ArrowArray> arrays)
      : schema_(std::move(schema)), arrays_(std::move(arrays)) {}
  ArraysSource(const ArraysSource&) = delete;
  ArraysSource& operator=(const ArraysSource&) = delete;
  ~ArraysSource() {
    for (ArrowArray& array : arrays_) {
      if (array.release != nullptr) array.release(&array);
    }
  }
  int GetSchema(ArrowSchema* out) {
    CopySchema(schema_.schema, out);
    return 0;
  }
  int GetNext(ArrowArray* out) {
    *out = {};
    if (next_ < arrays_.size()) *out = std::exchange(arrays_[next_++], ArrowArray{});
    return 0;
  }
  const char* LastError() { return nullptr; }

 private:
  OwnedSchema schema_;
  std::vector<ArrowArray> arrays_;
  size_t next_ = 0;
};

/// The schema of the stream inside a capsule, which stays as it is.
nb::object SchemaOfStream(nb::object capsule) {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kStreamName));
  if (stream == nullptr) throw nb::python_error();
  if (stream->release == nullptr) throw nb::value_error("the Arrow stream was consumed already");
  OwnedSchema schema;
  if (stream->get_schema(stream, &schema.schema) != 0) {
    throw nb::value_error(stream->get_last_error(stream));
  }
  return SchemaToCapsule(std::move(schema));
}

/// The rows of one capsule, which is empty afterwards, in the types of another's schema.
nb::object StreamWithSchema(nb::object capsule, nb::object schema) {
  OwnedSchema wanted;
  CopySchema(*SchemaOfCapsule(schema), &wanted.schema);
  OwnedStream rows = StreamFromCapsule(capsule);
  OwnedStream given;
  CallWithoutGil([&](deltaic_error** error) {
    return deltaic_stream_with_schema(&rows.stream, &wanted.schema, &given.stream, error);
  });
  return StreamToCapsule(std::move(given));
}

}  // namespace

nb::object StreamToCapsule(OwnedStream stream) {
  auto* owned = new ArrowArrayStream(std::exchange(stream.stream, ArrowArrayStream{}));
  return nb::capsule(owned, kStreamName, [](void* pointer) noexcept {
    auto* stream = static_cast<ArrowArrayStream*>(pointer);
    if (stream->release != nullptr) {
      // Waits for the threads that read ahead, so others may run meanwhile.
      const WithoutGil unlocked;
      stream->release(stream);
    }
    delete stream;
  });
}

OwnedStream StreamFromCapsule(nb::handle capsule) {
  auto* source = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kStreamName));
  if (source == nullptr) throw nb::python_error();
  if (source->release == nullptr) throw nb::value_error("the Arrow stream was consumed already");
  OwnedStream out;
  out.stream = std::exchange(*source, ArrowArrayStream{});
  return out;
}

OwnedStream StreamFromArrays(nb::sequence arrays) {
  OwnedSchema schema;
  std::vector<ArrowArray> moved;
  // The source owns what was moved so far, also where a later pair is no Arrow array.
  for (nb::handle pair : arrays) {
    if (schema.schema.release == nullptr) CopySchema(*SchemaOfCapsule(pair[0]), &schema.schema);
    auto* array =
        static_cast<ArrowArray*>(PyCapsule_GetPointer(nb::object(pair[1]).ptr(), kArrayName));
    if (array == nullptr) throw nb::python_error();
    if (array->release == nullptr) throw nb::value_error("the Arrow array was consumed already");
    moved.push_back(std::exchange(*array, ArrowArray{}));
  }
  if (moved.empty()) throw nb::value_error("no Arrow array was given");
  return MakeStream(std::make_unique<ArraysSource>(std::move(schema), std::move(moved)));
}

OwnedStream StopOnSignals(OwnedStream stream, CancellationHandle cancellation) {
  const nb::object ident = nb::module_::import_("threading").attr("main_thread")().attr("ident");
  const auto main_thread = ident.is_none() ? 0UL : nb::cast<unsigned long>(ident);
  return MakeStream(
      std::make_unique<SignalAwareSource>(std::move(stream), std::move(cancellation), main_thread));
}

void BindStreams(nb::module_& module) {
  module.def("stream_schema", &SchemaOfStream, nb::arg("stream"));
  module.def("stream_with_schema", &StreamWithSchema, nb::arg("stream"), nb::arg("schema"));
  module.def(
      "stream_from_arrays",
      [](nb::sequence arrays) { return StreamToCapsule(StreamFromArrays(arrays)); },
      nb::arg("arrays"));
}

}  // namespace deltaic_python

#pragma once

#include <nanobind/nanobind.h>

#include "deltaic/arrow_abi.h"
#include "handles.h"

namespace deltaic_python {

namespace nb = nanobind;

/// An ArrowArrayStream that is released when it goes, unless it was moved from.
struct OwnedStream {
  ArrowArrayStream stream{};
  OwnedStream() = default;
  OwnedStream(OwnedStream&& other) noexcept : stream(other.stream) {
    other.stream.release = nullptr;
  }
  OwnedStream& operator=(OwnedStream&&) = delete;
  ~OwnedStream() {
    if (stream.release != nullptr) stream.release(&stream);
  }
};

/// A PyCapsule "arrow_array_stream" that owns the stream.
nb::object StreamToCapsule(OwnedStream stream);

/// The stream out of a PyCapsule "arrow_array_stream", which is empty afterwards.
/// \throws ValueError  another object, or a stream that was consumed.
OwnedStream StreamFromCapsule(nb::handle capsule);

/// A stream over the batches of `arrays`: pairs of capsules as `__arrow_c_array__` returns them,
/// all with the schema of the first. At least one.
OwnedStream StreamFromArrays(nb::sequence arrays);

/// `stream`, where get_next called on Python's main thread first runs pending signal handlers: if
/// one raises, `cancellation` is cancelled, the call fails, and the signal is pending again.
OwnedStream StopOnSignals(OwnedStream stream, CancellationHandle cancellation);

/// Adds stream functions to the module.
void BindStreams(nb::module_& module);

}  // namespace deltaic_python

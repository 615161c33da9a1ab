#pragma once

#include <nanobind/nanobind.h>

#include <functional>

#include "bindings.h"
#include "handles.h"

namespace deltaic_python {

/// True on the thread whose bytecode runs the signal handlers. The caller holds the GIL.
bool IsMainThread();

/// The running thread's ident, as `threading.get_ident()` gives it. Needs no GIL.
unsigned long ThreadIdent();

/// Runs `call` without the GIL and raises its error, as CallWithoutGil does; on the main thread
/// Ctrl-C (any signal whose handler raises) cancels it: the handler's exception is raised once the
/// call has come back.
///
/// There `call` runs on a thread of its own, so that the main thread can look for signals
/// while it waits.
void CallInterruptible(const CancellationHandle& cancellation,
                       const std::function<deltaic_status(deltaic_error**)>& call);

/// The same for a call that takes options: `call` gets them, or new ones for None, and what may
/// cancel it is in them.
void CallInterruptible(
    Options* options,
    const std::function<deltaic_status(const deltaic_options*, deltaic_error**)>& call);

}  // namespace deltaic_python

#pragma once

#include <Python.h>
#include <cxxabi.h>
#include <unistd.h>

namespace deltaic_python {

/// Whether the interpreter shuts down. Needs no GIL.
inline bool IsFinalizing() {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

/// Runs `take_gil`, which takes the GIL. Python before 3.14 ends a thread that does so while the
/// interpreter shuts down by unwinding it, which C++ answers with std::terminate at the first
/// destructor. Such a thread waits here for the end of the process, as from Python 3.14 on.
template <typename Function>
void TakeGil(const Function& take_gil) {
  try {
    take_gil();
  } catch (abi::__forced_unwind&) {
    for (;;) pause();
  }
}

/// While it lives, this thread does without the GIL.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() {
    TakeGil([this] { PyEval_RestoreThread(state_); });
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

/// While it lives, this thread, which need not be one of Python's, has the GIL.
class WithGil {
 public:
  WithGil() {
    TakeGil([this] { state_ = PyGILState_Ensure(); });
  }
  ~WithGil() { PyGILState_Release(state_); }
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;

 private:
  PyGILState_STATE state_;
};

}  // namespace deltaic_python

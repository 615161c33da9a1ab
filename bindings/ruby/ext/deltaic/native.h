#pragma once

#include <ruby.h>

#include <functional>
#include <string>

#include "deltaic/deltaic.h"

/// The module Deltaic::Native: one class for one handle of deltaic.h, and no opinion. lib/deltaic/
/// builds on it what a Ruby user expects.
///
/// Ruby leaves functions by longjmp, which runs no destructor: a function that calls into Ruby
/// where that may raise keeps nothing on its stack that needs one.
namespace deltaic_ruby {

extern VALUE native_module;  // Deltaic::Native

/// Raises the class of Deltaic that goes with `status`; frees `error`, which may be NULL.
[[noreturn]] void RaiseError(deltaic_status status, deltaic_error* error);

/// Raises the class of Deltaic for a status name, "InvalidArgument".
[[noreturn]] void Raise(const char* code_name, const char* message);
[[noreturn]] void RaiseText(const char* code_name, VALUE message);

/// Text as C has it: a String without NUL, else TypeError or ArgumentError.
const char* CText(VALUE* text);

/// A new UTF-8 String; frees `text`.
VALUE TakeText(char* text);

/// The options inside a Deltaic::Native::Options; NULL for nil.
const deltaic_options* OptionsOf(VALUE options);
/// What cancels the calls that were given these; NULL for nil.
const deltaic_cancellation* CancellationOf(VALUE options);
/// The handle inside a Deltaic::Native::Table.
deltaic_table* TableOf(VALUE table);

/// Takes over `scan`, which may be NULL, and the stream that is moved from.
/// \param options  kept alive; what cancels the stream.
VALUE WrapStream(deltaic_scan* scan, ArrowArrayStream* stream, VALUE options);
/// Frees both, waiting for the threads that read ahead; `stream` may be empty.
void DropStream(deltaic_scan* scan, const ArrowArrayStream& stream);

void InitErrors();
void InitCredentials();
void InitOptions();
void InitTable();
void InitStream();
void InitRowFeed();
void InitSync();

}  // namespace deltaic_ruby

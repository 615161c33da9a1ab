package deltaic

import (
	"context"
	"errors"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Code tells what the caller does next. The numbers are those of deltaic.h.
type Code int

const (
	CodeInvalidArgument    Code = 1  // the call itself is wrong: fix the call
	CodeNotFound           Code = 2  // table, version or file is absent
	CodeAlreadyExists      Code = 3  // table or file is present
	CodeSchemaMismatch     Code = 4  // the data does not have the table's schema: fix the data
	CodeConstraintViolated Code = 5  // the data breaks a rule of the table: fix the data
	CodeUnsupported        Code = 6  // the table needs a feature this build lacks: upgrade
	CodeCorruption         Code = 7  // log or file breaks the specification: repair
	CodeConflict           Code = 8  // a newer commit overlaps: run again on the new version
	CodeCommitUnknown      Code = 9  // the reply to a commit was lost: read that version and compare
	CodeUnavailable        Code = 10 // throttled or timed out: call again
	CodeIO                 Code = 11 // storage said no
	CodePermissionDenied   Code = 12 // storage refused the credentials
	CodeCancelled          Code = 13 // the context ended
	CodeInternal           Code = 14 // a bug in the library
)

var codeNames = [...]string{
	"OK", "InvalidArgument", "NotFound", "AlreadyExists", "SchemaMismatch", "ConstraintViolated", "Unsupported",
	"Corruption", "Conflict", "CommitUnknown", "Unavailable", "Io", "PermissionDenied", "Cancelled", "Internal",
}

// String gives the name, "Conflict" for CodeConflict.
func (c Code) String() string {
	if c < 0 || int(c) >= len(codeNames) {
		return "Unknown"
	}
	return codeNames[c]
}

// Error is what a call failed with. errors.Is finds it by ErrConflict and its neighbours, and by the context's error
// where the context ended.
type Error struct {
	Code    Code
	Message string // one line: what, where, what now; no secret
	cause   error
}

func (e *Error) Error() string { return "deltaic: " + e.Message }

// Unwrap gives the context's error, where that ended the call.
func (e *Error) Unwrap() error { return e.cause }

// Is tells whether the target is the error of the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Message == other.Code.String() && other.Code == e.Code
}

func codeError(code Code) error { return &Error{Code: code, Message: code.String()} }

// One for each code, for errors.Is.
var (
	ErrInvalidArgument    = codeError(CodeInvalidArgument)
	ErrNotFound           = codeError(CodeNotFound)
	ErrAlreadyExists      = codeError(CodeAlreadyExists)
	ErrSchemaMismatch     = codeError(CodeSchemaMismatch)
	ErrConstraintViolated = codeError(CodeConstraintViolated)
	ErrUnsupported        = codeError(CodeUnsupported)
	ErrCorruption         = codeError(CodeCorruption)
	ErrConflict           = codeError(CodeConflict)
	ErrCommitUnknown      = codeError(CodeCommitUnknown)
	ErrUnavailable        = codeError(CodeUnavailable)
	ErrIO                 = codeError(CodeIO)
	ErrPermissionDenied   = codeError(CodePermissionDenied)
	ErrCancelled          = codeError(CodeCancelled)
	ErrInternal           = codeError(CodeInternal)
)

func newError(code Code, message string) error { return &Error{Code: code, Message: message} }

// wrap makes an error of the lower storey one of this package.
func wrap(ctx context.Context, err error) error {
	var failed *capi.Error
	if !errors.As(err, &failed) {
		return err
	}
	wrapped := &Error{Code: Code(failed.Code), Message: failed.Message}
	if wrapped.Code == CodeCancelled {
		wrapped.cause = ctx.Err()
	}
	return wrapped
}

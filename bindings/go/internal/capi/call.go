package capi

/*
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"strings"
	"unsafe"
)

// Option is one key of a call's options.
type Option struct {
	Key    string
	Values []string
	List   bool // any number of values

	Credentials Credentials // in place of all else
}

// Call holds what a running call needs: its options, and what cancels it.
type Call struct {
	options      *C.deltaic_options
	cancellation *C.deltaic_cancellation
	stop         func() bool
	cancelled    chan struct{}
}

// Begin makes options that are cancelled with ctx. End must follow.
func Begin(ctx context.Context, options []Option) (*Call, error) {
	if err := Load(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	made, err := newOptions(options)
	if err != nil {
		return nil, err
	}
	call := &Call{options: made, cancellation: C.deltaic_cancellation_new(), cancelled: make(chan struct{})}
	C.deltaic_options_set_cancellation(call.options, call.cancellation)
	call.stop = context.AfterFunc(ctx, func() {
		C.deltaic_cancellation_cancel(call.cancellation)
		close(call.cancelled)
	})
	return call, nil
}

// Cancel stops the call, as the context's end does.
func (c *Call) Cancel() { C.deltaic_cancellation_cancel(c.cancellation) }

// CancelUnless cancels a call that is not done yet.
func (c *Call) CancelUnless(done <-chan struct{}) {
	select {
	case <-done:
	default:
		c.Cancel()
	}
}

// End frees the options, once nobody can cancel through them any more.
func (c *Call) End() {
	if !c.stop() {
		<-c.cancelled
	}
	C.deltaic_options_free(c.options)
	C.deltaic_cancellation_free(c.cancellation)
}

func newOptions(options []Option) (*C.deltaic_options, error) {
	made := C.deltaic_options_new()
	for _, option := range options {
		if err := addOption(made, option); err != nil {
			C.deltaic_options_free(made)
			return nil, err
		}
	}
	return made, nil
}

func addOption(made *C.deltaic_options, option Option) error {
	if option.Credentials != nil {
		setCredentials(made, option.Credentials)
		return nil
	}
	key, err := newText(option.Key)
	if err != nil {
		return err
	}
	defer C.free(unsafe.Pointer(key))
	if option.List {
		C.deltaic_options_set_empty_list(made, key)
	}
	for _, value := range option.Values {
		text, err := newText(value)
		if err != nil {
			// Not with the text, which may be a secret.
			return &Error{Code: InvalidArgument, Message: "a NUL byte in option " + option.Key}
		}
		if option.List {
			C.deltaic_options_add(made, key, text)
		} else {
			C.deltaic_options_set(made, key, text)
		}
		C.free(unsafe.Pointer(text))
	}
	return nil
}

// newText is C.CString, which would cut at a NUL.
func newText(text string) (*C.char, error) {
	if strings.ContainsRune(text, 0) {
		return nil, &Error{Code: InvalidArgument, Message: fmt.Sprintf("a NUL byte in %q", text)}
	}
	return C.CString(text), nil
}

// Codes that this package itself uses.
const (
	InvalidArgument = C.DELTAIC_ERROR_INVALID_ARGUMENT
	Cancelled       = C.DELTAIC_ERROR_CANCELLED
	Internal        = C.DELTAIC_ERROR_INTERNAL
)

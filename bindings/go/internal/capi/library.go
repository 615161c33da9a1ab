// Package capi is the lower storey: one Go function for one C function of deltaic.h, and no opinion. All of cgo is here.
package capi

/*
#cgo CFLAGS: -I${SRCDIR} -I${SRCDIR}/../../../../include/deltaic -std=c11 -Wall -Wextra
#cgo linux LDFLAGS: -ldl
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

var load = sync.OnceValue(func() error {
	path, err := libraryPath()
	if err != nil {
		return err
	}
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	if why := C.dn_load(text); why != nil {
		return fmt.Errorf("deltaic: the native library cannot be loaded: %s%s", C.GoString(why), hint())
	}
	return nil
})

// Load makes the library ready; the first call does the work.
func Load() error { return load() }

// Version gives the library's version.
func Version() (string, error) {
	if err := Load(); err != nil {
		return "", err
	}
	return C.GoString(C.deltaic_version()), nil
}

// CallsJSON gives what calls take and give, as deltaic_calls_json has it.
func CallsJSON() (string, error) {
	if err := Load(); err != nil {
		return "", err
	}
	var out *C.char
	var failure *C.deltaic_error
	if status := C.deltaic_calls_json(&out, &failure); status != 0 {
		return "", takeError(status, failure)
	}
	return takeText(out), nil
}

// Error is a failed call.
type Error struct {
	Code    int
	Message string
}

func (e *Error) Error() string { return e.Message }

// StatusName gives "Conflict" for DELTAIC_ERROR_CONFLICT, and so on; empty where the library cannot be loaded.
func StatusName(code int) string {
	if Load() != nil {
		return ""
	}
	return C.GoString(C.deltaic_status_name(C.deltaic_status(code)))
}

func takeError(status C.deltaic_status, failure *C.deltaic_error) error {
	if failure == nil {
		return &Error{Code: int(status), Message: C.GoString(C.deltaic_status_name(status))}
	}
	defer C.deltaic_error_free(failure)
	return &Error{Code: int(C.deltaic_error_code(failure)), Message: C.GoString(C.deltaic_error_message(failure))}
}

func takeText(text *C.char) string {
	defer C.deltaic_string_free(text)
	return C.GoString(text)
}

var logger struct {
	sync.Mutex
	sink func(level int, message string)
}

// SetLog sets where messages of the library go; nil drops them. The sink is called on any thread.
func SetLog(sink func(level int, message string)) error {
	if err := Load(); err != nil {
		return err
	}
	logger.Lock()
	logger.sink = sink
	logger.Unlock()
	on := C.int(0)
	if sink != nil {
		on = 1
	}
	C.dn_set_logging(on)
	return nil
}

//export deltaicGoLog
func deltaicGoLog(level C.int, message *C.char) {
	logger.Lock()
	sink := logger.sink
	logger.Unlock()
	if sink != nil {
		sink(int(level), C.GoString(message))
	}
}

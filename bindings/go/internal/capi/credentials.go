package capi

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
)

// Credentials gives fresh options of a storage, on any thread.
type Credentials func() (map[string]string, error)

func setCredentials(options *C.deltaic_options, give Credentials) {
	C.dn_set_credentials(options, C.uintptr_t(cgo.NewHandle(give)))
}

//export deltaicGoCredentials
func deltaicGoCredentials(handle C.uintptr_t, fresh *C.deltaic_options) C.int {
	given, err := ask(cgo.Handle(handle).Value().(Credentials))
	for key, value := range given {
		if err == nil {
			err = addOption(fresh, Option{Key: key, Values: []string{value}})
		}
	}
	if err == nil {
		return 0
	}
	if addOption(fresh, Option{Key: "error", Values: []string{err.Error()}}) != nil {
		return C.DELTAIC_ERROR_INVALID_ARGUMENT
	}
	return C.DELTAIC_ERROR_PERMISSION_DENIED
}

// ask turns a panic into an error: it could not pass through the library's frames.
func ask(give Credentials) (given map[string]string, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			given, err = nil, fmt.Errorf("panic: %v", caught)
		}
	}()
	return give()
}

//export deltaicGoCredentialsRelease
func deltaicGoCredentialsRelease(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

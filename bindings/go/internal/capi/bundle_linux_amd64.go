package capi

import native "github.com/deltaic/deltaic/bindings/go/native/linux_amd64"

func bundle() ([]byte, string) { return native.Bundle() }

module github.com/deltaic/deltaic/examples/go

go 1.25

require (
	github.com/deltaic/deltaic/bindings/go v0.1.0
	github.com/deltaic/deltaic/bindings/go/native/linux_amd64 v0.1.0 // indirect
)

replace (
	github.com/deltaic/deltaic/bindings/go => ../../bindings/go
	github.com/deltaic/deltaic/bindings/go/native/linux_amd64 => ../../bindings/go/native/linux_amd64
)

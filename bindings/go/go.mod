module github.com/deltaic/deltaic/bindings/go

go 1.25

require github.com/deltaic/deltaic/bindings/go/native/linux_amd64 v0.1.0

replace github.com/deltaic/deltaic/bindings/go/native/linux_amd64 => ./native/linux_amd64

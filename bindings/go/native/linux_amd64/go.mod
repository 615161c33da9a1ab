module github.com/deltaic/deltaic/bindings/go/native/linux_amd64

go 1.25

module github.com/deltaic/deltaic/examples/go/syncd

go 1.26.0

require (
	github.com/deltaic/deltaic/bindings/go v0.1.0
	github.com/deltaic/deltaic/bindings/go/sync v0.1.0
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/deltaic/deltaic/bindings/go/native/linux_amd64 v0.1.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/pgx/v5 v5.13.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/deltaic/deltaic/bindings/go => ../../../bindings/go

replace github.com/deltaic/deltaic/bindings/go/native/linux_amd64 => ../../../bindings/go/native/linux_amd64

replace github.com/deltaic/deltaic/bindings/go/sync => ../../../bindings/go/sync

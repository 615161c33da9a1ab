// A run of the Go driver: TABLE URL OPTIONS (JSON); says what it did as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/deltaic/deltaic/bindings/go"
	"github.com/deltaic/deltaic/bindings/go/sync"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
)

type given struct {
	Mode    string            `json:"mode"`
	Where   string            `json:"where"`
	Columns map[string]string `json:"columns"`
	DryRun  bool              `json:"dry_run"`
	Resync  bool              `json:"resync"`
	Nul     string            `json:"nul"`
	Soft    string            `json:"soft_delete"`
	Rejects string            `json:"rejects"`
	Most    int64             `json:"max_rejects"`
	Full    bool              `json:"full"`
}

func main() {
	result, err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3])
	var known *deltaic.Error
	if errors.As(err, &known) {
		answer(map[string]string{"code": known.Code.String(), "message": known.Message})
		return
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		answer(map[string]string{"code": refused.Code, "message": refused.Message})
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answer(result)
}

func answer(what any) {
	if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
		panic(err)
	}
}

func run(ctx context.Context, uri, url, text string) (result sync.Result, err error) {
	var given given
	if err = json.Unmarshal([]byte(text), &given); err != nil {
		return result, err
	}
	options := sync.Options{Into: "scores", Key: []string{"id"}, Mode: sync.Mode(given.Mode), Where: given.Where,
		DryRun: given.DryRun, Resync: given.Resync, SoftDelete: given.Soft, Rejects: given.Rejects,
		MaxRejects: given.Most, Full: given.Full}
	for from, to := range given.Columns {
		options.Columns = append(options.Columns, from+"="+to)
	}
	if given.Nul != "" {
		options.More = append(options.More, deltaic.Set("nul", given.Nul))
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		return result, err
	}
	defer func() { _ = table.Close() }()
	if socket, is := strings.CutPrefix(url, "unix://"); is {
		client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
		defer func() { _ = client.Close() }()
		return sync.Redis(ctx, table, client, options)
	}
	if strings.HasPrefix(url, "rediss://") {
		parsed, err := redis.ParseURL(url)
		if err != nil {
			return result, err
		}
		client := redis.NewClient(parsed)
		defer func() { _ = client.Close() }()
		return sync.Redis(ctx, table, client, options)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return result, err
	}
	defer func() { _ = conn.Close(ctx) }()
	return sync.Postgres(ctx, table, conn, options)
}

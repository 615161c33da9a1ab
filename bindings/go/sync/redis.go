package sync

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/deltaic/deltaic/bindings/go"
	"github.com/redis/go-redis/v9"
)

const (
	maxTries   = 100 // runs of others in the meantime, after which a run gives up
	keysAtOnce = 1000
)

// Redis brings keys to the loaded version of a Delta table, by one MULTI, whose commands wait in memory until they are all
// there.
func Redis(ctx context.Context, table *deltaic.Table, client redis.UniversalClient, options Options) (result Result, err error) {
	start, err := deltaic.NewSyncStart(options.start("redis")...)
	if err != nil {
		return result, err
	}
	for range maxTries {
		err = client.Watch(ctx, func(tx *redis.Tx) error {
			result, err = tryRedis(ctx, table, tx, start.CursorKey, options)
			return err
		}, start.CursorKey)
		if !errors.Is(err, redis.TxFailedErr) {
			return result, err
		}
	}
	return result, &deltaic.Error{Code: deltaic.CodeConflict,
		Message: "other runs moved the cursor again and again; run it when they are done"}
}

func tryRedis(ctx context.Context, table *deltaic.Table, tx *redis.Tx, cursorKey string, options Options) (result Result, err error) {
	cursor, err := tx.HGetAll(ctx, cursorKey).Result()
	if err != nil {
		return result, err
	}
	found := map[string]string{"commands": "json"}
	for _, name := range []string{"table_id", "version", "spec"} {
		if value, known := cursor[name]; known {
			found["cursor_"+name] = value
		}
	}
	plan, err := planOf(ctx, table, options.plan("redis"), found)
	if err != nil {
		return result, err
	}
	result = resultOf(plan)
	if plan.Action == "nothing" {
		return result, nil
	}
	gone, err := keysOf(ctx, tx, plan.Clear)
	if err != nil {
		return result, err
	}
	pipe := tx.TxPipeline()
	for at := 0; at < len(gone); at += keysAtOnce {
		pipe.Del(ctx, gone[at:min(at+keysAtOnce, len(gone))]...)
	}
	if err = queueRows(ctx, plan, pipe, &result); err != nil {
		return result, err
	}
	for _, command := range plan.Finish {
		if err := queue(ctx, pipe, command); err != nil {
			return result, err
		}
	}
	result.Upserted = result.Sent
	if options.DryRun {
		return result, nil
	}
	_, err = pipe.Exec(ctx)
	return result, err
}

func queueRows(ctx context.Context, plan *deltaic.SyncPlan, pipe redis.Pipeliner, result *Result) error {
	rows, err := plan.Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for {
		some, err := rows.Next()
		if err != nil || len(some) == 0 {
			result.Sent, result.Rejected = rows.NumRows(), rows.NumRejected()
			return err
		}
		for line := range bytes.Lines(some) {
			if err := queue(ctx, pipe, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
				return err
			}
		}
	}
}

// queue adds a command, a JSON array of texts.
func queue(ctx context.Context, pipe redis.Pipeliner, command json.RawMessage) error {
	words, err := texts[[]string](command)
	if err != nil {
		return err
	}
	arguments := make([]any, len(words))
	for i, word := range words {
		arguments[i] = word
	}
	pipe.Do(ctx, arguments...)
	return nil
}

func keysOf(ctx context.Context, tx *redis.Tx, pattern string) (keys []string, err error) {
	if pattern == "" {
		return nil, nil
	}
	found := tx.Scan(ctx, 0, pattern, keysAtOnce).Iterator()
	for found.Next(ctx) {
		keys = append(keys, found.Val())
	}
	return keys, found.Err()
}

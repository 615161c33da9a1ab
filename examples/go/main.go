// A daemon that follows the change data feed of a table and prints what each commit changed, until it is interrupted.
//
//	go run . TABLE [VERSIONS]    # ends after so many versions
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

type score struct {
	UserID int64   `delta:"user_id"`
	Score  float64 `delta:"score"`
}

const pause = 500 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	uri, versions := "scores", int64(-1)
	if len(os.Args) > 1 {
		uri = os.Args[1]
	}
	if len(os.Args) > 2 {
		versions, _ = strconv.ParseInt(os.Args[2], 10, 64)
	}
	if err := run(ctx, uri, versions); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, uri string, versions int64) error {
	table, err := deltaic.Open(ctx, uri)
	if errors.Is(err, deltaic.ErrNotFound) {
		table, err = begin(ctx, uri)
	}
	if err != nil {
		return err
	}
	defer table.Close()
	for next := int64(0); versions < 0 || next < versions; {
		for change, err := range deltaic.Changes[score](ctx, table, deltaic.From(next), deltaic.AllowOutOfRange()) {
			if err != nil {
				return err
			}
			fmt.Println(change.Version, change.Type, change.Row.UserID, change.Row.Score)
			next = change.Version + 1
		}
		if versions >= 0 && next >= versions {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}

// begin makes a table with a feed, so that there is something to follow.
func begin(ctx context.Context, uri string) (*deltaic.Table, error) {
	first := []score{{1, 0.9}, {2, 0.4}}
	if _, err := deltaic.Write(ctx, uri, slices.Values(first), deltaic.Property("delta.enableChangeDataFeed", "true")); err != nil {
		return nil, err
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		return nil, err
	}
	_, err = deltaic.Upsert(ctx, table, slices.Values([]score{{2, 0.5}}), "user_id")
	return table, err
}

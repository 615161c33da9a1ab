// A daemon that keeps hashes of Redis in step with a table of the warehouse: scores:17 for the row of user 17.
//
//	syncd -every 10s TABLE [redis://HOST:PORT]
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
	"github.com/deltaic/deltaic/bindings/go/sync"
	"github.com/redis/go-redis/v9"
)

func main() {
	every := flag.Duration("every", time.Minute, "how often to look for news")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	url := flag.Arg(1)
	if url == "" {
		url = "redis://localhost:6379"
	}
	if err := follow(ctx, flag.Arg(0), url, *every); err != nil && ctx.Err() == nil {
		slog.Error("syncd ends", "error", err)
		os.Exit(1)
	}
}

// follow goes on until the context ends, or something is wrong that will not pass. A run that is cut short leaves Redis as
// it was.
func follow(ctx context.Context, uri, url string, every time.Duration) error {
	place, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(place)
	defer func() { _ = client.Close() }()
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		if err := once(ctx, uri, client); err != nil && !passes(err) {
			return err
		} else if err != nil {
			slog.Warn("trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks.C:
		}
	}
}

func once(ctx context.Context, uri string, client *redis.Client) error {
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { _ = table.Close() }()
	done, err := sync.Redis(ctx, table, client, sync.Options{Into: "scores", Key: []string{"user_id"}})
	if err == nil && done.Action != "nothing" {
		slog.Info("in step", "version", done.To, "by", done.Action, "sent", done.Sent)
	}
	return err
}

func passes(err error) bool {
	var network net.Error
	return errors.Is(err, deltaic.ErrUnavailable) || errors.Is(err, deltaic.ErrConflict) || errors.As(err, &network)
}

package deltaic_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/deltaic/deltaic/bindings/go"
)

type Score struct {
	UserID int64   `delta:"user_id"`
	Score  float64 `delta:"score"`
}

func exampleFolder() (string, func()) {
	folder := must(os.MkdirTemp("", "deltaic-example-"))
	return filepath.Join(folder, "scores"), func() { _ = os.RemoveAll(folder) }
}

func Example() {
	ctx := context.Background()
	uri, remove := exampleFolder()
	defer remove()

	scores := []Score{{1, 0.9}, {2, 0.4}, {3, 0.7}}
	if _, err := deltaic.Write(ctx, uri, slices.Values(scores), deltaic.Txn("nightly", 17)); err != nil {
		panic(err)
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		panic(err)
	}
	defer func() { _ = table.Close() }()
	for row, err := range deltaic.Rows[Score](ctx, table.Scan(deltaic.Where("score > 0.5"), deltaic.Ordered())) {
		if err != nil {
			panic(err)
		}
		fmt.Println(row.UserID, row.Score)
	}
	// Output:
	// 1 0.9
	// 3 0.7
}

func ExampleUpsert() {
	ctx := context.Background()
	uri, remove := exampleFolder()
	defer remove()
	must(deltaic.Write(ctx, uri, slices.Values([]Score{{1, 0.9}, {2, 0.4}})))
	table := must(deltaic.Open(ctx, uri))
	result := must(deltaic.Upsert(ctx, table, slices.Values([]Score{{2, 0.5}, {3, 0.6}}), "user_id"))
	fmt.Println(result.NumTargetRowsUpdated, "updated,", result.NumTargetRowsInserted, "inserted")
	// Output: 1 updated, 1 inserted
}

func ExampleMerge() {
	ctx := context.Background()
	uri, remove := exampleFolder()
	defer remove()
	must(deltaic.Write(ctx, uri, slices.Values([]Score{{1, 0.9}, {2, 0.4}})))
	table := must(deltaic.Open(ctx, uri))
	news := []map[string]any{{"user_id": 1, "gone": true}, {"user_id": 2, "gone": false}}
	result := must(deltaic.Merge(table, slices.Values(news), "t.user_id = s.user_id").
		WhenMatchedDelete(deltaic.If("s.gone")).
		WhenMatchedUpdate(map[string]string{"score": "t.score + 1"}).
		Execute(ctx))
	fmt.Println(result.NumTargetRowsDeleted, "deleted,", result.NumTargetRowsUpdated, "updated")
	// Output: 1 deleted, 1 updated
}

func ExampleChanges() {
	ctx := context.Background()
	uri, remove := exampleFolder()
	defer remove()
	must(deltaic.Write(ctx, uri, slices.Values([]Score{{1, 0.9}, {2, 0.4}}), deltaic.Property("delta.enableChangeDataFeed", "true")))
	table := must(deltaic.Open(ctx, uri))
	must(table.Delete(ctx, deltaic.Where("user_id = 2")))
	for change, err := range deltaic.Changes[Score](ctx, table, deltaic.From(1)) {
		if err != nil {
			panic(err)
		}
		fmt.Println(change.Version, change.Type, change.Row.UserID)
	}
	// Output: 1 delete 2
}

func ExampleTable_At() {
	ctx := context.Background()
	uri, remove := exampleFolder()
	defer remove()
	must(deltaic.Write(ctx, uri, slices.Values([]Score{{1, 0.9}})))
	must(deltaic.Write(ctx, uri, slices.Values([]Score{{2, 0.4}}), deltaic.Append))
	table := must(deltaic.Open(ctx, uri))
	old := must(table.At(ctx, 0))
	fmt.Println(must(old.Count(ctx)), must(table.Count(ctx)))
	// Output: 1 2
}

func ExampleError() {
	_, err := deltaic.Open(context.Background(), "memory://nowhere/t")
	fmt.Println(errors.Is(err, deltaic.ErrNotFound), errors.Is(err, deltaic.ErrConflict))
	// Output: true false
}

package deltaic_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

// times is how often a stress test repeats: DELTAIC_GO_STRESS multiplies it.
func times(n int) int {
	if more, err := strconv.Atoi(os.Getenv("DELTAIC_GO_STRESS")); err == nil {
		return n * more
	}
	return n
}

func waitForGoroutines(t testing.TB, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}

func TestEarlyBreaksLeaveNothing(t *testing.T) {
	_, table := newScores(t, 300_000)
	before := runtime.NumGoroutine()
	for i := range times(200) {
		rows := 0
		for _, err := range deltaic.Rows[score](t.Context(), table.Scan()) {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows > i {
				break
			}
		}
	}
	waitForGoroutines(t, before)
}

func TestRandomCancels(t *testing.T) {
	uri, table := newScores(t, 300_000)
	before := runtime.NumGoroutine()
	r := rand.New(rand.NewPCG(1, 2))
	cancelled := 0
	for range times(150) {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(r.IntN(8000))*time.Microsecond, cancel)
		var err error
		switch r.IntN(3) {
		case 0:
			_, err = deltaic.Collect(deltaic.Rows[score](ctx, table.Scan()))
		case 1:
			_, err = deltaic.Write(ctx, uri, numbered(100_000), deltaic.Overwrite)
		case 2:
			_, err = deltaic.Open(ctx, uri)
		}
		timer.Stop()
		cancel()
		if err == nil {
			continue
		}
		cancelled++
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("want a cancelled context, got %v", err)
		}
	}
	if cancelled == 0 {
		t.Error("nothing was cancelled")
	}
	waitForGoroutines(t, before)
}

func TestCancelEndsAWaitingWriteSoon(t *testing.T) {
	uri, _ := newScores(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	var asked time.Time
	_, err := deltaic.Write(ctx, uri, func(yield func(score) bool) {
		for i := int64(0); ; i++ {
			if i == 20_000 {
				asked = time.Now()
				cancel()
			}
			if !yield(score{ID: i}) {
				return
			}
		}
	}, deltaic.Append)
	if took := time.Since(asked); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestManyGoroutinesShareATable(t *testing.T) {
	_, table := newScores(t, 10)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range times(5) {
				if i%4 == 0 {
					if _, err := deltaic.AppendRows(t.Context(), table, numbered(10)); err != nil {
						t.Error(err)
					}
					continue
				}
				rows, err := deltaic.Collect(deltaic.Rows[score](t.Context(), table.Scan()))
				if err != nil || len(rows)%10 != 0 {
					t.Errorf("%d rows, %v", len(rows), err)
				}
			}
		})
	}
	group.Wait()
	if err := table.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	equal(t, "version", int64(times(10)), table.Version())
}

func TestAContextThatIsOver(t *testing.T) {
	uri, table := newScores(t, 10)
	ctx, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	for _, err := range []error{
		second(deltaic.Open(ctx, uri)), second(table.Count(ctx)), second(table.Delete(ctx)), table.Refresh(ctx),
		second(deltaic.Collect(deltaic.Rows[score](ctx, table.Scan()))), second(deltaic.Write(ctx, uri, numbered(1), deltaic.Append)),
	} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLogging(t *testing.T) {
	var mutex sync.Mutex
	var text strings.Builder
	logger := slog.New(slog.NewTextHandler(lockedWriter{&mutex, &text}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if err := deltaic.SetLogger(logger); err != nil {
		t.Fatal(err)
	}
	newScores(t, 10)
	if err := deltaic.SetLogger(nil); err != nil {
		t.Fatal(err)
	}
	version := must(deltaic.LibraryVersion())
	if version == "" {
		t.Error("no version")
	}
}

type lockedWriter struct {
	mutex *sync.Mutex
	text  *strings.Builder
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.text.Write(p)
}

// Without cgo the compiler's message says what to do.
func TestWithoutCgoTheBuildFailsInWords(t *testing.T) {
	build := exec.Command("go", "build", ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "set_CGO_ENABLED_1") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestALibraryThatIsNotThere(t *testing.T) {
	if os.Getenv("DELTAIC_TEST_MISSING") != "" {
		_, err := deltaic.Open(t.Context(), "memory://a/b")
		fmt.Println("said:", err)
		return
	}
	again := exec.Command(os.Args[0], "-test.run", "^TestALibraryThatIsNotThere$", "-test.v")
	again.Env = append(os.Environ(), "DELTAIC_TEST_MISSING=1", "DELTAIC_LIBRARY=/nowhere/libdeltaic.so.0")
	out, _ := again.CombinedOutput()
	if !strings.Contains(string(out), "said: deltaic: the native library cannot be loaded: /nowhere/libdeltaic.so.0") {
		t.Errorf("%s", out)
	}
}

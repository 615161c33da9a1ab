package deltaic

import (
	"context"
	"log/slog"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

var slogLevels = [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

// SetLogger sends what the library logs to a logger, for all tables of the process; nil drops it, as at the start.
func SetLogger(logger *slog.Logger) error {
	if logger == nil {
		return capi.SetLog(nil)
	}
	return capi.SetLog(func(level int, message string) {
		if level >= 0 && level < len(slogLevels) {
			logger.Log(context.Background(), slogLevels[level], message)
		}
	})
}

// LibraryVersion gives the version of the native library.
func LibraryVersion() (string, error) { return capi.Version() }

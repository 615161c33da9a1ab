package deltaic

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Credentials log in to a storage.
type Credentials struct {
	Options map[string]string // as storage options: "aws_access_key_id" and so on
	Expires time.Time         // zero: not known
}

// WithCredentials lets a function hand out the credentials of the storage, in place of those of WithStorage and of the
// environment. It is asked when a request first needs them, again some minutes before they expire, and where the store
// says that they have; on any goroutine. It must not use the table that it logs in.
func WithCredentials(give func() (Credentials, error)) Option {
	return Option{func(s *settings) {
		s.storage = append(s.storage, capi.Option{Credentials: func() (map[string]string, error) {
			given, err := give()
			if err != nil {
				return nil, errors.New(firstLine(err.Error()))
			}
			options := maps.Clone(given.Options)
			if !given.Expires.IsZero() && options != nil {
				options["expires_at_ms"] = strconv.FormatInt(given.Expires.UnixMilli(), 10)
			}
			return options, nil
		}})
	}}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

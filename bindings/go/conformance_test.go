package deltaic_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/deltaic/deltaic/bindings/go"
)

type conformanceCase struct {
	Name     string          `json:"name"`
	Path     string          `json:"path"`
	Kind     string          `json:"kind"`
	Expected expectedContent `json:"expected"`
	Template map[string]any  `json:"template"`
	Catalog  struct {
		Commits []string `json:"ratified_staged_commits"`
		Max     int64    `json:"max_catalog_version"`
	} `json:"catalog"`
}

type expectedContent struct {
	Error        string         `json:"error"`
	Rows         int            `json:"rows"`
	SHA256       string         `json:"sha256"`
	Alternatives []string       `json:"sha256_alternatives"`
	ByVersion    map[string]any `json:"rows_by_version"`
	Snapshot     *struct {
		Version     int64             `json:"version"`
		NumFiles    int64             `json:"num_files"`
		TotalSize   int64             `json:"total_size"`
		MinReader   int               `json:"min_reader"`
		MinWriter   int               `json:"min_writer"`
		Properties  map[string]string `json:"properties"`
		TableID     string            `json:"table_id"`
		Txns        map[string]int64  `json:"txns"`
		Domains     map[string]string `json:"domains"`
		PartitionBy []string          `json:"partition_columns"`
	} `json:"snapshot"`
}

var conformanceErrors = map[string]error{
	"UNSUPPORTED_READER_FEATURE": deltaic.ErrUnsupported, "UNSUPPORTED_READER_VERSION": deltaic.ErrUnsupported,
	"CATALOG_REQUIRED": deltaic.ErrUnsupported, "BAD_SCHEMA": deltaic.ErrCorruption, "MISSING_METADATA": deltaic.ErrCorruption,
	"VERSIONS_NOT_CONTIGUOUS": deltaic.ErrCorruption, "DV_CORRUPT": deltaic.ErrCorruption, "TABLE_NOT_FOUND": deltaic.ErrNotFound,
}

// TestConformance reads the tables of DELTAIC_CONFORMANCE_DIR: facts, rows and versions. A case is skipped only where
// the library refuses a feature by name.
func TestConformance(t *testing.T) {
	root := os.Getenv("DELTAIC_CONFORMANCE_DIR")
	index, err := os.ReadFile(filepath.Join(root, "cases.json"))
	if root == "" || err != nil {
		t.Skip("no conformance tables; set DELTAIC_CONFORMANCE_DIR")
	}
	var cases struct{ Cases []conformanceCase }
	if err := json.Unmarshal(index, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases.Cases {
		t.Run(c.Name, func(t *testing.T) { runCase(t, filepath.Join(root, c.Path), c) })
	}
}

func runCase(t *testing.T, path string, c conformanceCase) {
	if len(c.Template) > 0 {
		path = fillTemplate(t, path, c.Template)
	}
	switch c.Kind {
	case "error", "data-error":
		checkError(t, path, c.Expected.Error)
		return
	case "catalog":
		checkError(t, path, "CATALOG_REQUIRED")
		table, err := deltaic.Open(t.Context(), path, deltaic.CatalogCommits(c.Catalog.Commits...), deltaic.MaxCatalogVersion(c.Catalog.Max))
		if err != nil {
			t.Fatal(err)
		}
		checkTable(t, table, c.Expected)
		return
	}
	table, err := deltaic.Open(t.Context(), path)
	if errors.Is(err, deltaic.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		if c.Kind != "implementation-defined" {
			t.Fatal(err)
		}
		return
	}
	defer func() { _ = table.Close() }()
	checkTable(t, table, c.Expected)
}

func fillTemplate(t *testing.T, path string, placeholders map[string]any) string {
	scratch := filepath.Join(t.TempDir(), "delta")
	if err := os.CopyFS(scratch, os.DirFS(path)); err != nil {
		t.Fatal(err)
	}
	special := (&url.URL{Path: filepath.Join(scratch, "folder&with%special char")}).EscapedPath()
	values := map[string]string{"{{TABLE_ROOT_URI}}": "file://" + scratch, "{{FOLDER_WITH_SPECIAL_CHAR}}": strings.ReplaceAll(special, "&", "%26")}
	if err := fs.WalkDir(os.DirFS(scratch), "_delta_log", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".json") || entry.IsDir() {
			return err
		}
		text := string(must(os.ReadFile(filepath.Join(scratch, name))))
		for placeholder := range placeholders {
			text = strings.ReplaceAll(text, placeholder, values[placeholder])
		}
		if err := os.Chmod(filepath.Join(scratch, name), 0o600); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(scratch, name), []byte(text), 0o600)
	}); err != nil {
		t.Fatal(err)
	}
	return scratch
}

func checkError(t *testing.T, path, code string) {
	t.Helper()
	want, known := conformanceErrors[code]
	if !known {
		t.Fatalf("this test has no meaning for %s", code)
	}
	table, err := deltaic.Open(t.Context(), path)
	if err == nil {
		_, err = deltaic.Collect(table.Scan().Maps(t.Context()))
	}
	failsWith(t, err, want)
}

func checkTable(t *testing.T, table *deltaic.Table, expected expectedContent) {
	t.Helper()
	if facts := expected.Snapshot; facts != nil {
		protocol, metadata := must(table.Protocol()), must(table.Metadata())
		equal(t, "version", facts.Version, table.Version())
		equal(t, "protocol", []int{facts.MinReader, facts.MinWriter}, []int{protocol.MinReaderVersion, protocol.MinWriterVersion})
		equal(t, "id", facts.TableID, metadata.ID)
		equal(t, "properties", facts.Properties, metadata.Configuration)
		equal(t, "domains", facts.Domains, must(table.Domains(t.Context())))
		equal(t, "partitions", strings.Join(facts.PartitionBy, ","), strings.Join(metadata.PartitionColumns, ","))
		for app, version := range facts.Txns {
			equal(t, "txn "+app, version, must(table.TxnVersion(t.Context(), app)))
		}
		var files, bytes int64
		for file, err := range table.Files(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			files++
			bytes += file.Size
		}
		equal(t, "files", facts.NumFiles, files)
		if files > 0 {
			equal(t, "bytes", facts.TotalSize, bytes)
		}
	}
	if expected.SHA256 != "" {
		checkRows(t, table, expected)
	}
	for version, want := range expected.ByVersion {
		checkVersion(t, table, must(strconv.ParseInt(version, 10, 64)), want)
	}
}

func checkRows(t *testing.T, table *deltaic.Table, expected expectedContent) {
	t.Helper()
	var schema schemaType
	if err := json.Unmarshal([]byte(must(table.SchemaJSON())), &schema); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for row, err := range table.Scan().Maps(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, canonical(row, &schema))
	}
	equal(t, "rows", expected.Rows, len(rows))
	equal(t, "count", int64(expected.Rows), must(table.Count(t.Context())))
	if digest := digestOf(rows); !slices.Contains(append(expected.Alternatives, expected.SHA256), digest) {
		t.Errorf("values differ; first row: %.300s", append(rows, "")[0])
	}
}

func checkVersion(t *testing.T, table *deltaic.Table, version int64, want any) {
	t.Helper()
	old, err := table.At(t.Context(), version)
	var count int64
	if err == nil {
		for _, err = range old.Scan().Maps(t.Context()) {
			if err != nil {
				break
			}
			count++
		}
	}
	if _, fails := want.(string); fails {
		if err == nil {
			t.Errorf("version %d reads", version)
		}
		return
	}
	if err != nil {
		t.Errorf("version %d: %v", version, err)
		return
	}
	equal(t, "rows of version "+strconv.FormatInt(version, 10), int64(want.(float64)), count)
}

package sync

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const rollBackTime = 10 * time.Second

// Postgres brings a table of PostgreSQL to the loaded version of a Delta table. It joins the transaction that is open on
// the connection, else it runs one of its own.
func Postgres(ctx context.Context, table *deltaic.Table, conn *pgx.Conn, options Options) (result Result, err error) {
	start, err := deltaic.NewSyncStart(options.start("postgres")...)
	if err != nil {
		return result, err
	}
	run := &postgres{conn: conn.PgConn(), options: options, start: start}
	err = run.transaction(ctx, func() error {
		result, err = run.bring(ctx, table)
		return err
	})
	return result, err
}

type postgres struct {
	conn    *pgconn.PgConn
	options Options
	start   deltaic.SyncStart
}

func (p *postgres) transaction(ctx context.Context, work func() error) error {
	begin, commit, rollBack := "BEGIN", "COMMIT", "ROLLBACK"
	if p.conn.TxStatus() != 'I' {
		begin, commit = "SAVEPOINT deltaic_sync", "RELEASE SAVEPOINT deltaic_sync"
		rollBack = "ROLLBACK TO SAVEPOINT deltaic_sync; RELEASE SAVEPOINT deltaic_sync"
	}
	if _, err := p.run(ctx, begin); err != nil {
		return err
	}
	err := work()
	if err == nil && !p.options.DryRun {
		_, err = p.run(ctx, commit)
		return err
	}
	// Also where the context has ended. A connection that is gone takes its transaction along.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollBackTime)
	defer cancel()
	_, failed := p.run(late, rollBack)
	if err == nil {
		return failed
	}
	return err
}

// run gives the rows, as texts, and how many were touched.
func (p *postgres) run(ctx context.Context, sql string) (*pgconn.Result, error) {
	results, err := p.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, errors.New("PostgreSQL answered nothing to: " + sql)
	}
	return results[0], nil
}

func (p *postgres) runAll(ctx context.Context, statements []string) error {
	for _, sql := range statements {
		if _, err := p.run(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func (p *postgres) ask(ctx context.Context) (map[string]string, error) {
	if err := p.runAll(ctx, p.start.Begin); err != nil {
		return nil, err
	}
	found := map[string]string{}
	cursor, err := p.run(ctx, p.start.Cursor)
	if err != nil {
		return nil, err
	}
	for _, row := range cursor.Rows {
		for i, name := range []string{"cursor_table_id", "cursor_version", "cursor_spec"} {
			found[name] = string(row[i])
		}
	}
	columns, err := p.run(ctx, p.start.Columns)
	if err != nil {
		return nil, err
	}
	for _, row := range columns.Rows {
		found["target_column."+string(row[0])] = string(row[1])
	}
	unique, err := p.run(ctx, p.start.Unique)
	if err == nil && len(unique.Rows) > 0 {
		found["has_unique_key"] = "true"
	}
	return found, err
}

func (p *postgres) bring(ctx context.Context, table *deltaic.Table) (result Result, err error) {
	found, err := p.ask(ctx)
	if err != nil {
		return result, err
	}
	plan, err := planOf(ctx, table, p.options.plan("postgres"), found)
	if err != nil {
		return result, err
	}
	result = resultOf(plan)
	if plan.Action == "nothing" {
		return result, nil
	}
	if err = p.runAll(ctx, plan.Prepare); err != nil {
		return result, err
	}
	if err = p.send(ctx, plan, &result); err != nil {
		return result, err
	}
	return result, p.apply(ctx, plan, &result)
}

func (p *postgres) send(ctx context.Context, plan *deltaic.SyncPlan, result *Result) error {
	rows, err := plan.Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	reader := &failing{SyncRows: rows}
	if _, err = p.conn.CopyFrom(ctx, reader, plan.Copy); reader.err != nil {
		return reader.err
	}
	result.Sent, result.Rejected = rows.NumRows(), rows.NumRejected()
	return err
}

// failing keeps why reading failed, which CopyFrom hands to PostgreSQL as a text.
type failing struct {
	*deltaic.SyncRows
	err error
}

func (f *failing) Read(to []byte) (int, error) {
	n, err := f.SyncRows.Read(to)
	var known *deltaic.Error
	if errors.As(err, &known) {
		f.err = err
	}
	return n, err
}

func (p *postgres) apply(ctx context.Context, plan *deltaic.SyncPlan, result *Result) error {
	for _, sql := range plan.Checks {
		wrong, err := p.run(ctx, sql)
		if err != nil {
			return err
		}
		if len(wrong.Rows) > 0 {
			return &deltaic.Error{Code: deltaic.CodeConstraintViolated, Message: string(wrong.Rows[0][0])}
		}
	}
	for _, step := range plan.Apply {
		done, err := p.run(ctx, step.SQL)
		if err != nil {
			return err
		}
		switch step.Counts {
		case "upserted":
			result.Upserted += done.CommandTag.RowsAffected()
		case "deleted":
			result.Deleted += done.CommandTag.RowsAffected()
		case "told":
			err = addTold(done, result)
		case "rejected":
			result.Rejected += int64(len(done.Rows))
			err = appendRejects(p.options.Rejects, done)
		}
		if err != nil {
			return err
		}
	}
	for _, raw := range plan.Finish {
		sql, err := texts[string](raw)
		if err != nil {
			return err
		}
		if _, err := p.run(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// addTold adds what a step says it did: rows deleted and upserted.
func addTold(done *pgconn.Result, result *Result) error {
	if len(done.Rows) != 1 || len(done.Rows[0]) != 2 {
		return errors.New("PostgreSQL did not tell what was done")
	}
	for i, count := range []*int64{&result.Deleted, &result.Upserted} {
		number, err := strconv.ParseInt(string(done.Rows[0][i]), 10, 64)
		if err != nil {
			return err
		}
		*count += number
	}
	return nil
}

func appendRejects(path string, lines *pgconn.Result) (err error) {
	if len(lines.Rows) == 0 {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for _, line := range lines.Rows {
		if _, err := file.Write(append(line[0], '\n')); err != nil {
			return err
		}
	}
	return nil
}

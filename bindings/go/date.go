package deltaic

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day without a time zone: days since 1970-01-01.
type Date int32

const secondsOfDay = 86_400

// DateOf gives the day that a time has in its own zone.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), secondsOfDay))
}

// ParseDate reads "2024-01-31".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, newError(CodeInvalidArgument, fmt.Sprintf("%q is no date such as 2024-01-31", text))
	}
	return DateOf(t), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Time gives the day's midnight in UTC.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// String gives "2024-01-31".
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText gives String, for JSON and others.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// Value gives the day as databases take it.
func (d Date) Value() (driver.Value, error) { return d.Time(), nil }

// Scan takes the day as databases give it.
func (d *Date) Scan(value any) (err error) {
	switch v := value.(type) {
	case time.Time:
		*d = DateOf(v)
	case string:
		*d, err = ParseDate(v)
	case []byte:
		*d, err = ParseDate(string(v))
	default:
		err = newError(CodeInvalidArgument, fmt.Sprintf("a Date cannot be made of %T", value))
	}
	return err
}

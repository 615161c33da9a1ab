package deltaic

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

const maxDecimalDigits = 38

// Decimal is an exact number of at most 38 digits: an integer of 128 bits over a power of ten. Values that are equal may
// differ in scale (1.5 and 1.50), so compare with Cmp.
type Decimal struct {
	high  int64
	low   uint64
	scale int32
}

// NewDecimal gives unscaled / 10^scale; scale is between 0 and 38.
func NewDecimal(unscaled int64, scale int) Decimal {
	return Decimal{high: unscaled >> 63, low: uint64(unscaled), scale: int32(scale)}
}

// ParseDecimal reads "-12.50", exactly.
func ParseDecimal(text string) (Decimal, error) {
	digits := strings.TrimLeft(text, "+-")
	negative := strings.HasPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(text)-len(digits) > 1 || whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return Decimal{}, newError(CodeInvalidArgument, fmt.Sprintf("%q is no decimal such as -12.50", text))
	}
	unscaled := strings.TrimLeft(whole+fraction, "0")
	if len(unscaled) > maxDecimalDigits || len(fraction) > maxDecimalDigits {
		return Decimal{}, newError(CodeInvalidArgument, fmt.Sprintf("%q has more than %d digits", text, maxDecimalDigits))
	}
	value, _ := new(big.Int).SetString("0"+unscaled, 10)
	if negative {
		value.Neg(value)
	}
	return decimalFromBig(value, len(fraction)), nil
}

func decimalFromBig(value *big.Int, scale int) Decimal {
	low := new(big.Int).And(value, new(big.Int).SetUint64(^uint64(0)))
	high := new(big.Int).Rsh(value, 64)
	return Decimal{high: high.Int64(), low: low.Uint64(), scale: int32(scale)}
}

// Unscaled gives the integer, and Scale how many of its digits are behind the point.
func (d Decimal) Unscaled() *big.Int {
	value := new(big.Int).Lsh(big.NewInt(d.high), 64)
	return value.Add(value, new(big.Int).SetUint64(d.low))
}

// Scale is how many digits of Unscaled are behind the point.
func (d Decimal) Scale() int { return int(d.scale) }

func (d Decimal) isSmall() bool { return d.high == int64(d.low)>>63 }

// String gives the number with all digits of its scale, "12.50".
func (d Decimal) String() string {
	var digits string
	if d.isSmall() {
		digits = strconv.FormatInt(int64(d.low), 10)
	} else {
		digits = d.Unscaled().String()
	}
	if d.scale == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if missing := int(d.scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(d.scale)
	return sign + digits[:point] + "." + digits[point:]
}

// Float64 gives the nearest float64.
func (d Decimal) Float64() float64 {
	value, _ := strconv.ParseFloat(d.String(), 64)
	return value
}

// Cmp gives -1, 0 or 1 as d is less than, equal to or greater than other.
func (d Decimal) Cmp(other Decimal) int {
	scale := max(d.scale, other.scale)
	return d.atScale(scale).Cmp(other.atScale(scale))
}

func (d Decimal) atScale(scale int32) *big.Int {
	return new(big.Int).Mul(d.Unscaled(), powerOfTen(int(scale-d.scale)))
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rescale gives the same number with another scale, or false where digits would be lost or precision is exceeded.
func (d Decimal) rescale(precision, scale int) (Decimal, bool) {
	if int(d.scale) == scale && d.isSmall() && precision > 18 {
		return d, true
	}
	value := d.Unscaled()
	if more := scale - int(d.scale); more >= 0 {
		value.Mul(value, powerOfTen(more))
	} else {
		rest := new(big.Int)
		value.QuoRem(value, powerOfTen(-more), rest)
		if rest.Sign() != 0 {
			return Decimal{}, false
		}
	}
	if value.CmpAbs(powerOfTen(precision)) >= 0 {
		return Decimal{}, false
	}
	return decimalFromBig(value, scale), true
}

// digits counts the decimal digits of the unscaled number.
func (d Decimal) digits() int {
	if d.isSmall() && d.low < 1<<62 {
		return len(strconv.FormatUint(d.low, 10))
	}
	return len(strings.TrimLeft(d.Unscaled().String(), "-"))
}

// IsZero tells whether the number is 0.
func (d Decimal) IsZero() bool { return bits.LeadingZeros64(uint64(d.high)|d.low) == 64 }

// MarshalText gives String; in JSON the number is a text, for JSON's numbers are not exact everywhere.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDecimal reads.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}

// Value gives the number as databases take it, a text.
func (d Decimal) Value() (driver.Value, error) { return d.String(), nil }

// Scan takes the number as databases give it.
func (d *Decimal) Scan(value any) (err error) {
	switch v := value.(type) {
	case string:
		*d, err = ParseDecimal(v)
	case []byte:
		*d, err = ParseDecimal(string(v))
	case int64:
		*d = NewDecimal(v, 0)
	case float64:
		*d, err = ParseDecimal(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		err = newError(CodeInvalidArgument, fmt.Sprintf("a Decimal cannot be made of %T", value))
	}
	return err
}

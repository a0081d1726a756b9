package config

import (
	"encoding/json"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestMoneyIsTheDecimalThatIsWritten(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "0.021": "0.021", "0.1": "0.1", "1": "1", "10.50": "10.5", "0.000000001": "0.000000001", "1000000000": "1000000000",
		"999999999.999999999": "999999999.999999999", "0.0000000001": "", "1000000000.1": "", "-0.01": "",
	} {
		got, err := moneyOf(cty.MustParseNumberVal(in))
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%s is %s, %v; want %q", in, got, err, want)
		}
	}
}

func TestSumsOfMoneyAreExact(t *testing.T) {
	tenth, err := moneyOf(cty.MustParseNumberVal("0.1"))
	if err != nil {
		t.Fatal(err)
	}
	var sum Money
	for range 10 {
		sum = sum.Plus(tenth)
	}
	if got := sum.String(); got != "1" {
		t.Errorf("ten times 0.1 is %s", got)
	}
	if got := tenth.Times(3).Minus(tenth).String(); got != "0.2" {
		t.Errorf("three times 0.1 less 0.1 is %s", got)
	}
}

func TestMoneyIsReadAsItIsWritten(t *testing.T) {
	for _, text := range []string{"0", "0.021", "741.4", "12345678901234567890.123456789"} {
		var m Money
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if b, _ := json.Marshal(m); string(b) != text {
			t.Errorf("%s is written as %s", text, b)
		}
	}
	for _, text := range []string{"-1", "1e9", `"1"`, "0.0000000001", "null1"} {
		if m := new(Money); json.Unmarshal([]byte(text), m) == nil {
			t.Errorf("%s is read as %s", text, m)
		}
	}
}

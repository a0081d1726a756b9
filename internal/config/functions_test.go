package config

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Terraform 1.11's functions, which metadata functions of that version lists.
const terraformFunctions = `abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename bcrypt can ceil
chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat contains csvdecode dirname distinct element
endswith ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset filesha1 filesha256 filesha512 flatten
floor format formatdate formatlist indent index issensitive join jsondecode jsonencode keys length log lookup lower matchkeys max md5 merge
min nonsensitive one parseint pathexpand plantimestamp pow range regex regexall replace reverse rsadecrypt sensitive setintersection
setproduct setsubtract setunion sha1 sha256 sha512 signum slice sort split startswith strcontains strrev substr sum templatefile
templatestring textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber toset tostring transpose trim
trimprefix trimspace trimsuffix try upper urlencode uuid uuidv5 values yamldecode yamlencode zipmap`

func TestEveryFunctionOfTerraformIsThereOrSaysWhyNot(t *testing.T) {
	names := functionNames()
	for _, name := range strings.Fields(terraformFunctions) {
		if _, left := absent[name]; left == slices.Contains(names, name) {
			t.Errorf("%s is neither a function nor left out, or both", name)
		}
	}
}

func TestRSADecryptReadsKeysInEveryForm(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 It is the padding that the function takes off.
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	cipher := base64.StdEncoding.EncodeToString(encrypted)
	for name, block := range map[string]*pem.Block{
		"PKCS #1": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)},
		"PKCS #8": {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		c := loaded(t, map[string]string{"main.sms.hcl": simulated, "key.pem": string(pem.EncodeToMemory(block))}, Options{})
		if got := console(t, c, `rsadecrypt("`+cipher+`", file("key.pem"))`); got != `"hello"` {
			t.Errorf("%s: %s", name, got)
		}
		if text, d := c.Evaluate(`rsadecrypt("YQ==", file("key.pem"))`); !strings.Contains(said(d, c.Dir), "failed to decrypt") || strings.Contains(said(d, c.Dir), "PRIVATE") {
			t.Errorf("%s: %s %s", name, text, said(d, c.Dir))
		}
	}
}

// The library compares each pair of elements, and would take hours for these.
func TestDistinctAndMatchkeysTakeLongLists(t *testing.T) {
	list := make([]cty.Value, 200_000)
	for i := range list {
		list[i] = cty.NumberIntVal(int64(i))
	}
	long := cty.ListVal(list)
	began := time.Now()
	v, err := distinctFunc.Call([]cty.Value{long})
	if err != nil || v.LengthInt() != len(list) {
		t.Errorf("distinct: %d elements, %v", v.LengthInt(), err)
	}
	v, err = matchKeysFunc.Call([]cty.Value{long, long, long})
	if err != nil || v.LengthInt() != len(list) {
		t.Errorf("matchkeys: %d elements, %v", v.LengthInt(), err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("they take %v", took)
	}
}

func TestDistinctIsTheLibrarys(t *testing.T) {
	null := cty.NullVal(cty.String)
	for name, list := range map[string]cty.Value{
		"texts":   cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b"), cty.StringVal("a"), null, null}),
		"numbers": cty.ListVal([]cty.Value{cty.NumberIntVal(1), cty.NumberFloatVal(1), cty.MustParseNumberVal("1.0"), cty.MustParseNumberVal("1.1")}),
		"lists":   cty.ListVal([]cty.Value{cty.ListVal([]cty.Value{null}), cty.ListValEmpty(cty.String), cty.ListVal([]cty.Value{null})}),
		"empty":   cty.ListValEmpty(cty.Bool),
		"unknown": cty.ListVal([]cty.Value{cty.UnknownVal(cty.String), cty.StringVal("a")}),
	} {
		got, err := distinctFunc.Call([]cty.Value{list})
		want, wantErr := stdlib.DistinctFunc.Call([]cty.Value{list})
		if (err == nil) != (wantErr == nil) || got.IsKnown() != want.IsKnown() || want.IsWhollyKnown() && !got.RawEquals(want) {
			t.Errorf("%s: %#v, %v; want %#v, %v", name, got, err, want, wantErr)
		}
	}
}

func TestFunctionsWaitForWhatIsNotKnown(t *testing.T) {
	functions := functionsFor(confinement{dir: t.TempDir()})
	text, any := cty.UnknownVal(cty.String), cty.DynamicVal
	for name, args := range map[string][]cty.Value{
		"lookup": {cty.MapVal(map[string]cty.Value{"a": text}), text}, "index": {cty.ListVal([]cty.Value{text}), cty.StringVal("a")},
		"distinct": {cty.ListVal([]cty.Value{text})}, "matchkeys": {cty.ListVal([]cty.Value{text}), cty.ListVal([]cty.Value{text}), cty.ListVal([]cty.Value{text})},
		"format": {text, any}, "formatlist": {cty.StringVal("%s"), any}, "join": {text, cty.ListVal([]cty.Value{text})}, "replace": {text, text, text},
		"setproduct": {any, any}, "jsonencode": {any}, "yamlencode": {any}, "jsondecode": {text}, "yamldecode": {text}, "contains": {any, text},
		"regexall": {text, text}, "split": {text, text}, "indent": {cty.UnknownVal(cty.Number), text}, "length": {any}, "sum": {any}, "one": {any},
		"templatefile": {text, any}, "file": {text}, "textdecodebase64": {text, text}, "rsadecrypt": {text, text}, "issensitive": {text},
		"alltrue": {cty.ListVal([]cty.Value{cty.UnknownVal(cty.Bool), cty.True})}, "cidrsubnet": {text, cty.Zero, cty.Zero}, "timecmp": {text, text},
		"merge": {any, any}, "flatten": {any}, "zipmap": {cty.UnknownVal(cty.List(cty.String)), any}, "coalesce": {text, text}, "try": nil, "tonumber": {text},
	} {
		if args == nil {
			continue
		}
		v, err := functions[name].Call(args)
		if err != nil || v.IsKnown() {
			t.Errorf("%s gives %#v, %v", name, v, err)
		}
	}
}

func TestErrorsKeepWhatIsMarkedToThemselves(t *testing.T) {
	c := loaded(t, map[string]string{"main.sms.hcl": simulated + "variable \"pin\" {\n  default   = \"canary77\"\n  sensitive = true\n}\nlocals {\n  t = \"$${nope(x)} canary77\"\n  c = upper(\"canary77\")\n}\n"}, Options{})
	for _, expression := range []string{
		`base64decode(var.pin)`, `parseint(var.pin, 10)`, `tonumber(var.pin)`, `timecmp(var.pin, "x")`, `file(var.pin)`, `regex(var.pin, "(")`, `uuidv5(var.pin, "x")`,
		`cidrhost(var.pin, 1)`, `jsondecode(var.pin)`, `yamldecode("${"$"}{var.pin}: *x")`, `textdecodebase64(var.pin, "utf-8")`, `textencodebase64("x", var.pin)`,
		`rsadecrypt(var.pin, var.pin)`, `csvdecode("${"$"}{var.pin},${"$"}{var.pin}")`, `lookup({}, var.pin)`, `templatestring(local.t, { x = var.pin })`, `formatdate(var.pin, "x")`,
		`tomap({ a = 1 })[core::sensitive(local.c)]`, `{ for k in core::sensitive([local.c, local.c]) : k => 1 }`, `fileset(".", "[${"$"}{var.pin}")`, `format("%z${"$"}{var.pin}", 1)`,
	} {
		// What is made of a secret is not among the words that diagnostics cover.
		expression = strings.ReplaceAll(strings.ReplaceAll(expression, `${"$"}`, "$"), "var.pin", "upper(var.pin)")
		text, d := c.Evaluate(expression)
		if shown := said(d, c.Dir); text != "" || strings.Contains(shown, "CANARY77") {
			t.Errorf("%s gives %q and says\n%s", expression, text, shown)
		}
	}
}

func TestFileFunctionsReadRegularFilesOnly(t *testing.T) {
	c := loaded(t, map[string]string{"main.sms.hcl": simulated}, Options{})
	pipe := filepath.Base(makePipe(t, c.Dir))
	for _, call := range []string{`file(%q)`, `filebase64(%q)`, `filesha256(%q)`, `templatefile(%q, {})`, `fileexists(%q)`} {
		expression := fmt.Sprintf(call, pipe)
		if text, d := c.Evaluate(expression); !strings.Contains(said(d, c.Dir), "is not a regular file") {
			t.Errorf("%s gives %q and says\n%s", expression, text, said(d, c.Dir))
		}
	}
	if got := console(t, c, `fileset(".", "*.csv")`); got != "toset([])" {
		t.Errorf("fileset gives %s", got)
	}
}

// cty writes out every digit of a number: a cell of nine characters would take minutes for each row.
func TestNumbersOfRowsAreBounded(t *testing.T) {
	for name, source := range map[string]string{
		"csv":   "csv {\n    path   = \"people.csv\"\n    number = \"number\"\n  }\n",
		"jsonl": "jsonl {\n    path   = \"people.jsonl\"\n    number = \"number\"\n  }\n",
	} {
		for _, text := range []string{`"${recipient.age + 1}"`, `"${-recipient.age}"`, `format("%f", recipient.age)`, `join("", formatlist("%d", [recipient.age]))`, `tostring(tonumber(recipient.age))`} {
			dir := directory(t, map[string]string{
				"people.csv":   "number,age\n+12025550143,1e9999999\n",
				"people.jsonl": "{\"number\":\"+12025550143\",\"age\":\"1e9999999\"}\n",
				"main.sms.hcl": simulated + "recipients \"a\" {\n  " + source + "}\nmessage \"m\" {\n  to   = [recipients.a]\n  text = " + text + "\n}\n",
			})
			began := time.Now()
			_, d := Load(t.Context(), dir, Options{ShowNumbers: true})
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s, %s takes %v", name, text, took)
			}
			if shown := said(d, dir); !strings.Contains(shown, "too large") && !strings.Contains(shown, "does not take this value") {
				t.Errorf("%s, %s: %s", name, text, said(d, dir))
			}
		}
	}
}

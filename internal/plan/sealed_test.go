package plan

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/seal"
)

var (
	octets   = flag.Int("octets", 7, "how far apart are the octets that TestSavedPlansNeverComeOutAsOthers changes")
	manifold = flag.Int("manifold", 100_000, "how many people TestEncryptingHoldsNobodyASecondTime encrypts")
)

// Keys that were made for these tests.
const (
	ours, ourKey     = "AGE-SECRET-KEY-1EUT6JEG24H2JGQKS3DZNJ777UPVEDFR20KUKK5HPR7J3ZA0CUKLSV92YWY", "age14sqjasw7r7tecq8pa85kszdskzy4ns9qjc35z9nhv4uwsa44c4zqvmwp75"
	theirs, theirKey = "AGE-SECRET-KEY-1DADM700938YQAXTFCTC94C3DY9827JN7UEF4QS8UALZKGNF8PLKQP9Q82H", "age1cgcrsnv6dpfcl9pu8ghxtsxzle7w0y5aug4d3hkls8637qc60qps6ty70n"
)

func sealed(t testing.TB, p *Plan, keys ...string) []byte {
	t.Helper()
	var to seal.Recipients
	for _, key := range keys {
		if err := to.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := p.WriteSealed(&b, to.Len(), to.Seal); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opener(t testing.TB, secret string) Opener {
	t.Helper()
	var keys seal.Keys
	if err := keys.Add([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	return keys.Open
}

func open(b []byte, with Opener) (*Plan, error) { return Open(bytes.NewReader(b), int64(len(b)), with) }

func peeked(b []byte) (*Plan, error) { return Peek(bytes.NewReader(b), int64(len(b))) }

// secret gives the sample with what a plan must not show, and what that is.
func secret() (*Plan, []string) {
	p := sample()
	p.PhoneMetadata = phone.MetadataVersion()
	p.Variables["password"] = json.RawMessage(`{"value":"canary-of-a-variable","type":"string"}`)
	p.Messages[0].texts = list("canary-of-a-text for Ann", "Żółw: aus")
	m := &p.Messages[0]
	m.tally()
	p.ID = p.identify()
	never := []string{"canary-of-a-variable", "canary-of-a-text", "Ann", "password", "severity"}
	for _, n := range people(4) {
		never = append(never, n.E164(), n.E164()[2:])
	}
	return p, never
}

func TestAnEncryptedPlanOpensWithAnyOfItsKeysAndIsWhatItWas(t *testing.T) {
	p, _ := secret()
	b := sealed(t, p, ourKey, theirKey)
	for name, key := range map[string]string{"first": ours, "second": theirs} {
		got, err := open(b, opener(t, key))
		if err != nil {
			t.Fatalf("%s key: %v", name, err)
		}
		if got.EncryptedTo != 2 || got.Closed() {
			t.Errorf("%s key: encrypted to %d, closed %v", name, got.EncryptedTo, got.Closed())
		}
		got.EncryptedTo = 0
		if !bytes.Equal(written(t, got), written(t, p)) {
			t.Errorf("%s key: it is another plan", name)
		}
	}
}

func TestAnEncryptedPlanShowsItsCountsAndNobodyWithoutAKey(t *testing.T) {
	p, never := secret()
	b := sealed(t, p, ourKey)
	if _, err := read(b); !errors.Is(err, ErrEncrypted) {
		t.Errorf("Read: %v", err)
	}
	got, err := peeked(b)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Closed() || got.ID != p.ID || got.EncryptedTo != 1 {
		t.Errorf("closed %v, ID %s, encrypted to %d", got.Closed(), got.ID, got.EncryptedTo)
	}
	if !reflect.DeepEqual(got.Totals(), p.Totals()) {
		t.Errorf("got %+v, want %+v", got.Totals(), p.Totals())
	}
	if want := p.Messages[0].Sample(); !slices.Equal(got.Messages[0].Sample(), want) || len(want) != 2 {
		t.Errorf("sample %v, want %v", got.Messages[0].Sample(), want)
	}
	for range got.Requests() {
		t.Error("it has requests")
	}
	for _, text := range append(never, ours) {
		if bytes.Contains(b, []byte(text)) {
			t.Errorf("the file has %q", text)
		}
		for name, content := range unpack(t, b) {
			if strings.Contains(content, text) {
				t.Errorf("%s has %q", name, text)
			}
		}
	}
}

// shownFields are the fields that the header of an encrypted plan shows as they are. What is in none of the lists is in no plan yet:
// decide whether somebody without a key may know it.
var (
	shownOfPlan = []string{"Format", "Version", "ID", "Created", "Workspace", "State", "Gateway", "PhoneMetadata", "TimeZones", "Listed", "Retry", "Selection", "LeftOut", "Messages", "Withdrawals",
		"Removed", "Unmoved", "Warnings", "Checks", "Guards", "Tariff", "EncryptedTo"}
	sealedOfPlan   = []string{"Variables"}
	shownOfMessage = []string{"Address", "Action", "Revision", "MovedFrom", "DedupeKey", "DependsOn", "Ignores", "From", "TextSample",
		"PerRecipient", "Binary", "Flash", "Unicode", "MaxSegments", "Receipts", "Validity", "DeliverAt", "DeliverAtText", "Window", "Clocks",
		"Excludes", "Handling", "Doubting", "Rows", "Held", "ToSend", "Again", "Tried", "Retried", "Attempts", "Restored", "Countries", "Sizes", "Segments", "Cost", "Requests",
		"Texts", "TextChanged", "Former", "Imports", "Renumbered", "Masked"}
	sealedOfMessage = []string{}
)

func TestEachFieldOfAPlanIsDecidedToBeShownOrSealed(t *testing.T) {
	for _, tt := range []struct {
		of            reflect.Type
		shown, sealed []string
	}{
		{reflect.TypeFor[Plan](), shownOfPlan, sealedOfPlan},
		{reflect.TypeFor[Message](), shownOfMessage, sealedOfMessage},
	} {
		for _, f := range reflect.VisibleFields(tt.of) {
			if len(f.Index) == 1 && f.IsExported() && slices.Contains(tt.shown, f.Name) == slices.Contains(tt.sealed, f.Name) {
				t.Errorf("%s.%s: say in this test whether the header of an encrypted plan shows it, and have header seal it if not", tt.of.Name(), f.Name)
			}
		}
	}
	p, _ := secret()
	h := p.header()
	for _, name := range sealedOfPlan {
		if got := reflect.ValueOf(*h).FieldByName(name); got.Len() != 0 {
			t.Errorf("the header has %s", name)
		}
	}
}

// resealed gives an encrypted plan with other files in the place of some, and right digests.
func resealed(t testing.TB, whole []byte, with map[string]string) []byte {
	t.Helper()
	files := unpack(t, whole)
	maps.Copy(files, with)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	sums := ""
	for _, name := range []string{headerFile, sealedFile, digestFile} {
		content := files[name]
		if name == digestFile {
			content = sums
		}
		must(must(z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})).Write([]byte(content)))
		sum := sha256.Sum256([]byte(content))
		sums += sumLine(sum[:], name)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// forged encrypts what p is, under the header of another plan, as whoever knows the public key can.
func forged(t testing.TB, p *Plan, header string) []byte {
	t.Helper()
	var to seal.Recipients
	if err := to.Add(ourKey); err != nil {
		t.Fatal(err)
	}
	inner := *p
	inner.EncryptedTo = 1
	var b bytes.Buffer
	w := must(to.Seal(&b))
	bound := hexDigest([]byte(header))
	all := append(inner.parts(), part{boundFile, zip.Deflate, func(w io.Writer) error { _, err := io.WriteString(w, bound); return err }})
	if err := errors.Join(inner.archive(w, all), w.Close()); err != nil {
		t.Fatal(err)
	}
	return resealed(t, sealed(t, p, ourKey), map[string]string{headerFile: header, sealedFile: b.String()})
}

func TestAHeaderThatIsNotThatOfWhatIsEncryptedIsFound(t *testing.T) {
	p, _ := secret()
	whole := sealed(t, p, ourKey)
	header := unpack(t, whole)[headerFile]
	other, _ := secret()
	other.Messages[0].people[0] = fiction(9)
	other.ID = other.identify()
	const (
		unbound = "is damaged: its header is not the one that was saved with what is encrypted"
		lies    = "is damaged: its header says something else than what is encrypted"
	)
	edit := func(from, to string) string {
		if !strings.Contains(header, from) {
			t.Fatalf("the header has no %q", from)
		}
		return strings.Replace(header, from, to, 1)
	}
	for name, tt := range map[string]struct {
		file []byte
		want string
	}{
		"an edited header":              {resealed(t, whole, map[string]string{headerFile: edit("«name»", "«nome»")}), unbound},
		"a header with a blank more":    {resealed(t, whole, map[string]string{headerFile: header + "\n"}), unbound},
		"the sealed part of another":    {resealed(t, whole, map[string]string{sealedFile: unpack(t, sealed(t, other, ourKey))[sealedFile]}), unbound},
		"a forged header":               {forged(t, p, edit("«name»", "«nome»")), lies},
		"a forged sample":               {forged(t, p, edit("•", "7")), lies},
		"the same under other people":   {forged(t, other, header), lies},
		"a forged key more":             {forged(t, p, edit(`"encrypted_to": 1`, `"encrypted_to": 2`)), lies},
		"a forged header with variable": {forged(t, p, edit(`"variables": {}`, `"variables": {"severity":1}`)), lies},
		"an ID that is not its content": {forged(t, p, strings.Replace(header, string(p.ID), string(other.ID), 1)), lies},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := peeked(tt.file); err != nil {
				t.Fatalf("without a key it is sound: %v", err)
			}
			if got, err := open(tt.file, opener(t, ours)); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestOtherKeysAndNoneOpenNothing(t *testing.T) {
	p, never := secret()
	b := sealed(t, p, ourKey)
	var none seal.Keys
	for name, with := range map[string]Opener{"another": opener(t, theirs), "none": none.Open} {
		_, err := open(b, with)
		if !errors.Is(err, seal.ErrNoMatch) {
			t.Errorf("%s: %v", name, err)
		}
		for _, text := range append(never, ours, theirs) {
			if strings.Contains(fmt.Sprint(err), text) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A plan is found to be damaged, or the damage is where it changes nothing.
func TestSavedPlansNeverComeOutAsOthers(t *testing.T) {
	p, _ := secret()
	want := written(t, p)
	for name, tt := range map[string]struct {
		whole []byte
		read  func([]byte) (*Plan, error)
	}{
		"plain":     {want, read},
		"encrypted": {sealed(t, p, ourKey), func(b []byte) (*Plan, error) { return open(b, opener(t, ours)) }},
	} {
		t.Run(name, func(t *testing.T) {
			for cut := 0; cut < len(tt.whole); cut += *octets {
				if _, err := tt.read(tt.whole[:cut]); err == nil {
					t.Errorf("cut to %d octets of %d it is read", cut, len(tt.whole))
				}
			}
			unharmed := 0
			for at := 0; at < len(tt.whole); at += *octets {
				for _, flip := range []byte{1, 0x80} {
					b := bytes.Clone(tt.whole)
					b[at] ^= flip
					got, err := tt.read(b)
					if err != nil {
						continue
					}
					unharmed++
					if got.EncryptedTo = 0; !bytes.Equal(written(t, got), want) {
						t.Errorf("with octet %d changed it is read as another plan", at)
					}
				}
			}
			t.Logf("%d octets; %d changes of one changed nothing, in the zip's own records", len(tt.whole), unharmed)
		})
	}
}

func TestEncryptingHoldsNobodyASecondTime(t *testing.T) {
	n := *manifold
	p := multitude(n)
	var to seal.Recipients
	if err := to.Add(ourKey); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/p"
	file := must(os.Create(path))
	defer file.Close()
	before := allocated()
	began := time.Now()
	if err := p.WriteSealed(file, 1, to.Seal); err != nil {
		t.Fatal(err)
	}
	size := must(file.Stat()).Size()
	t.Logf("%d people: written in %v, %.1f bytes each, %d kB allocated on the way", n, time.Since(began), float64(size)/float64(n), (allocated()-before)>>10)
	if grown := allocated() - before; grown > 16<<20 {
		t.Errorf("writing allocates %d MB", grown>>20)
	}
	began = time.Now()
	got, err := Open(file, size, opener(t, ours))
	if err != nil || got.Totals().ToSend != n+1 {
		t.Fatal(err)
	}
	t.Logf("opened in %v", time.Since(began))
}

// allocated gives the octets that were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// multitude gives a plan of the sample's second and third message, and of n people in the first.
func multitude(n int) *Plan {
	p := sample()
	m := &p.Messages[0]
	p.Gateway.BatchSize = maxBatch
	m.people, m.requests, m.texts = nil, nil, list("Power is out")
	for i := range n {
		m.people = append(m.people, nobody(i*389+i*i%389)) // neighbours are far apart
		if i%maxBatch == 0 {
			m.requests = append(m.requests, request{0, uint32(i), uint32(min(maxBatch, n-i)), 0})
		}
	}
	m.tally()
	m.Countries = []Country{{Region: "ZZ", Recipients: n}}
	m.Rows = n + 7
	p.number()
	p.ID = p.identify()
	return p
}

func FuzzOpen(f *testing.F) {
	p, _ := secret()
	whole := sealed(f, p, ourKey)
	f.Add(whole)
	f.Add(sealed(f, p, ourKey, theirKey))
	f.Add(sealed(f, p, theirKey))
	f.Add(written(f, p))
	f.Add(resealed(f, whole, map[string]string{sealedFile: "age-encryption.org/v1\n"}))
	with := opener(f, ours)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = peeked(b)
		if p, err := open(b, with); err == nil {
			readAgain(t, p)
		}
	})
}

// FuzzOpenHeader gets behind the digests: whatever a header says, it is that of what is encrypted or is refused.
func FuzzOpenHeader(f *testing.F) {
	p, _ := secret()
	whole := sealed(f, p, ourKey)
	header := unpack(f, whole)[headerFile]
	f.Add(header, false)
	f.Add(strings.Replace(header, `"encrypted_to": 1`, `"encrypted_to": 3`, 1), true)
	f.Add(strings.Replace(header, "{", `{"messages":null,`, 1), true)
	with := opener(f, ours)
	want := must(json.Marshal(must(open(whole, with)).header()))
	f.Fuzz(func(t *testing.T, header string, forge bool) {
		b := resealed(t, whole, map[string]string{headerFile: header})
		if forge {
			b = forged(t, p, header)
		}
		shown, _ := peeked(b)
		if _, err := open(b, with); err != nil {
			return
		}
		if got := must(json.Marshal(shown)); !bytes.Equal(got, want) {
			t.Errorf("a header that says %s was taken for %s", got, want)
		}
	})
}

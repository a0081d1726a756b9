package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/simulator"
)

// broadcast is what the configuration of a trial says.
type broadcast struct {
	endpoint, binding, auth string
	batch, connections      int
	statePath               string // "" for the usual one
	sets                    []set
	gone                    []string // numbers on the exclude list
	messages                []cast
	edits                   int // of the texts
}

// set is a recipient file.
type set struct {
	people  []string // numbers, each once
	noise   []string // rows that are invalid, or the same people again
	present int      // of people; the others come later
}

// cast is a message. Its texts end in its letter and revision: so what the gateway took tells what it was.
type cast struct {
	letter   string
	address  string
	revision int
	group    string // the messages of one group share a ledger; a letter of its own otherwise
	onDoubt  string
	sets     []int
	personal bool // the text names the recipient
}

// fictitious are the numbers of the trials, whose parsing takes its time.
var fictitious = sync.OnceValue(func() []string { return fictional(700) })

func drawBroadcast(r *rand.Rand) *broadcast {
	b := &broadcast{
		binding:     []string{"document", "document", "rpc"}[r.IntN(3)],
		auth:        []string{"session", "session", "credentials"}[r.IntN(3)],
		batch:       []int{1, 2, 3, 1 + r.IntN(10), 1 + r.IntN(50), 1 + r.IntN(300)}[r.IntN(6)],
		connections: 1 + r.IntN(16),
	}
	pool := slices.Clone(fictitious()[:min(700, 20+r.IntN(25*(1+r.IntN(25))))])
	for range 1 + r.IntN(3) {
		b.sets = append(b.sets, drawSet(r, pool))
	}
	for _, i := range r.Perm(len(pool))[:r.IntN(4)] {
		b.gone = append(b.gone, pool[i])
	}
	for i := range 1 + r.IntN(3) {
		letter := string(rune('A' + i))
		c := cast{letter: letter, address: "message." + strings.ToLower(letter), revision: 1, group: letter, personal: r.IntN(3) == 0}
		c.onDoubt = []string{"hold", "hold", "hold", "hold", "hold", "hold", "probe", "resend"}[r.IntN(8)]
		c.sets = r.Perm(len(b.sets))[:1+r.IntN(len(b.sets))]
		if i > 0 && r.IntN(4) == 0 {
			c.group = "shared"
			b.messages[0].group = "shared"
		}
		b.messages = append(b.messages, c)
	}
	return b
}

func drawSet(r *rand.Rand, pool []string) set {
	var s set
	for _, i := range r.Perm(len(pool))[:10+r.IntN(len(pool)-9)] {
		s.people = append(s.people, pool[i])
	}
	s.present = len(s.people)
	if r.IntN(3) == 0 {
		s.present -= r.IntN(1 + len(s.people)/2)
	}
	for range r.IntN(4) {
		s.noise = append(s.noise, []string{"nobody", "+1202", "", s.people[r.IntN(s.present)]}[r.IntN(4)])
	}
	return s
}

// rows counts those of the message's recipient files.
func (b *broadcast) rows(c cast) (n int) {
	for _, i := range c.sets {
		n += b.sets[i].present + len(b.sets[i].noise)
	}
	return n
}

// audience gives the numbers that a message is for, without +.
func (b *broadcast) audience(c cast) map[string]bool {
	people := map[string]bool{}
	for _, i := range c.sets {
		for _, number := range b.sets[i].people[:b.sets[i].present] {
			if !slices.Contains(b.gone, number) {
				people[number[1:]] = true
			}
		}
	}
	return people
}

// grow adds those to the files who come later.
func (b *broadcast) grow() {
	for i := range b.sets {
		b.sets[i].present = len(b.sets[i].people)
	}
}

// revise raises the revision of a message, and of those that share its ledger.
func (b *broadcast) revise(i int) {
	group := b.messages[i].group
	for k := range b.messages {
		if b.messages[k].group == group {
			b.messages[k].revision++
		}
	}
}

// head is what a configuration begins with.
func (b *broadcast) head() string {
	var c strings.Builder
	if b.statePath != "" {
		fmt.Fprintf(&c, "smsplan {\n  state \"file\" {\n    path = %q\n  }\n}\n\n", b.statePath)
	}
	fmt.Fprintf(&c, `gateway "clickatell" {
  endpoint    = %q
  binding     = %q
  auth        = %q
  api_id      = 1
  user        = "demo"
  password    = "demo"
  batch_size  = %d
  connections = %d
  rate        = 100000
  timeout     = "1s"
}
`, b.endpoint, b.binding, b.auth, b.batch, b.connections)
	return c.String()
}

func (b *broadcast) write(dir string) error {
	var c strings.Builder
	c.WriteString(b.head())
	c.WriteString(`
recipients "gone" {
  csv {
    path   = "gone.csv"
    number = "number"
  }
}
`)
	files := map[string]string{"gone.csv": rowsOf(b.gone)}
	for i, s := range b.sets {
		fmt.Fprintf(&c, `
recipients "s%d" {
  on_invalid = "skip"
  exclude    = [recipients.gone]
  csv {
    path   = "s%[1]d.csv"
    number = "number"
  }
}
`, i)
		files[fmt.Sprintf("s%d.csv", i)] = rowsOf(slices.Concat(s.noise, s.people[:s.present]))
	}
	for _, m := range b.messages {
		var to []string
		for _, i := range m.sets {
			to = append(to, "recipients.s"+strconv.Itoa(i))
		}
		text := fmt.Sprintf("Edition %d of", b.edits)
		if m.personal {
			text += " ${recipient.name},"
		}
		fmt.Fprintf(&c, "\nmessage %q {\n  to       = [%s]\n  text     = %q\n  revision = %d\n  on_doubt = %q\n",
			strings.TrimPrefix(m.address, "message."), strings.Join(to, ", "), fmt.Sprintf("%s %s %d", text, m.letter, m.revision), m.revision, m.onDoubt)
		if m.group != m.letter {
			fmt.Fprintf(&c, "  dedupe_key = %q\n", m.group)
		}
		c.WriteString("}\n")
	}
	files["main.sms.hcl"] = c.String()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf gives a file of the numbers, with names that several people have in common.
func rowsOf(numbers []string) string {
	var rows strings.Builder
	rows.WriteString("number,name\n")
	for _, number := range numbers {
		fmt.Fprintf(&rows, "%s,%s\n", number, []string{"Ada", "Ben", "Cleo", "Dan"}[(len(number)+int(lastDigit(number)))%4])
	}
	return rows.String()
}

// lastDigit tells people apart.
func lastDigit(number string) byte {
	if number == "" {
		return 0
	}
	return number[len(number)-1]
}

// heard tells which message at which revision a text is; the letter is "" where it is none of the trial's.
func heard(m simulator.Message) (letter string, revision int) {
	words := strings.Fields(m.Text)
	if len(words) < 2 {
		return "", 0
	}
	revision, err := strconv.Atoi(words[len(words)-1])
	if err != nil {
		return "", 0
	}
	return words[len(words)-2], revision
}

// stateKey is what turns people into pseudonyms, so that the account can tell them.
const stateKey = "the key of the campaign"

// pseudonym is what the state calls a number, as docs/state.md says.
func pseudonym(e164 string) string {
	m := hmac.New(sha256.New, []byte(stateKey))
	m.Write([]byte(e164))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// fictional gives n numbers that belong to nobody, as a CSV has them.
func fictional(n int) []string {
	numbers := make([]string, n)
	for i, number := range fiction.Numbers(n) {
		numbers[i] = "+" + number.E164()
	}
	return numbers
}

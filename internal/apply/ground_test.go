package apply_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// ground is what all trials of a campaign begin from: it takes longer to make than many a trial.
type ground struct {
	config *config.Config // of a trial with everybody
	blank  []byte         // an empty state
	is     state.Identity // of it
}

// textOf has the text of each message, by which the gateway's store tells them apart.
var textOf = map[string]string{"message.hello": "Hello.", "message.other": "Something else."}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{}
	w := &world{
		t: t, dir: t.TempDir(), people: mostPeople, batch: 1, connections: 1, rate: 1, timeout: time.Second,
		auth: "session", binding: "document", scheme: "http", host: "127.0.0.1", text: textOf["message.hello"],
		more: fmt.Sprintf("message \"other\" {\n  to = [recipients.everybody]\n  text = %q\n}\n", textOf["message.other"]),
	}
	w.configure()
	loaded, diagnostics := config.Load(t.Context(), w.dir, config.Options{})
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics.List())
	}
	g.config = loaded
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // at a time before that of any trial
		s := settingsIn(dir)
		identity, err := state.Create(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		g.is = identity
		if g.blank, err = os.ReadFile(s.Path); err != nil {
			t.Fatal(err)
		}
	})
	return g
}

// mostPeople is how many people a trial has at most.
const mostPeople = 20

func settingsIn(dir string) state.Settings {
	return state.Settings{
		Path: filepath.Join(dir, "smsplan.state"), Kind: state.Real, Anchor: filepath.Join(dir, "anchor"),
		Who: "test@test", Command: "apply", PhoneMetadata: phone.MetadataVersion(),
	}
}

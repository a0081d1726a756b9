package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/smsplan/smsplan/internal/simulator"
)

const maxBody = 4 << 20

// control serves what changes the simulator.
func (b *Inbox) control(mux *http.ServeMux) {
	mux.HandleFunc("PUT /_sim/faults", b.order)
	mux.HandleFunc("PUT /_sim/settings", b.configure)
	mux.HandleFunc("PATCH /_sim/accounts/{user}", b.credit)
	mux.HandleFunc("DELETE /_sim/sessions", b.expire)
	mux.HandleFunc("POST /_sim/reset", b.reset)
}

// order puts the faults of the body in the place of those there are.
func (b *Inbox) order(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Faults *[]string `json:"faults"`
	}
	if !given(w, r, &body) {
		return
	}
	if body.Faults == nil {
		refuse(w, http.StatusBadRequest, `write {"faults": [...]}, with all that are to act`)
		return
	}
	list := make([]simulator.Fault, len(*body.Faults))
	for i, text := range *body.Faults {
		fault, err := simulator.ParseFault(text)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		list[i] = fault
	}
	if err := b.simulator.Order(list); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	b.faults(w, r)
}

func (b *Inbox) configure(w http.ResponseWriter, r *http.Request) {
	if !isJSON(w, r) {
		return
	}
	if err := b.simulator.ConfigureFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	b.settings(w, r)
}

func (b *Inbox) credit(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Credit *float64 `json:"credit"`
	}
	if !given(w, r, &body) {
		return
	}
	if body.Credit == nil {
		refuse(w, http.StatusBadRequest, `write {"credit": ...}, with what the account has left`)
		return
	}
	if err := b.simulator.SetCredit(r.PathValue("user"), *body.Credit); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	b.settings(w, r)
}

func (b *Inbox) expire(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]int{"expired": b.simulator.ExpireSessions()})
}

func (b *Inbox) reset(w http.ResponseWriter, _ *http.Request) {
	if err := b.simulator.Reset(); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	mark, _ := b.simulator.Watch()
	answer(w, map[string]string{"epoch": b.epoch(mark)})
}

// given reads the body of a request into a value, or answers what is wrong with it.
func given(w http.ResponseWriter, r *http.Request, into any) bool {
	if !isJSON(w, r) {
		return false
	}
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	in.DisallowUnknownFields()
	err := in.Decode(into)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the JSON")
		}
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("body: %v", err))
		return false
	}
	return true
}

func isJSON(w http.ResponseWriter, r *http.Request) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "send JSON, with Content-Type: application/json")
		return false
	}
	return true
}

package simulator

import (
	"strconv"
	"strings"
	"time"
)

const (
	templateLife = 24 * time.Hour
	mergeFields  = 10
)

// template is what the gateway calls a batch: what startbatch leaves for senditem and quicksend to send.
type template struct {
	batch           // Text is the template as it was given
	ID    messageID `json:"id"`
}

// startbatch checks what can be checked before a template is merged.
func (s *Simulator) startbatch(c *call, by caller) (string, error) {
	p := parameters{call: c}
	t := &template{batch: *p.delivery(by.terms), ID: newMessageID()}
	p.content(&t.batch, c.Value("template"), errTemplate)
	if p.code != 0 {
		return errorLine(p.code), nil
	}
	t.At, t.APIID = s.now().UTC().Round(0), by.apiID // by the wall clock alone, as in the journal
	if err := s.record(c, entry{Start: t}); err != nil {
		return "", err
	}
	s.ledger.start(t)
	return "ID: " + t.ID.String(), nil
}

// senditem merges the template with the fields of the call and sends it.
func (s *Simulator) senditem(c *call, by caller, o *orders) ([]string, error) {
	return s.sendTemplate(c, by, func(b *batch) {
		if b.Encoding == gsm7 { // nothing is merged into Unicode text
			b.Text = filled(b.Text, c)
		}
	}, o)
}

// quicksend sends the template as it is.
func (s *Simulator) quicksend(c *call, by caller, o *orders) ([]string, error) {
	return s.sendTemplate(c, by, func(*batch) {}, o)
}

func (s *Simulator) sendTemplate(c *call, by caller, merge func(*batch), o *orders) ([]string, error) {
	p := parameters{call: c}
	p.recipients()
	var b batch
	s.mu.Lock()
	t := s.opened(c, by)
	if t != nil {
		b = t.batch
	}
	s.mu.Unlock()
	if p.wrong(t == nil, errBatch); p.code == 0 {
		merge(&b)
		p.wrong(b.Encoding != binary && strings.TrimSpace(b.Text) == "", errEmpty)
		p.alphabet(&b)
		p.wrong(!b.fit(by.terms), errParts)
	}
	if p.code != 0 {
		return []string{errorLine(p.code)}, nil
	}
	return s.submit(c, by, &b, o)
}

// endbatch ends a batch before its time.
func (s *Simulator) endbatch(c *call, by caller) (string, error) {
	t := s.opened(c, by)
	if t == nil {
		return errorLine(errBatch), nil
	}
	if err := s.record(c, entry{End: &t.ID}); err != nil {
		return "", err
	}
	delete(s.ledger.templates, t.ID)
	return "OK", nil
}

// opened gives the batch that the call names, nil where the account has no such. s.mu is held.
func (s *Simulator) opened(c *call, by caller) *template {
	id, ok := parseMessageID(strings.TrimSpace(c.Value("batch_id")))
	t := s.ledger.templates[id]
	if !ok || t == nil || !by.terms.owns(&t.batch) || s.now().Sub(t.At) >= templateLife {
		return nil
	}
	return t
}

// start enters a batch and, now and then, throws those away that have died.
func (l *ledger) start(t *template) {
	l.templates[t.ID] = t
	if t.At.Sub(l.swept) < templateLife {
		return
	}
	l.swept = t.At
	for id, old := range l.templates {
		if t.At.Sub(old.At) >= templateLife {
			delete(l.templates, id)
		}
	}
}

// filled puts the fields of the call in the place of #field1# and so on. One that the call lacks is empty.
func filled(text string, c *call) string {
	pairs := make([]string, 0, 2*mergeFields)
	for i := range mergeFields {
		name := "field" + strconv.Itoa(i+1)
		pairs = append(pairs, "#"+name+"#", c.Value(name))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

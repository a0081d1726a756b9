package apply

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// failing is what a run has seen of failures that need not stop it, each by itself.
type failing struct {
	inARow  int    // requests, over all workers, that left somebody in doubt
	unknown int    // requests refused with a code that no list has
	people  int    // refused or left in doubt
	cause   *Cause // why that stops the run
}

const (
	// tooManyInARow is the number of requests in a row at which a run stops: the next one would be lost too.
	tooManyInARow = 3
	// tooManyUnknown is the number of requests refused with unknown codes at which a run stops.
	tooManyUnknown = 3
)

// failed counts the failures of a request, and gives the cause where they stop the run. An answer that accounts for everybody
// ends a row of doubts.
func (r *run) failed(w work, s state.Settlement) *Cause {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &r.failing
	refused, lost := 0, 0
	for _, e := range each(s, len(w.people)) {
		switch e.Outcome {
		case state.Refused:
			refused++
		case state.InDoubt:
			lost++
		}
	}
	f.people += refused + lost
	if lost > 0 {
		f.inARow++
	} else {
		f.inARow = 0
	}
	code := soap.Code(s.Code)
	strange := s.Outcome == state.Refused && !code.Known()
	if strange {
		f.unknown++
	}
	switch {
	case f.inARow >= tooManyInARow && !r.options.GoOn:
		f.cause = &Cause{
			Summary: fmt.Sprintf("%d requests in a row left people in doubt: their answers were lost or cannot be read.", f.inARow),
			Remedy:  "Look for the cause at the gateway and on the way to it, then run apply again. -on-error=continue goes on in spite of doubts.",
		}
	case strange && f.unknown >= tooManyUnknown && !r.options.GoOn:
		f.cause = &Cause{
			Summary: fmt.Sprintf("The gateway refused %d requests with codes that no documentation lists, the last one ERR %s.", f.unknown, code),
			Remedy:  "Ask the gateway's operator what the code means.",
		}
	case r.options.Tolerance.exceeded(f.people, r.report.Total):
		f.cause = &Cause{
			Summary: fmt.Sprintf("Refused or left in doubt: %d, more than -max-failures=%s allows.", f.people, r.options.Tolerance),
			Remedy:  "Look into what was refused, then run apply again.",
		}
	}
	return f.cause
}

// Tolerance is how many people of a plan may be refused or left in doubt before the run stops. The zero Tolerance is any number.
type Tolerance struct {
	limited bool
	percent bool // of the people to send to
	most    float64
}

// ParseTolerance reads "N" or "N%".
func ParseTolerance(s string) (Tolerance, error) {
	digits, percent := strings.CutSuffix(s, "%")
	most, err := strconv.ParseFloat(digits, 64)
	whole := most == float64(int(most))
	if err != nil || strings.Trim(digits, "0123456789.") != "" || !percent && !whole || percent && most > 100 {
		return Tolerance{}, errors.New("it is a number of people, or a percentage of those to send to, such as 5%")
	}
	return Tolerance{limited: true, percent: percent, most: most}, nil
}

func (t Tolerance) String() string {
	s := strconv.FormatFloat(t.most, 'f', -1, 64)
	if t.percent {
		s += "%"
	}
	return s
}

// exceeded reports whether so many failures among so many people are too many.
func (t Tolerance) exceeded(failures, people int) bool {
	most := t.most
	if t.percent {
		most *= float64(people) / 100
	}
	return t.limited && float64(failures) > most
}

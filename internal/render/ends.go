package render

import "github.com/smsplan/smsplan/internal/plan"

// among are the lines of a tally that say more of some of those to send to.
func among(m *plan.Message) (list []tallied) {
	if m.Again > 0 {
		list = append(list, tallied{doubted, "again", m.Again, again(m.Tried)})
	}
	if m.Retried > 0 {
		list = append(list, tallied{sends, "tried again", m.Retried, afterRefusal(m.Attempts)})
	}
	if m.Restored > 0 {
		list = append(list, tallied{sends, "sent anew", m.Restored, "of those to send: their message was withdrawn before"})
	}
	return list
}

func afterRefusal(attempts int) string {
	if attempts < 2 {
		return "of those to send: the gateway refused them before"
	}
	return "of those to send: the gateway refused them before, up to the " + ordinal(attempts+1) + " attempt"
}

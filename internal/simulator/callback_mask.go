package simulator

import "slices"

// wants reports whether the account hears of the status, for a message that was sent with this msg_callback and deliv_ack.
// What the mask's bits stand for has changed over the years (gateway specification, section 13.2).
func (c *Callback) wants(status, mask int, ack bool) bool {
	if c.Mask == "early" {
		return earlyMask(status, mask, ack)
	}
	return lateMask(status, mask)
}

// lateMask reads the bits 1 for the network, 2 for what is final and 4 for errors, which 2 has in it.
func lateMask(status, mask int) bool {
	switch status {
	case statusNetwork:
		return mask&1 != 0
	case statusHandset:
		return mask&2 != 0
	case statusContent, statusFailed, statusNoRoute, statusExpired, statusNoCredit:
		return mask&(2|4) != 0
	}
	return false
}

// earlyMask reads the bits 1 for what is intermediate and 2 for what is final: the network is either, as the message asks for
// a receipt or not. It has no third bit. Both bits stand for every status there is.
func earlyMask(status, mask int, ack bool) bool {
	intermediate, final := []int{statusQueued, statusScheduled}, []int{5, 6, 7, 8, 9, 10, 12}
	if ack {
		intermediate, final = append(intermediate, statusNetwork), append(final, statusHandset)
	} else {
		final = append(final, statusNetwork)
	}
	switch mask & 3 {
	case 1:
		return slices.Contains(intermediate, status)
	case 2:
		return slices.Contains(final, status)
	case 3:
		return status >= statusQueued && status <= statusLimit
	}
	return false
}

package state

import "fmt"

// Status is what the gateway says of a message that it has taken (gateway specification, section 13.1). 0 is nothing yet, and 1
// proves nothing.
type Status uint16

// Statuses that have a meaning of their own here.
const (
	statusUnknown   Status = 1
	statusNetwork   Status = 3
	statusHandset   Status = 4
	statusFailed    Status = 7
	statusScheduled Status = 11
	highestStatus   Status = 999
)

// furthest orders the statuses by how far a message has come with them. What the gateway says later does not count more than what it
// says earlier, for receipts come in any order: what says most does. A handset that has a message keeps it.
var furthest = map[Status]int{
	8: 1, statusScheduled: 2, 2: 3, statusNetwork: 4,
	14: firstFinal, 12: 6, 9: 7, 5: 8, 13: 9, 10: 10, 6: 11, statusFailed: 12, statusHandset: 13,
}

// firstFinal is the place of the first status after which the gateway says nothing more.
const firstFinal = 5

// Proves reports whether the status says anything.
func (s Status) Proves() bool { return s > statusUnknown && s <= highestStatus }

// Final reports whether the gateway says nothing more after the status; after 003 it does where a receipt was asked for.
func (s Status) Final() bool { return furthest[s] >= firstFinal }

// left reports whether a message with the status has left the gateway, so that it was not withdrawn.
func (s Status) left() bool { return s == statusNetwork || s == statusHandset || s == statusFailed }

// beyond reports whether a message with status s has come further than one with status o. Codes that are not known are told apart by
// their numbers.
func (s Status) beyond(o Status) bool {
	if furthest[s] != furthest[o] {
		return furthest[s] > furthest[o]
	}
	return s > o
}

// String gives the three digits.
func (s Status) String() string { return fmt.Sprintf("%03d", uint16(s)) }

// Delivery is how far the gateway has got with a message that it has taken: statuses, as far as people care.
type Delivery uint8

// Deliveries, with the words that users see ([Delivery.String]).
const (
	Untold    Delivery = iota // the gateway has not said
	Scheduled                 // it waits for its time
	Queued                    // it is with the gateway
	OnItsWay                  // it is with the network
	Delivered                 // the handset has it
	Failed                    // it will not be delivered
	Expired                   // likewise, because it took too long
	Stopped                   // somebody has withdrawn it at the gateway
)

var deliveryWords = [...]string{"unknown", "scheduled", "queued", "with the network", "delivered", "failed", "expired", "stopped"}

func (d Delivery) String() string { return deliveryWords[d] }

// Delivery gives what the status means.
func (s Status) Delivery() Delivery {
	switch {
	case !s.Proves():
		return Untold
	case s == statusScheduled:
		return Scheduled
	case s == statusNetwork:
		return OnItsWay
	case s == statusHandset:
		return Delivered
	case s == 6:
		return Stopped
	case s == 10:
		return Expired
	case s.Final():
		return Failed
	}
	return Queued
}

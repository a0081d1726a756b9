package state

import "slices"

// People counts those whom the messages have a send to, at whatever revision and whatever came of it, each once. People who are
// known under several keys cannot be told apart across them: the count is that of the key that knows most.
func (s *Snapshot) People(messages ...MessageID) int {
	byKey := map[int][]Person{}
	for _, m := range messages {
		for _, revision := range s.Revisions(m) {
			for _, l := range s.Ledgers(m, revision) {
				byKey[l.key] = union(byKey[l.key], l.people)
			}
		}
	}
	most := 0
	for _, people := range byKey {
		most = max(most, len(people))
	}
	return most
}

// union merges two lists that are sorted and name nobody twice.
func union(a, b []Person) []Person {
	if len(a) == 0 {
		return b
	}
	all := make([]Person, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		order := comparePeople(a[0], b[0])
		if order <= 0 {
			all = append(all, a[0])
			a = a[1:]
		} else {
			all = append(all, b[0])
		}
		if order >= 0 {
			b = b[1:]
		}
	}
	return slices.Concat(all, a, b)
}

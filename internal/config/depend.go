package config

import (
	"fmt"
	"slices"
	"strings"
)

// readDependencies reads depends_on of all message blocks. The messages have been read.
func (s *scope) readDependencies() {
	for name, b := range s.declared.messages {
		a := &arguments{s: s, of: messageBlock, content: b.content}
		first := s.messagesNamed(a, "depends_on", "Where the message waits for none leave it out.")
		for _, m := range s.messages[name] {
			m.DependsOn = first
		}
	}
	s.refuseWaitingCircles()
}

// refuseWaitingCircles reports messages that would wait for themselves, one circle of a block.
func (s *scope) refuseWaitingCircles() {
	byAddress := make(map[string]*Message)
	for _, m := range s.config.Messages {
		byAddress[m.Address] = m
	}
	done := make(map[string]bool) // everything that they wait for has been looked at
	reported := make(map[string]bool)
	var path []string
	var visit func(m *Message)
	visit = func(m *Message) {
		if at := slices.Index(path, m.Address); at >= 0 {
			// The instances of one block depend on the same messages.
			if block := byAddress[slices.Min(path[at:])].Block(); !reported[block] {
				reported[block] = true
				s.waitingCircle(byAddress, path[at:])
			}
			return
		}
		if done[m.Address] {
			return
		}
		path = append(path, m.Address)
		for _, first := range m.DependsOn {
			if other := byAddress[first]; other != nil {
				visit(other)
			}
		}
		path = path[:len(path)-1]
		done[m.Address] = true
	}
	for _, m := range s.config.Messages {
		visit(m)
	}
}

// waitingCircle reports one circle, at the depends_on of the first of its messages.
func (s *scope) waitingCircle(byAddress map[string]*Message, circle []string) {
	first := slices.Index(circle, slices.Min(circle))
	circle = slices.Concat(circle[first:], circle[:first+1])
	m := byAddress[circle[0]]
	name := strings.TrimPrefix(m.Block(), "message.")
	at := s.declared.messages[name].content.Attributes["depends_on"].Expr.Range()
	s.l.add(fault(at, "Cycle", fmt.Sprintf("These messages wait for each other, so none of them would be sent: %s. Take one out of the depends_on of another.", strings.Join(circle, " -> "))))
}

package envelope

import (
	"fmt"
	"strings"
)

// Rules are how strictly a call is held to its description. The gateway's documentation leaves them open.
type Rules struct {
	InOrder       bool // parameters come in the schema's order
	AnyParameter  bool // ones that the operation does not have are passed over
	ActionNeeded  bool // there is a SOAPAction
	ActionIgnored bool // it may contradict the body
}

// Check says what the call has against the rules or the SOAPAction that it came with. Its error is a *Fault.
func (c *Call) Check(action string, r Rules) error {
	if text := c.contradiction(strings.Trim(action, `" `), r); text != "" {
		return &Fault{Code: "Client", Text: text, Operation: c.Operation}
	}
	return nil
}

// contradiction is "" for none.
func (c *Call) contradiction(action string, r Rules) string {
	name := c.op.nameIn(c.Binding)
	switch {
	case c.foreign != "" && !r.AnyParameter:
		return fmt.Sprintf("%s has no parameter %.40q", name, c.foreign)
	case c.misplaced != "" && r.InOrder:
		return fmt.Sprintf("%q in %s is out of the schema's order", c.misplaced, name)
	case action == "" && r.ActionNeeded:
		return "there is no SOAPAction"
	case action == "" || r.ActionIgnored:
		return ""
	}
	// The RPC server has had several addresses, and its actions with them.
	space, op := action, ""
	if i := strings.LastIndexAny(action, "/#"); i >= 0 {
		space, op = action[:i], action[i+1:]
	}
	if op != name || !c.Binding.rpc && space != c.Binding.action {
		return fmt.Sprintf("SOAPAction %.200q contradicts the body, which has %s", action, name)
	}
	return ""
}

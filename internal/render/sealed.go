package render

import (
	"fmt"

	"github.com/smsplan/smsplan/internal/plan"
)

// sealed says of an encrypted plan what of it was read.
func (g *page) sealed(p *plan.Plan) {
	switch {
	case p.Closed():
		g.labelled("", "", unopened(p), yellow)
	case p.EncryptedTo > 0:
		g.labelled("", "", fmt.Sprintf("Encrypted to %s, and opened.", Counted(p.EncryptedTo, "key")), plain)
	}
}

// unopened says what is not certain of an encrypted plan that was not opened.
func unopened(p *plan.Plan) string {
	return fmt.Sprintf("Encrypted to %s, and not opened: people, their texts and the values of variables are not known here, and "+
		"what is shown, the Plan ID too, is what the file says of them. Whoever has a key can tell (-identity=FILE), and apply does.", Counted(p.EncryptedTo, "key"))
}

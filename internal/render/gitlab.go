package render

import (
	"io"

	"github.com/smsplan/smsplan/internal/plan"
)

type gitlabDocument struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Delete int `json:"delete"`
}

// GitLab writes the report that the widget of a merge request reads ("N to add, M to change, and K to delete"): how many people are
// to be sent to, whose message is withdrawn and sent anew, and whose is withdrawn for good.
func GitLab(w io.Writer, p *plan.Plan) error {
	t := p.Totals()
	anew := min(p.Anew(), t.ToSend)
	return document(w, gitlabDocument{Create: t.ToSend - anew, Update: anew, Delete: t.ToCancel - anew})
}

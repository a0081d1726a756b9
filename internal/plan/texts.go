package plan

import "strings"

// texts is a list of texts in one piece of memory.
type texts struct {
	arena string
	ends  []int
}

func (t *texts) len() int { return len(t.ends) }

func (t *texts) at(i int) string {
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.arena[from:t.ends[i]]
}

// collector gathers the texts of a message.
type collector struct {
	arena strings.Builder
	ends  []int
}

func (c *collector) add(text string) {
	c.arena.WriteString(text)
	c.ends = append(c.ends, c.arena.Len())
}

func (c *collector) texts() texts { return texts{c.arena.String(), c.ends} }

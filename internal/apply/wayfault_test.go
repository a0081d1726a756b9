package apply_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// passing is a kind of fault that some exchanges meet on their way.
func passing(name string, draw func(r *rand.Rand) func(x *exchange)) faultKind {
	return faultKind{name: name, draw: func(r *rand.Rand) fault {
		return fault{hitches: []*hitch{{op: pick(r, "sendmsg", "sendmsg", "sendmsg", ""), after: r.IntN(4), times: pick(r, 1, 2, 5, 1000), do: draw(r)}}}
	}}
}

// spoiling is one that gives another answer than the gateway's.
func spoiling(name string, draw func(r *rand.Rand) func(x *exchange, answer []byte)) faultKind {
	return passing(name, func(r *rand.Rand) func(x *exchange) {
		spoil := draw(r)
		return func(x *exchange) {
			x.deliver()
			spoil(x, x.answer())
		}
	})
}

// replacing is one in which a proxy answers in the gateway's place, whether the request has reached that or not.
func replacing(name string, status ...int) faultKind {
	return passing(name, func(r *rand.Rand) func(x *exchange) {
		code, reached, waits := status[r.IntN(len(status))], pick(r, "no", "yes", "later"), pick(r, 0, time.Second, 20*time.Second)
		body := fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\n", code, http.StatusText(code))
		location := ""
		if code/100 == 3 {
			location = "Location: " + pick(r, "/soap/document_literal/webservice", "/soap/webservice_vs.php",
				"http://other.example/soap/document_literal/webservice", "http://127.0.0.1/soap/webservice_vs.php") + "\r\n"
		}
		raw := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/html\r\n%sContent-Length: %d\r\n\r\n%s", code, http.StatusText(code), location, len(body), body)
		return func(x *exchange) {
			switch reached {
			case "yes":
				x.deliver()
				x.answer()
			case "later":
				x.network.deliverLate(x.request, 45*time.Second)
			}
			time.Sleep(waits)
			x.reply(raw)
		}
	})
}

// lengthOf changes the Content-Length of an answer.
func lengthOf(answer []byte, by int) []byte {
	head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	return bytes.Replace(answer, fmt.Appendf(nil, "Content-Length: %d", len(body)), fmt.Appendf(nil, "Content-Length: %d", max(0, len(body)+by)), bytes.Count(head, []byte("Content-Length: ")))
}

// onReuse has a kind strike only requests on connections that have served before.
func onReuse(k faultKind) faultKind {
	draw := k.draw
	k.draw = func(r *rand.Rand) fault {
		f := draw(r)
		f.hitches[0].reused, f.hitches[0].after = true, r.IntN(2)
		f.shape = func(s *shape) { s.connections, s.batch = min(s.connections, 2), min(s.batch, 3) }
		return f
	}
	return k
}

var wayFaults = []faultKind{
	passing("connection reset after the request", func(r *rand.Rand) func(*exchange) {
		delivers, orderly := r.IntN(3) > 0, r.IntN(2) == 0
		return func(x *exchange) {
			if delivers {
				x.deliver()
				x.answer()
			}
			if orderly {
				x.end()
			} else {
				x.reset()
			}
		}
	}),
	onReuse(passing("stale connection", func(r *rand.Rand) func(*exchange) {
		delivers := r.IntN(2) == 0
		return func(x *exchange) {
			if delivers {
				x.deliver()
				x.answer()
			}
			x.end()
		}
	})),
	spoiling("half an answer", func(r *rand.Rand) func(*exchange, []byte) {
		part, then := r.Float64(), pick(r, "end", "reset", "hang")
		return func(x *exchange, answer []byte) {
			_, _ = x.here.Write(answer[:int(part*float64(len(answer)))])
			switch then {
			case "end":
				x.end()
			case "reset":
				x.reset()
			case "hang":
				time.Sleep(2 * time.Minute)
				x.end()
			}
		}
	}),
	{name: "answer twice", forges: true, draw: spoiling("", func(r *rand.Rand) func(*exchange, []byte) {
		pause := pick(r, 0, time.Millisecond, time.Second)
		return func(x *exchange, answer []byte) {
			if pause == 0 {
				_, _ = x.here.Write(append(bytes.Clone(answer), answer...))
				return
			}
			_, _ = x.here.Write(answer)
			time.Sleep(pause)
			x.reply(answer)
		}
	}).draw},
	{name: "answers crossed", forges: true, draw: func(r *rand.Rand) fault {
		return fault{
			hitches: []*hitch{{op: "sendmsg", times: 1000, do: func(x *exchange) {
				x.deliver()
				x.reply(x.exchangeAnswers(x.answer()))
			}}},
			shape: func(s *shape) { s.connections, s.options.Parallelism = max(s.connections, 2), 0 },
		}
	}},
	spoiling("a bit of the answer", func(r *rand.Rand) func(*exchange, []byte) {
		at, bit := r.Float64(), byte(1)<<r.IntN(8)
		return func(x *exchange, answer []byte) {
			if len(answer) > 0 {
				answer[int(at*float64(len(answer)))] ^= bit
			}
			x.reply(answer)
			x.end()
		}
	}),
	spoiling("answer cut short, with its length set right", func(r *rand.Rand) func(*exchange, []byte) {
		part := r.Float64()
		return func(x *exchange, answer []byte) {
			head, body, found := bytes.Cut(answer, []byte("\r\n\r\n"))
			if !found {
				x.end()
				return
			}
			left := int(part * float64(len(body)))
			x.reply(append(append(append(bytes.Clone(lengthOf(answer, left-len(body))[:len(head)]), "\r\n\r\n"...), body[:left]...), ""...))
			x.end()
		}
	}),
	spoiling("another length than the answer's", func(r *rand.Rand) func(*exchange, []byte) {
		by := pick(r, -100, -20, -7, -1, 1, 20, 5000)
		return func(x *exchange, answer []byte) {
			_, _ = x.here.Write(lengthOf(answer, by))
			x.end()
		}
	}),
	spoiling("answer in chunks, cut", func(r *rand.Rand) func(*exchange, []byte) {
		part, closes := r.Float64(), r.IntN(2) == 0
		return func(x *exchange, answer []byte) {
			_, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
			k := int(part * float64(len(body)))
			_, _ = fmt.Fprintf(x.here, "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
			if k > 0 {
				_, _ = fmt.Fprintf(x.here, "%x\r\n%s\r\n", k, body[:k])
			}
			if closes {
				_, _ = fmt.Fprintf(x.here, "0\r\n\r\n")
			}
			x.end()
		}
	}),
	spoiling("provisional answers", func(r *rand.Rand) func(*exchange, []byte) {
		n, line := 1+r.IntN(8), pick(r, "100 Continue", "102 Processing", "103 Early Hints")
		return func(x *exchange, answer []byte) {
			for range n {
				_, _ = fmt.Fprintf(x.here, "HTTP/1.1 %s\r\n\r\n", line)
			}
			x.reply(answer)
		}
	}),
	replacing("redirected to itself", 301, 302, 303, 307, 308),
	replacing("proxy fails", 429, 500, 502, 503, 504),
	replacing("proxy refuses", 401, 403, 404, 405, 407, 408, 411, 413, 501),
	replacing("another kind of answer", 200, 201, 202, 206, 304),
	spoiling("slow answer", func(r *rand.Rand) func(*exchange, []byte) {
		pause, piece := pick(r, time.Millisecond, 500*time.Millisecond, 5*time.Second), 1+r.IntN(200)
		return func(x *exchange, answer []byte) {
			for from := 0; from < len(answer); from += piece {
				if _, err := x.here.Write(answer[from:min(from+piece, len(answer))]); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}
	}),
	passing("black hole", func(r *rand.Rand) func(*exchange) {
		delivers := r.IntN(2) == 0
		return func(x *exchange) {
			if delivers {
				x.deliver()
				x.answer()
			}
			time.Sleep(5 * time.Minute)
			x.end()
		}
	}),
	passing("late delivery", func(r *rand.Rand) func(*exchange) {
		after, hears := between(r, time.Second, 20*time.Minute), r.IntN(2) == 0
		return func(x *exchange) {
			x.network.deliverLate(x.request, after)
			if hears {
				time.Sleep(time.Second)
			}
			x.end()
		}
	}),
	passing("delivered twice by a middlebox", func(*rand.Rand) func(*exchange) {
		return func(x *exchange) {
			x.deliver()
			answer := x.answer()
			if x.op == "sendmsg" {
				x.again()
			}
			x.reply(answer)
		}
	}),
	passing("latency", func(r *rand.Rand) func(*exchange) {
		there, back := between(r, time.Millisecond, time.Minute), between(r, time.Millisecond, time.Minute)
		return func(x *exchange) {
			time.Sleep(there)
			x.deliver()
			answer := x.answer()
			time.Sleep(back)
			x.reply(answer)
		}
	}),
	passing("answer before the request", func(r *rand.Rand) func(*exchange) {
		return func(x *exchange) {
			x.deliver()
			x.answer()
			body := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>`
			x.reply(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		}
	}),
}

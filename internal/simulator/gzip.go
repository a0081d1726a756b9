package simulator

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// takesGzip reports whether the client offers gzip, by RFC 9110 section 12.5.3.
func takesGzip(r *http.Request) bool {
	offer := false
	for _, field := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(field, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			weight := 1.0
			if q, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q="); found {
				weight, _ = strconv.ParseFloat(q, 64)
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip", "x-gzip":
				return weight > 0
			case "*":
				offer = weight > 0
			}
		}
	}
	return offer
}

func gzipped(body []byte) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	zip.Write(body) // a buffer takes everything
	zip.Close()
	return out.Bytes()
}

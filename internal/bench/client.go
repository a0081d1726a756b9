package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
)

const (
	connections = 64
	namespace   = "http://api.clickatell.com" + service
)

// clients are what others would write. They keep no state: where they end early, nobody knows who has the message.
var clients = map[string]func(post func([]byte) (io.ReadCloser, error), people []string) error{
	"xml":   sendXML,
	"bytes": sendBytes,
}

// client sends a text to all people of a file: which of the clients, the gateway, the file, and how many people there are in a
// request.
func client(ctx context.Context, args []string) error {
	send, url, file := clients[args[0]], args[1]+service, args[2]
	size, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	numbers, err := readNumbers(file)
	if err != nil {
		return err
	}
	wire := &http.Client{Transport: &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}}
	post := func(body []byte) (io.ReadCloser, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header.Set("SOAPAction", `"`+namespace+`/sendmsg"`)
		response, err := wire.Do(request)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			response.Body.Close()
			return nil, errors.New(response.Status)
		}
		return response.Body, nil
	}
	queue := make(chan []string, connections)
	workers, _ := errgroup.WithContext(ctx)
	for range connections {
		workers.Go(func() (err error) {
			for people := range queue {
				if err == nil {
					err = send(post, people)
				}
			}
			return err
		})
	}
	for len(numbers) > 0 {
		n := min(size, len(numbers))
		queue <- numbers[:n]
		numbers = numbers[n:]
	}
	close(queue)
	return workers.Wait()
}

// readNumbers gives the numbers of a file of people, without the plus.
func readNumbers(file string) (numbers []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := bufio.NewScanner(f)
	rows.Scan()
	for rows.Scan() {
		numbers = append(numbers, strings.TrimPrefix(strings.Split(rows.Text(), ",")[numberColumn], "+"))
	}
	return numbers, rows.Err()
}

// envelope is a call as encoding/xml writes it.
type envelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Send    struct {
		XMLName xml.Name
		Session string   `xml:"session_id"`
		Text    string   `xml:"text"`
		To      []string `xml:"to"`
		Concat  int      `xml:"concat"`
		ID      string   `xml:"climsgid"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body>sendmsg"`
}

// sendXML writes and reads with encoding/xml, and looks whether everybody has an id.
func sendXML(post func([]byte) (io.ReadCloser, error), people []string) error {
	var e envelope
	e.Send.XMLName = xml.Name{Space: namespace, Local: "sendmsg"}
	e.Send.Session, e.Send.Text, e.Send.To, e.Send.Concat, e.Send.ID = session, oneText, people, 1, people[0]
	body, err := xml.Marshal(e)
	if err != nil {
		return err
	}
	answer, err := post(body)
	if err != nil {
		return err
	}
	defer answer.Close()
	var read struct {
		Lines []string `xml:"Body>sendmsgResponse>return"`
	}
	if err := xml.NewDecoder(answer).Decode(&read); err != nil {
		return err
	}
	accepted := 0
	for _, line := range read.Lines {
		if strings.HasPrefix(line, "ID: ") {
			accepted++
		}
	}
	if accepted != len(people) {
		return fmt.Errorf("%d of %d accepted", accepted, len(people))
	}
	_, err = io.Copy(io.Discard, answer)
	return err
}

const session = "0f0e0d0c0b0a09080706050403020100"

// sendBytes puts the numbers between bytes that are always the same, and throws the answer away.
func sendBytes(post func([]byte) (io.ReadCloser, error), people []string) error {
	body := make([]byte, 0, 1024+30*len(people))
	body = append(body, `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="`+namespace+
		`"><s:Body><c:sendmsg><session_id>`+session+`</session_id><text>`+oneText+`</text>`...)
	for _, number := range people {
		body = append(append(append(body, "<to>"...), number...), "</to>"...)
	}
	body = append(body, `<concat>1</concat><climsgid>`+session+`</climsgid></c:sendmsg></s:Body></s:Envelope>`...)
	answer, err := post(body)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(io.Discard, answer)
	return err
}

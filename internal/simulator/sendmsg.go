package simulator

import (
	"cmp"
	"encoding/hex"
	"slices"
	"time"
)

var (
	messageTypes = []string{
		"", "SMS_TEXT", "SMS_FLASH", "SMS_NOKIA_OLOGO", "SMS_NOKIA_GLOGO", "SMS_NOKIA_PICTURE", "SMS_NOKIA_RINGTONE",
		"SMS_NOKIA_RTTL", "SMS_NOKIA_CLEAN", "SMS_NOKIA_VCARD", "SMS_NOKIA_VCAL",
	}
	// Of these the text is hexadecimal data, for which the gateway writes the header.
	dataTypes = []string{"SMS_NOKIA_OLOGO", "SMS_NOKIA_GLOGO", "SMS_NOKIA_PICTURE", "SMS_NOKIA_RINGTONE"}
)

// portHeader is how many octets a header takes that addresses a message to a program on the handset.
const portHeader = 7

// sendmsg sends one text, or one binary message, to the recipients.
func (s *Simulator) sendmsg(c *call, by caller, o *orders) ([]string, error) {
	p := parameters{call: c}
	p.recipients()
	b := p.delivery(by.terms)
	p.content(b, c.Value("text"), errEmpty)
	if p.code == 0 {
		p.wrong(!b.fit(by.terms), errParts)
	}
	if p.code != 0 {
		return []string{errorLine(p.code)}, nil
	}
	return s.submit(c, by, b, o)
}

// content reads what the messages say. Where that is nothing, missing is the error.
func (p *parameters) content(b *batch, text string, missing int) {
	isUnicode := p.flag("unicode")
	b.Type, b.UDH, b.Data = p.text("msg_type"), p.text("udh"), p.text("data")
	b.Flash = b.Type == "SMS_FLASH"
	if slices.Contains(dataTypes, b.Type) && b.Data == "" {
		b.Data, text = text, ""
	}
	isBinary := b.UDH != "" || b.Data != ""
	_, notData := hex.DecodeString(b.Data)
	header, notHeader := hex.DecodeString(b.UDH)
	p.wrong(!slices.Contains(messageTypes, b.Type), errType)
	p.wrong(isBinary && text != "" || b.UDH != "" && (b.Data == "" || b.Type != "") || notData != nil, errParameter)
	p.wrong(!isBinary && text == "", missing)
	p.wrong(notHeader != nil || len(header) > 0 && int(header[0]) != len(header)-1, errUDH)
	p.wrong(isBinary && !isDigits(trimPlus(b.From)), errSource)
	switch {
	case isBinary:
		b.Encoding = binary
	case isUnicode:
		var ok bool
		b.Encoding = ucs2
		b.Text, ok = decodeUnicode(text)
		p.wrong(!ok, errUnicode)
	default:
		b.Encoding, b.Text = gsm7, text
		p.alphabet(b)
	}
}

// alphabet refuses plain text that the alphabet lacks a character of, where that is chosen.
func (p *parameters) alphabet(b *batch) {
	p.wrong(p.call.chosen["plain=refuse"] && b.Encoding == gsm7 && onAir(b.Text) != b.Text, errUnicode)
}

// fit makes the text what is on the air, counts its parts, and reports whether concat allows so many. Binary messages are
// split whatever concat says.
func (b *batch) fit(by *Account) bool {
	switch b.Encoding {
	case binary:
		octets := (len(b.UDH) + len(b.Data)) / 2
		if slices.Contains(dataTypes, b.Type) {
			octets += portHeader
		}
		b.Segments = binarySegments(octets)
		return true
	case ucs2:
		b.Segments = unicodeSegments(b.Text)
	default:
		b.Text = onAir(b.Text)
		b.Segments = plainSegments(b.Text)
	}
	return b.Segments <= min(cmp.Or(b.Concat, by.Segments, 1), maxSegments)
}

// hidden reports whether query-lag keeps the message from being found.
func (b *batch) hidden(now time.Time) bool { return now.Before(b.HiddenUntil) }

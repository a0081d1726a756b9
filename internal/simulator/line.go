package simulator

import (
	"fmt"
	"strconv"
	"time"
)

// Error codes.
const (
	errAuthentication = 1
	errSessionExpired = 3
	errFrozen         = 4
	errSessionMissing = 5
	errLockdown       = 7
	errParameter      = 101
	errUDH            = 102
	errMessageID      = 103
	errClientID       = 104
	errDestination    = 105
	errSource         = 106
	errEmpty          = 107
	errAPIID          = 108
	errIDMissing      = 109
	errType           = 112
	errParts          = 113
	errNoRoute        = 114
	errUnicode        = 116
	errTime           = 120
	errBlocked        = 121
	errOptedOut       = 122
	errSender         = 123
	errDelisted       = 128
	errLimit          = 130
	errBatch          = 201
	errTemplate       = 202
	errCredit         = 301
	errVoucher        = 606
	errVoucherExpired = 607
)

var errorTexts = map[int]string{
	1: "Authentication failed", 2: "Unknown username or password", 3: "Session ID expired", 4: "Account frozen",
	5: "Missing session ID", 7: "IP Lockdown violation", 100: "Data malformed", 101: "Invalid or missing parameters",
	102: "Invalid user data header", 103: "Unknown API message ID", 104: "Unknown client message ID",
	105: "Invalid destination address", 106: "Invalid source address", 107: "Empty message", 108: "Invalid or missing API ID",
	109: "Missing message ID", 110: "Error with email message", 111: "Invalid protocol", 112: "Invalid message type",
	113: "Maximum message parts exceeded", 114: "Cannot route message", 115: "Message expired", 116: "Invalid Unicode data",
	120: "Invalid delivery time", 121: "Destination mobile number blocked", 122: "Destination mobile opted out",
	123: "Invalid sender ID", 128: "Number delisted", 130: "Maximum MT limit exceeded", 201: "Invalid batch ID",
	202: "No batch template", 301: "No Credit Left", 302: "Max allowed credit", 606: "Invalid Voucher", 607: "Expired Voucher", 901: "Internal error - please retry",
}

// errorLine is "ERR: 105, Invalid destination address".
func errorLine(code int) string {
	text := errorTexts[code]
	if text == "" {
		text = "Error"
	}
	return fmt.Sprintf("ERR: %03d, %s", code, text)
}

// limitLine refuses what is above the account's limit.
func limitLine(until time.Time) string {
	return fmt.Sprintf("%s until %d", errorLine(errLimit), until.Unix())
}

func statusLine(m *message, status int) string {
	return fmt.Sprintf("ID: %s Status: %03d", m.id, status)
}

func decimal(credits float64) string { return strconv.FormatFloat(credits, 'f', -1, 64) }

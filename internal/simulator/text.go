package simulator

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// Encodings of a message.
const (
	gsm7   = "gsm7"
	ucs2   = "ucs2"
	binary = "binary"
)

// alphabet has the characters of GSM 03.38 that take one septet, extension those that take two.
const (
	alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "^{}\\[~]|€"
)

func septets(r rune) int {
	switch {
	case 'a' <= r && r <= 'z', r == ' ', '0' <= r && r <= '9':
		return 1
	case strings.ContainsRune(extension, r):
		return 2
	case strings.ContainsRune(alphabet, r):
		return 1
	}
	return 0
}

// onAir gives text as a plain message carries it: "?" stands for what the alphabet lacks.
func onAir(text string) string {
	return strings.Map(func(r rune) rune {
		if septets(r) == 0 {
			return '?'
		}
		return r
	}, text)
}

// plainSegments counts the parts of a text that onAir gave.
func plainSegments(text string) int {
	return segments(text, 160, 153, septets)
}

// unicodeSegments counts the parts of a text in UTF-16 units.
func unicodeSegments(text string) int {
	return segments(text, 70, 67, utf16.RuneLen)
}

func binarySegments(octets int) int {
	if octets <= 140 {
		return 1
	}
	return (octets + 133) / 134
}

// segments fills one part after the other; no character is cut in two.
func segments(text string, single, part int, width func(rune) int) int {
	total, count, used := 0, 1, 0
	for _, r := range text {
		w := width(r)
		if total += w; used+w > part {
			count, used = count+1, 0
		}
		used += w
	}
	if total <= single {
		return 1
	}
	return count
}

// decodeUnicode reads 16-bit units, big endian, each as four hexadecimal digits.
func decodeUnicode(digits string) (text string, ok bool) {
	octets, err := hex.DecodeString(digits)
	if err != nil || len(octets)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(octets)/2)
	for i := range units {
		units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	return string(utf16.Decode(units)), true
}

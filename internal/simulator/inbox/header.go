package inbox

import (
	"encoding/hex"
	"fmt"
)

// element is one of a user data header, in words (3GPP TS 23.040, section 9.2.3.24).
type element struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// header takes a user data header apart. What does not fit together is an element of its own.
func header(digits string) []element {
	octets, err := hex.DecodeString(digits)
	if err != nil || len(octets) == 0 {
		return nil
	}
	var list []element
	rest := octets[1:]
	for len(rest) >= 2 && len(rest) >= 2+int(rest[1]) {
		id, value := rest[0], rest[2:2+int(rest[1])]
		rest = rest[2+len(value):]
		list = append(list, elementOf(id, value))
	}
	if len(rest) > 0 {
		list = append(list, element{"not an element", hex.EncodeToString(rest)})
	}
	return list
}

func elementOf(id byte, value []byte) element {
	switch {
	case id == 0x00 && len(value) == 3:
		return element{"concatenation", fmt.Sprintf("part %d of %d, reference %d", value[2], value[1], value[0])}
	case id == 0x08 && len(value) == 4:
		return element{"concatenation", fmt.Sprintf("part %d of %d, reference %d", value[3], value[2], int(value[0])<<8|int(value[1]))}
	case id == 0x04 && len(value) == 2:
		return element{"ports", fmt.Sprintf("to %s, from %d", port(int(value[0])), value[1])}
	case id == 0x05 && len(value) == 4:
		return element{"ports", fmt.Sprintf("to %s, from %d", port(int(value[0])<<8|int(value[1])), int(value[2])<<8|int(value[3]))}
	case id == 0x01 && len(value) == 2:
		return element{"message waiting", fmt.Sprintf("kind %#02x, %d messages", value[0], value[1])}
	case id == 0x24 && len(value) == 1:
		return element{"national alphabet", fmt.Sprintf("single shift %d", value[0])}
	case id == 0x25 && len(value) == 1:
		return element{"national alphabet", fmt.Sprintf("locking shift %d", value[0])}
	}
	return element{fmt.Sprintf("element %#02x", id), hex.EncodeToString(value)}
}

// port names the application that a port belongs to.
func port(number int) string {
	names := map[int]string{
		226: "vCard", 228: "vCalendar", 2948: "WAP push", 2949: "WAP push (secure)", 5505: "ringtone", 5506: "operator logo", 5507: "group logo",
		5514: "picture message", 9200: "WAP", 9201: "WAP", 9204: "vCard", 9205: "vCalendar",
	}
	if name := names[number]; name != "" {
		return fmt.Sprintf("%d (%s)", number, name)
	}
	return fmt.Sprint(number)
}

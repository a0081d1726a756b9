package state

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Person is the pseudonym of a telephone number: HMAC-SHA-256 of its E.164 digits under the state's key, cut to 16 bytes.
type Person [16]byte

const blockSize = sha256.BlockSize

// pseudonyms computes persons under one key, without allocating. Safe for concurrent use. It is HMAC (RFC 2104) spelt out:
// crypto/hmac allocates for every number.
type pseudonyms struct {
	inner, outer [blockSize]byte // what each of the two passes begins with
}

func newPseudonyms(key []byte) *pseudonyms {
	if len(key) > blockSize {
		k := sha256.Sum256(key)
		key = k[:]
	}
	p := &pseudonyms{}
	copy(p.inner[:], key)
	p.outer = p.inner
	for i := range p.inner {
		p.inner[i] ^= 0x36
		p.outer[i] ^= 0x5c
	}
	return p
}

// longest is the room for a number; a longer text costs an allocation.
const longest = 24

// person gives the pseudonym of a number.
func person[T string | []byte](p *pseudonyms, e164 T) Person {
	var first [blockSize + longest]byte
	copy(first[:], p.inner[:])
	inner := sha256.Sum256(append(first[:blockSize], e164...))
	var second [blockSize + sha256.Size]byte
	copy(second[:], p.outer[:])
	copy(second[blockSize:], inner[:])
	outer := sha256.Sum256(second[:])
	return Person(outer[:16])
}

// keyCheck is what a state keeps to recognise the key: the state must not be used with another one, because with it
// everybody would look new.
func keyCheck(key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("smsplan key check"))
	return m.Sum(nil)[:16]
}

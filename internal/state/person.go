package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"hash"
	"sync"
)

// Person is the pseudonym of a telephone number: HMAC-SHA-256 of its E.164 digits under the state's key, cut to 16 bytes.
type Person [16]byte

const blockSize = sha256.BlockSize

// pseudonyms computes persons under one key, without allocating. Safe for concurrent use.
type pseudonyms struct {
	inner, outer []byte // SHA-256 after the block of the key that HMAC begins each of its two passes with
	pool         sync.Pool
}

type hasher struct {
	hash interface {
		hash.Hash
		encoding.BinaryUnmarshaler
	}
	digits, sum []byte
}

func newPseudonyms(key []byte) *pseudonyms {
	if len(key) > blockSize {
		k := sha256.Sum256(key)
		key = k[:]
	}
	after := func(pad byte) []byte {
		var block [blockSize]byte
		copy(block[:], key)
		for i := range block {
			block[i] ^= pad
		}
		h := sha256.New()
		h.Write(block[:])
		state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			panic(err) // crypto/sha256 documents that it implements this
		}
		return state
	}
	p := &pseudonyms{inner: after(0x36), outer: after(0x5c)}
	p.pool.New = func() any {
		h := &hasher{}
		h.hash = sha256.New().(interface {
			hash.Hash
			encoding.BinaryUnmarshaler
		})
		return h
	}
	return p
}

// person gives the pseudonym of a number.
func person[T string | []byte](p *pseudonyms, e164 T) Person {
	h := p.pool.Get().(*hasher)
	defer p.pool.Put(h)
	h.digits = append(h.digits[:0], e164...)
	h.pass(p.inner, h.digits)
	h.pass(p.outer, h.sum)
	return Person(h.sum[:16])
}

func (h *hasher) pass(start, message []byte) {
	if err := h.hash.UnmarshalBinary(start); err != nil {
		panic(err) // it was marshalled by the same package
	}
	h.hash.Write(message)
	h.sum = h.hash.Sum(h.sum[:0])
}

// keyCheck is what a state keeps to recognise the key: the state must not be used with another one, because with it
// everybody would look new.
func keyCheck(key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("smsplan key check"))
	return m.Sum(nil)[:16]
}

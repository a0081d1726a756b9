package config

import (
	"bytes"
	"compress/gzip"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/crypto/ssh"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// base64DecodeFunc decodes a text. The library's own writes what it decodes to the log.
var base64DecodeFunc = textFunction("str", func(s string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("failed to decode base64 data %q", shortened(s, 80))
	}
	if !utf8.Valid(decoded) {
		return "", errors.New("the result of decoding the provided string is not valid UTF-8; textdecodebase64 knows other encodings")
	}
	return string(decoded), nil
})

// base64GzipFunc compresses a text. What it gives is the same as long as smsplan is built with the same version of Go.
var base64GzipFunc = textFunction("str", func(s string) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		return "", err
	}
	// The bytes are Terraform's, which has the flush.
	if err := w.Flush(); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
})

// encodingFunction makes a function of a text and the name of an encoding.
func encodingFunction(first string, f func(text string, in encoding.Encoding, name string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: first, Type: cty.String}, {Name: "encoding", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			in, err := ianaindex.IANA.Encoding(args[1].AsString())
			if err != nil || in == nil {
				return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "%q is not a supported IANA encoding name or alias", args[1].AsString())
			}
			name, err := ianaindex.IANA.Name(in)
			if err != nil {
				name = args[1].AsString()
			}
			s, err := f(args[0].AsString(), in, name)
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

var textEncodeBase64Func = encodingFunction("string", func(text string, in encoding.Encoding, name string) (string, error) {
	encoded, err := in.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return "", fmt.Errorf("the given string contains characters that cannot be represented in %s", name)
	}
	return base64.StdEncoding.EncodeToString(encoded), nil
})

var textDecodeBase64Func = encodingFunction("source", func(text string, in encoding.Encoding, name string) (string, error) {
	encoded, err := base64.StdEncoding.DecodeString(text)
	var corrupt base64.CorruptInputError
	switch {
	case errors.As(err, &corrupt):
		return "", fmt.Errorf("the given value has an invalid base64 symbol at offset %d", int(corrupt))
	case err != nil:
		return "", errors.New("the given value is not base64")
	}
	decoded, err := in.NewDecoder().Bytes(encoded)
	if err != nil || bytes.ContainsRune(decoded, '\uFFFD') {
		return "", fmt.Errorf("the given string contains symbols that are not defined for %s", name)
	}
	return string(decoded), nil
})

// longestKey is the length of a private key that rsadecrypt reads: the time that it takes grows with the third power.
const longestKey = 32 << 10

// rsaDecryptFunc decrypts what was encrypted with an RSA key. The library's own reads keys in PKCS #1 alone, so others become one.
var rsaDecryptFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "ciphertext", Type: cty.String}, {Name: "privatekey", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		if _, err := base64.StdEncoding.DecodeString(args[0].AsString()); err != nil {
			return cty.UnknownVal(t), function.NewArgErrorf(0, "failed to decode input %q: cipher text must be base64-encoded", shortened(args[0].AsString(), 80))
		}
		if len(args[1].AsString()) > longestKey {
			return cty.UnknownVal(t), function.NewArgErrorf(1, "the key is longer than %d KiB", longestKey>>10)
		}
		parsed, err := ssh.ParseRawPrivateKey([]byte(args[1].AsString()))
		if err != nil {
			return cty.UnknownVal(t), function.NewArgErrorf(1, "%s", keyFault(err))
		}
		key, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return cty.UnknownVal(t), function.NewArgErrorf(1, "it is not an RSA key")
		}
		text, err := crypto.RsaDecrypt(args[0], cty.StringVal(string(pem.EncodeToMemory(&pem.Block{
			Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key),
		}))))
		if err != nil {
			return cty.UnknownVal(t), fmt.Errorf("failed to decrypt: %w", err)
		}
		return text, nil
	},
})

// keyFault says why a private key could not be read, and nothing of the key.
func keyFault(err error) string {
	if _, protected := err.(*ssh.PassphraseMissingError); protected {
		return "it is protected with a passphrase; take the protection off first"
	}
	return "it is not an RSA private key in PEM"
}

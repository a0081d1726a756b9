package soap

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// Causes of calls that the certificate of the gateway, or of a proxy on the way, puts an end to. Nothing was sent, and
// another try would meet the same certificate.
var (
	ErrUntrusted = errors.New("the certificate is not trusted")
	ErrOtherHost = errors.New("the certificate is another host's")
	ErrOutdated  = errors.New("the certificate is not valid at this time")
)

// distrust makes one of these causes of an error about a certificate; nil of any other.
func distrust(err error) error {
	var refused *tls.CertificateVerificationError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case !errors.As(err, &refused):
		return nil
	case errors.As(err, &host):
		return fmt.Errorf("%w: %w", ErrOtherHost, refused.Err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return ErrOutdated // the error below has times in it, which would be masked as telephone numbers
	}
	return fmt.Errorf("%w: %w", ErrUntrusted, refused.Err)
}

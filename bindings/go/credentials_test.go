package deltaic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

// emptyStore says of every object of S3 that it is not there, and keeps whose keys signed the questions.
func emptyStore(t *testing.T) (map[string]string, func() []string) {
	var lock sync.Mutex
	var signers []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		key, _, _ := strings.Cut(after, "/")
		lock.Lock()
		signers = append(signers, key)
		lock.Unlock()
		if r.URL.Query().Has("list-type") {
			fmt.Fprint(w, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	storage := map[string]string{"aws_endpoint": server.URL, "aws_region": "us-east-1", "allow_http": "true"}
	return storage, func() []string {
		lock.Lock()
		defer lock.Unlock()
		return signers
	}
}

func keys(id string) deltaic.Credentials {
	return deltaic.Credentials{
		Options: map[string]string{"aws_access_key_id": id, "aws_secret_access_key": "canary-secret"},
	}
}

func TestCredentialsOfAFunctionSign(t *testing.T) {
	storage, signers := emptyStore(t)
	given, asked := keys("AKFROMGO"), 0
	given.Expires = time.Now().Add(time.Hour)
	give := func() (deltaic.Credentials, error) { asked++; return given, nil }
	_, err := deltaic.Open(context.Background(), "s3://b/t", deltaic.WithStorage(storage), deltaic.WithCredentials(give))
	if code := codeOf(err); code != deltaic.CodeNotFound {
		t.Fatalf("%v", err)
	}
	if asked != 1 || len(signers()) == 0 {
		t.Errorf("asked %d times, %d requests", asked, len(signers()))
	}
	for _, signer := range signers() {
		if signer != "AKFROMGO" {
			t.Errorf("%q signed", signer)
		}
	}
	if len(given.Options) != 2 {
		t.Errorf("the function's own map was changed: %d options", len(given.Options))
	}
}

func TestCredentialsThatAreNotGivenAreAnError(t *testing.T) {
	storage, signers := emptyStore(t)
	expired := keys("AK")
	expired.Expires = time.Unix(1, 0)
	cases := map[string]func() (deltaic.Credentials, error){
		"the vault is sealed": func() (deltaic.Credentials, error) {
			return deltaic.Credentials{}, errors.New("the vault is sealed\nsecond line")
		},
		"panic: boom":     func() (deltaic.Credentials, error) { panic("boom") },
		"expired already": func() (deltaic.Credentials, error) { return expired, nil },
		"NUL byte in option aws_session_token": func() (deltaic.Credentials, error) {
			broken := keys("AK")
			broken.Options["aws_session_token"] = "canary\x00"
			return broken, nil
		},
		"must hold": func() (deltaic.Credentials, error) { return deltaic.Credentials{}, nil },
	}
	for says, give := range cases {
		_, err := deltaic.Open(context.Background(), "s3://b/t", deltaic.WithStorage(storage), deltaic.WithCredentials(give))
		if codeOf(err) != deltaic.CodePermissionDenied || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
		if err != nil && (strings.Contains(err.Error(), "second line") || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%v", err)
		}
	}
	if len(signers()) != 0 {
		t.Errorf("%d requests without credentials", len(signers()))
	}
	local := deltaic.WithCredentials(cases["must hold"])
	if _, err := deltaic.Open(context.Background(), t.TempDir(), local); err == nil || !strings.Contains(err.Error(), "credentials provider") {
		t.Errorf("%v", err)
	}
}

func codeOf(err error) deltaic.Code {
	var failure *deltaic.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return 0
}

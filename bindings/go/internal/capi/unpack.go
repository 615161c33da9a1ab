package capi

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const libraryName = "libdeltaic.so.0"

// libraryPath is that of DELTAIC_LIBRARY, else of the embedded bundle, unpacked.
func libraryPath() (string, error) {
	if path := os.Getenv("DELTAIC_LIBRARY"); path != "" {
		return path, nil
	}
	archive, digest := bundle()
	if archive == nil {
		return "", errors.New("deltaic: this build holds no native library; set DELTAIC_LIBRARY to the path of " +
			libraryName + ", or use the packed module native/linux_amd64")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("deltaic: no folder to unpack the native library into: %w; set HOME, XDG_CACHE_HOME or DELTAIC_LIBRARY", err)
	}
	folder, err := unpack(archive, strings.TrimSpace(digest), filepath.Join(cache, "deltaic"))
	if err != nil {
		return "", fmt.Errorf("deltaic: unpacking the native library: %w", err)
	}
	return filepath.Join(folder, libraryName), nil
}

// unpack leaves the files of the archive in a folder of root that is named by their digest, and gives that folder. Others
// may do so at the same time: each unpacks beside it, and the first rename wins.
func unpack(archive []byte, digest, root string) (string, error) {
	folder := filepath.Join(root, digest)
	if err := checkUnpacked(folder); err == nil {
		return folder, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if sum := sha256.Sum256(archive); hex.EncodeToString(sum[:]) != digest {
		return "", errors.New("the embedded archive is damaged: its digest is another")
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp(root, ".unpacking-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := extract(archive, scratch); err != nil {
		return "", err
	}
	if err := os.Rename(scratch, folder); err != nil && checkUnpacked(folder) != nil {
		return "", err
	}
	return folder, checkUnpacked(folder)
}

// extract writes plain files only, none outside of the folder.
func extract(archive []byte, folder string) error {
	plain, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	for reader := tar.NewReader(plain); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg || header.Name != filepath.Base(header.Name) {
			return fmt.Errorf("the embedded archive holds %q, which is no plain file", header.Name)
		}
		if err := extractFile(reader, filepath.Join(folder, header.Name)); err != nil {
			return err
		}
	}
}

func extractFile(content io.Reader, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// checkUnpacked refuses a folder that somebody else could have written: code is loaded from it.
func checkUnpacked(folder string) error {
	for _, path := range []string{folder, filepath.Join(folder, libraryName)} {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
			return fmt.Errorf("%s belongs to another user; remove it", path)
		}
		if info.Mode().Perm()&0o022 != 0 || info.Mode()&os.ModeSymlink != 0 {
			return fmt.Errorf("%s can be written by others; remove it", path)
		}
	}
	return nil
}

// hint names what a machine may lack where dlopen fails.
func hint() string {
	if _, err := os.Stat("/lib/ld-musl-x86_64.so.1"); err == nil {
		return "; this system's C library is musl, and the library needs glibc 2.35 or newer"
	}
	return "; it needs glibc 2.35 or newer and libstdc++"
}

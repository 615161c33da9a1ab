"""``DeltaStorageHandler``."""

from __future__ import annotations

from typing import Any

from .._handle import TableHandle

try:
    import pyarrow
    from pyarrow.fs import FileSelector, FileSystemHandler, FileType, SubTreeFileSystem

    from .._pyarrow.filesystems import filesystem_of
except ImportError:
    pyarrow = None
    FileSystemHandler = object  # type: ignore[assignment,misc]

__all__ = ["DeltaStorageHandler"]


class DeltaStorageHandler(FileSystemHandler):
    """The folder of a table, for ``pyarrow.fs.PyFileSystem(DeltaStorageHandler(uri))``.

    Paths are below the root of the table. Writing is for files that `create_write_transaction` commits. In clouds
    (S3, Azure, Google) pyarrow's own clients move the bytes, with the settings of the table.
    """

    def __init__(
        self, table_uri: str, options: dict[str, str] | None = None, known_sizes: dict[str, int] | None = None
    ) -> None:
        """
        Args:
            table_uri: the root of the table; it need not exist.
            options: settings of the storage.
            known_sizes: bytes of files by path; not needed here.

        Raises:
            NotImplementedError: for a storage, or a way to log in, that pyarrow lacks.
        """
        self._open(TableHandle.at(table_uri, options))

    @classmethod
    def from_table(
        cls, table: TableHandle, options: dict[str, str] | None = None, known_sizes: dict[str, int] | None = None
    ) -> DeltaStorageHandler:
        """The folder of a table that is open.

        Args:
            table: `DeltaTable._table`.
            options: settings of the storage.
            known_sizes: bytes of files by path; not needed here.
        """
        made = cls.__new__(cls)
        made._open(table)
        return made

    def _open(self, table: TableHandle) -> None:
        if pyarrow is None:
            raise ImportError("DeltaStorageHandler needs pyarrow (pip install pyarrow)")
        self._root = table.uri()
        folder, files = filesystem_of(table)
        self._files = SubTreeFileSystem(folder, files)

    def get_type_name(self) -> str:
        """Names this file system."""
        return "deltaic"

    def equals(self, other: Any) -> bool:
        """Whether `other` is the same folder."""
        return isinstance(other, DeltaStorageHandler) and self._root == other._root

    def __eq__(self, other: object) -> bool:
        return self.equals(other)

    def __hash__(self) -> int:
        return hash(self._root)

    def normalize_path(self, path: str) -> str:
        """The path in its usual form."""
        return self._files.normalize_path(path)

    def get_file_info(self, paths: list[str]) -> list[Any]:
        """What there is at each of the paths."""
        return self._files.get_file_info(paths)

    def get_file_info_selector(self, selector: FileSelector) -> list[Any]:
        """What there is below a folder."""
        return self._files.get_file_info(selector)

    def create_dir(self, path: str, recursive: bool = True) -> None:
        """Creates a folder."""
        self._files.create_dir(path, recursive=recursive)

    def delete_dir(self, path: str) -> None:
        """Deletes a folder and all in it; nothing where there is none."""
        if self._files.get_file_info(path).type != FileType.NotFound:  # as where folders are only in names
            self._files.delete_dir(path)

    def delete_dir_contents(self, path: str, *, accept_root_dir: bool = False, missing_dir_ok: bool = False) -> None:
        """Deletes all in a folder."""
        self._files.delete_dir_contents(path, accept_root_dir=accept_root_dir, missing_dir_ok=missing_dir_ok)

    def delete_root_dir_contents(self) -> None:
        """Deletes all there is."""
        self._files.delete_dir_contents("", accept_root_dir=True)

    def delete_file(self, path: str) -> None:
        """Deletes a file."""
        self._files.delete_file(path)

    def move(self, src: str, dest: str) -> None:
        """Renames a file or a folder; a file at `dest` is replaced. Azure without folders renames no folders."""
        try:
            self._files.move(src, dest)
        except NotImplementedError:
            if self._files.get_file_info(src).type != FileType.File:
                raise
            self._files.copy_file(src, dest)
            self._files.delete_file(src)

    def copy_file(self, src: str, dst: str) -> None:
        """Copies a file; one at `dst` is replaced."""
        self._files.copy_file(src, dst)

    def open_input_file(self, path: str) -> pyarrow.NativeFile:
        """A file to read from any place."""
        return self._files.open_input_file(path)

    def open_input_stream(self, path: str) -> pyarrow.NativeFile:
        """A file to read from its start."""
        return self._files.open_input_stream(path)

    def open_output_stream(self, path: str, metadata: dict[str, str] | None = None) -> pyarrow.NativeFile:
        """A new file, in place of one that is there."""
        return self._files.open_output_stream(path, metadata=metadata)

    def open_append_stream(self, path: str, metadata: dict[str, str]) -> pyarrow.NativeFile:
        """Raises NotImplementedError: files of tables never grow."""
        raise NotImplementedError("files of a table never grow")

"""File systems of pyarrow for the storages of tables, with the same settings.

pyarrow's own clients: its readers hand them to other threads and processes, which Python code would hold up. What they
cannot do is an error that names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow.fs

from .._credentials import fresh_credentials_of
from .._handle import TableHandle
from .._options import root_of

_S3 = ("s3", "s3a")
_AZURE = ("abfs", "abfss", "az", "azure", "adl")
_GCS = ("gs",)
_TRUE = ("1", "true", "on", "yes", "y")


def filesystem_of(table: TableHandle) -> tuple[str, pyarrow.fs.FileSystem]:
    """Where pyarrow finds the files of a table.

    Returns:
        The table's root within the file system, with a slash at its end, and the file system.

    Raises:
        NotImplementedError: for a storage, or a way to log in, that pyarrow lacks.
    """
    uri = urlsplit(table.uri())
    if uri.scheme == "file":
        return root_of(table.uri()) + "/", pyarrow.fs.LocalFileSystem()
    make = _MAKERS.get(uri.scheme)
    if make is None:
        raise _lacking(f"tables at {uri.scheme}://")
    if table.place is not None and table.place.startswith(("uc://", "glue://")):
        raise _lacking("tables whose credentials a catalog hands out")
    # The container comes before an @, where the account is named.
    bucket = uri.netloc.split("@", maxsplit=1)[0]
    return f"{bucket}{unquote(uri.path)}/", make(uri.netloc, table.storage_options or {})


def _lacking(what: str) -> NotImplementedError:
    return NotImplementedError(
        f"pyarrow's own reader gets at no {what} by itself; give a filesystem that is rooted there"
    )


class _Settings:
    """Options by their names without the prefix, in lower case, then the environment's with it."""

    def __init__(self, given: Mapping[str, Any], prefixes: tuple[str, ...], in_environment: tuple[str, ...]) -> None:
        options = {key: value for key, value in given.items() if key != "credential_provider"}
        if "credential_provider" in given:
            options |= fresh_credentials_of(given["credential_provider"])()
        self._prefixes = prefixes
        self._values = {self._bare(key): str(value) for key, value in options.items() if value is not None}
        self._names = in_environment

    def _bare(self, key: str) -> str:
        key = key.lower()
        for prefix in self._prefixes:
            key = key.removeprefix(prefix)
        return key

    def get(self, *names: str) -> str | None:
        """The first that is given; options come before the environment."""
        for name in names:
            if name in self._values:
                return self._values[name]
        for name in names:
            for prefix in self._names:
                value = os.environ.get(prefix + name.upper())
                if value:
                    return value
        return None

    def is_on(self, *names: str) -> bool:
        return (self.get(*names) or "").lower() in _TRUE

    def refuse(self, *names: str) -> None:
        """Raises NotImplementedError where one of these options is given."""
        for name in names:
            if name in self._values:
                raise _lacking(f"storage with the option {self._prefixes[-1]}{name}")


def _given(**settings: Any) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value}


def _s3(bucket: str, given: Mapping[str, Any]) -> pyarrow.fs.FileSystem:
    settings = _Settings(given, ("aws_",), ("AWS_",))
    settings.refuse("profile", "web_identity_token_file", "container_credentials_full_uri", "sse_customer_key_base64")
    endpoint = urlsplit(settings.get("endpoint_url_s3", "endpoint_url", "endpoint") or "")
    host = endpoint.netloc
    in_host = settings.is_on("virtual_hosted_style_request") or settings.get("s3_addressing_style") == "virtual"
    region = settings.get("region", "default_region")
    if not region:
        region = "us-east-1" if host else pyarrow.fs.resolve_s3_region(bucket)
    return pyarrow.fs.S3FileSystem(
        region=region,
        **_given(
            access_key=settings.get("access_key_id"),
            secret_key=settings.get("secret_access_key"),
            session_token=settings.get("session_token", "token"),
            anonymous=settings.is_on("skip_signature"),
            role_arn=settings.get("iam_role_arn", "s3_assume_role_arn"),
            endpoint_override=host.removeprefix(f"{bucket}.") if in_host else host,
            scheme=endpoint.scheme,
            force_virtual_addressing=in_host,
            proxy_options=settings.get("proxy_url"),
            tls_ca_file_path=settings.get("certificate_path"),
        ),
    )


def _azure(netloc: str, given: Mapping[str, Any]) -> pyarrow.fs.FileSystem:
    settings = _Settings(given, ("azure_", "storage_"), ("AZURE_STORAGE_", "AZURE_"))
    settings.refuse("bearer_token", "token", "federated_token_file", "use_azure_cli", "use_fabric_endpoint")
    in_uri = netloc.partition("@")[2].split(".", maxsplit=1)[0]
    account = in_uri or settings.get("account_name")
    if not account:
        raise _lacking("storage without azure_storage_account_name")
    endpoint = urlsplit(settings.get("endpoint") or "")
    # One that holds the account as its first name, or as the first part of its path.
    authority = endpoint.netloc.removeprefix(account)
    sas = settings.get("sas_token", "sas_key")
    return pyarrow.fs.AzureFileSystem(
        account,
        **_given(
            account_key=settings.get("account_key", "access_key", "master_key", "account_access_key"),
            sas_token=sas and "?" + sas.removeprefix("?"),
            tenant_id=settings.get("tenant_id", "authority_id"),
            client_id=settings.get("client_id"),
            client_secret=settings.get("client_secret"),
            blob_storage_authority=authority,
            dfs_storage_authority=authority.replace(".blob.", ".dfs."),
            blob_storage_scheme=endpoint.scheme,
            dfs_storage_scheme=endpoint.scheme,
        ),
    )


def _gcs(_bucket: str, given: Mapping[str, Any]) -> pyarrow.fs.FileSystem:
    settings = _Settings(given, ("google_",), ("GOOGLE_",))
    settings.refuse("service_account", "service_account_path", "service_account_key", "application_credentials")
    settings.refuse("bearer_token")  # pyarrow wants to know when it expires
    endpoint = urlsplit(settings.get("base_url") or os.environ.get("STORAGE_EMULATOR_HOST", ""))
    return pyarrow.fs.GcsFileSystem(
        **_given(
            anonymous=settings.is_on("skip_signature") or bool(os.environ.get("STORAGE_EMULATOR_HOST")),
            endpoint_override=endpoint.netloc,
            scheme=endpoint.scheme,
        )
    )


_MAKERS = dict.fromkeys(_S3, _s3) | dict.fromkeys(_AZURE, _azure) | dict.fromkeys(_GCS, _gcs)

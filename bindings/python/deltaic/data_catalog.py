"""Catalogs, where tables have names."""

from __future__ import annotations

from enum import Enum
from urllib.parse import quote

__all__ = ["DataCatalog"]


class DataCatalog(Enum):
    """A catalog that knows where tables lie."""

    AWS = "glue"
    """AWS Glue."""
    UNITY = "unity"
    """Unity Catalog, Databricks' or an open source server's."""

    def uri_of(self, database_name: str, table_name: str, data_catalog_id: str | None = None) -> str:
        """The URI of a table, for `DeltaTable`.

        Args:
            database_name: the database, which Unity Catalog calls schema.
            table_name: the table.
            data_catalog_id: of Unity Catalog, the catalog; of Glue, the account whose catalog it is.
        """
        names = [database_name, table_name]
        if self is DataCatalog.UNITY:
            if data_catalog_id is None:
                raise ValueError("a table of Unity Catalog needs data_catalog_id, the name of its catalog")
            names.insert(0, data_catalog_id)
            return "uc://" + ".".join(_escaped(name) for name in names)
        account = f"{data_catalog_id}@" if data_catalog_id else ""
        return f"glue://{account}" + ".".join(_escaped(name) for name in names)


def _escaped(name: str) -> str:
    return quote(name, safe="").replace(".", "%2E")

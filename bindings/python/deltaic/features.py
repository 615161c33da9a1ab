"""The table features by name."""

from __future__ import annotations

from enum import Enum

__all__ = ["TableFeatures"]


class TableFeatures(Enum):
    """What `DeltaTable.alter.add_feature` turns on. The values are the names in the protocol."""

    ColumnMapping = "columnMapping"
    DeletionVectors = "deletionVectors"
    TimestampWithoutTimezone = "timestampNtz"
    V2Checkpoint = "v2Checkpoint"
    AppendOnly = "appendOnly"
    Invariants = "invariants"
    CheckConstraints = "checkConstraints"
    ChangeDataFeed = "changeDataFeed"
    GeneratedColumns = "generatedColumns"
    IdentityColumns = "identityColumns"
    RowTracking = "rowTracking"
    DomainMetadata = "domainMetadata"
    IcebergCompatV1 = "icebergCompatV1"
    VariantType = "variantType"
    VariantTypePreview = "variantType-preview"
    TimestampNanos = "timestampNanos"

"""The DynamoDB table that writers agree on commits in, as a test sees it."""

import json
import urllib.request

KEYS = [("tablePath", "HASH"), ("fileName", "RANGE")]
TABLE = "locks"
COMMIT = r"/_delta_log/\d{20}\.json$"
PUT_ITEM = {"header": {"x-amz-target": "PutItem"}}


def ask(endpoint: str, operation: str, body: dict) -> dict:
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20300101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    request = urllib.request.Request(endpoint, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def make(endpoint: str) -> None:
    table = {
        "TableName": TABLE,
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
        "BillingMode": "PAY_PER_REQUEST",
    }
    ask(endpoint, "CreateTable", table)


def entries(endpoint: str, uri: str) -> list[dict]:
    """Those of a table, by version."""
    query = {
        "TableName": TABLE,
        "KeyConditionExpression": "tablePath = :p",
        "ExpressionAttributeValues": {":p": {"S": uri}},
    }
    return [
        {name: next(iter(value.values())) for name, value in item.items()}
        for item in ask(endpoint, "Query", query)["Items"]
    ]


def options(s3: dict[str, str], dynamo: str) -> dict[str, str]:
    """Storage options of a writer that uses it."""
    return {
        **s3,
        "AWS_S3_LOCKING_PROVIDER": "dynamodb",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamo,
        "DELTA_DYNAMO_TABLE_NAME": TABLE,
    }

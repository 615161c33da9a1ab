"""A process with a Spark session on an S3 server: orders are lines of JSON on standard input, answers lines on standard
output. A process of its own, so that a test can kill it, and since such a session has jars that others do not need.

Arguments: settings as JSON: `folder`, `endpoint`, `key`, `secret`; for commits agreed on in DynamoDB `locks`, `dynamo`.
"""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
import pytest
import spark_session

SDK = "2.29.52"  # what hadoop-aws 3.4.2 was built with; its `bundle` is 600 MB, these are 17
S3A = ["org.apache.hadoop:hadoop-aws:3.4.2"] + [
    f"software.amazon.awssdk:{part}:{SDK}" for part in ("s3", "s3-transfer-manager", "sts")
]
LOG_STORE = "io.delta:delta-storage-s3-dynamodb:4.3.0"
DYNAMO = "com.amazonaws:aws-java-sdk-dynamodb:1.12.262"
SPARKS_OWN = [name for name in spark_session.EXCLUDED if "hadoop" not in name and "jackson" not in name]
EXCLUDED = [*SPARKS_OWN, "software.amazon.awssdk:bundle", "com.fasterxml.jackson.core:*"]
STORE = "spark.io.delta.storage.S3DynamoDBLogStore"


def regions_file(folder: pathlib.Path, dynamo: str) -> pathlib.Path:
    """What the log store's client takes for AWS: it has no setting for another endpoint."""
    host = dynamo.removeprefix("https://")
    service = f"<ServiceName>dynamodb</ServiceName><Http>false</Http><Https>true</Https><Hostname>{host}</Hostname>"
    region = f"<Name>us-east-1</Name><Domain>amazonaws.com</Domain><Endpoint>{service}</Endpoint>"
    path = folder / "regions.xml"
    path.write_text(f"<XML><Regions><Region>{region}</Region></Regions></XML>")
    return path


def start(given: dict):
    folder = pathlib.Path(given["folder"])
    packages = [spark_session.PACKAGE, *S3A]
    settings = {
        "spark.hadoop.fs.s3a.endpoint": given["endpoint"],
        "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.access.key": given["key"],
        "spark.hadoop.fs.s3a.secret.key": given["secret"],
        "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
    }
    if "locks" in given:
        os.environ.update(AWS_ACCESS_KEY_ID=given["key"], AWS_SECRET_ACCESS_KEY=given["secret"])
        jar = os.environ.get("DELTAIC_S3_DYNAMODB_JAR")
        packages += [DYNAMO] if jar else [DYNAMO, LOG_STORE]
        regions = regions_file(folder, given["dynamo"])
        java = f"-XX:TieredStopAtLevel=1 -Dderby.system.home={folder} -Dcom.amazonaws.sdk.disableCertChecking=true"
        settings |= {
            "spark.delta.logStore.s3a.impl": "io.delta.storage.S3DynamoDBLogStore",
            f"{STORE}.ddb.tableName": given["locks"],
            f"{STORE}.ddb.region": "us-east-1",
            "spark.driver.extraJavaOptions": f"{java} -Dcom.amazonaws.regions.RegionUtils.fileOverride={regions}",
            **({"spark.jars": jar} if jar else {}),
        }
    return spark_session.start(folder, packages, EXCLUDED, settings)


def append(spark, uri: str, first: int, count: int, commits: int) -> list[int]:
    """`commits` of `count` rows each; gives the ids that were acknowledged."""
    done = []
    for commit in range(commits):
        begin = first + commit * count
        spark.range(begin, begin + count, 1, 1).write.format("delta").mode("append").save(uri)
        done += range(begin, begin + count)
    return done


def read(spark, uri: str) -> list[int]:
    return sorted(row.id for row in spark.read.format("delta").load(uri).collect())


def main() -> None:
    try:
        spark = start(json.loads(sys.argv[1]))
    except pytest.skip.Exception as missing:
        print(json.dumps({"missing": str(missing)}), flush=True)
        return
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        do = {"append": append, "read": read}[order.pop("do")]
        try:
            answer = {"answer": do(spark, **order)}
        except Exception as error:  # the test judges it
            answer = {"error": str(error)[:2000]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

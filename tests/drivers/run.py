"""A run of the Python driver: TABLE URL OPTIONS (JSON); says what it did as JSON."""

import json
import sys

from deltaic.exceptions import DeltaError
from deltaic.sync import sync

table, url, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


def connection():
    if url.startswith(("unix", "rediss")):
        import redis

        return redis.Redis.from_url(url)
    import psycopg

    return psycopg.connect(url, autocommit=True)


try:
    done = sync(table, to=connection(), **{"into": "scores", "key": "id", **options})
    print(json.dumps({"action": done.action, "from": done.from_version, "to": done.to_version, "sent": done.sent,
                      "upserted": done.upserted, "deleted": done.deleted, "rejected": done.rejected}))  # fmt: skip
except DeltaError as error:
    print(json.dumps({"code": error.code_name, "message": str(error)}))
except Exception as error:
    if type(error).__module__.split(".")[0] != "psycopg":
        raise
    print(json.dumps({"code": "PostgreSQL", "message": str(error)}))

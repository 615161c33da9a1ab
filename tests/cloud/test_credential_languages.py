"""Credentials by a function in Ruby and Node: tables written and read with them, and new ones when they are refused."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import KEY, SECRET
from servers import ROOT

EXTENSIONS = {"ruby": ROOT / "build/ruby/deltaic.so", "node": ROOT / "build/node/deltaic.node"}

RUBY = """
require "deltaic"
uri, place, keys = JSON.parse($stdin.read)
asked = 0
provider = lambda do
  asked += 1
  secret = asked == 1 ? "canary-of-yesterday" : keys[1]
  { aws_access_key_id: keys[0], aws_secret_access_key: secret, expires_at: Time.now + 3600 }
end
options = { **place, credential_provider: provider }
Deltaic.write(uri, (0...200_000).lazy.map { |i| { id: i, text: "text #{i}" } }, storage_options: options)
written = asked
table = Deltaic::Table.open(uri, storage_options: options)
10.times do # streams that are not read to the end, left to the collector
  table.scan.each_slice(10) { |rows| break rows }
  GC.start
end
stream = table.scan.arrow_c_stream
stream.next_rows(5)
stream = nil
table.delete("id < 100000")
print JSON.generate([written, table.scan.sum { |row| row["id"] }, asked])
"""

NODE = """
const { open, write } = require(process.argv[1]);
(async () => {
  const [uri, place, keys] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  let asked = 0;
  const credentialProvider = async () => {
    const secret = ++asked === 1 ? "canary-of-yesterday" : keys[1];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const expiresAt = new Date(Date.now() + 3_600_000);
    return { aws_access_key_id: keys[0], aws_secret_access_key: secret, expiresAt };
  };
  const storageOptions = { ...place, credentialProvider };
  const rows = (function* () { for (let id = 0; id < 200_000; id++) yield { id, text: `text ${id}` }; })();
  await write(uri, rows, { mode: "append", storageOptions });
  const written = asked;
  const table = await open(uri, { storageOptions });
  for (let i = 0; i < 10; i++) {
    for await (const row of table.scan()) break;
    table.scan()[Symbol.asyncIterator]().next(); // left to the collector
    globalThis.gc();
  }
  await table.delete("id < 100000");
  let sum = 0;
  for await (const row of table.scan({ columns: ["id"] })) sum += Number(row.id);
  console.log(JSON.stringify([written, sum, asked]));
})();
"""


def program(language: str) -> list[str]:
    library = ROOT / "bindings" / language / "lib"
    if language == "ruby":
        return ["ruby", "-w", f"-I{library}", f"-I{ROOT / 'build/ruby'}", "-e", RUBY]
    return ["node", "--expose-gc", "-e", NODE, str(library / "index.js")]


@pytest.mark.parametrize("language", EXTENSIONS)
def test_tables_of_a_real_store(language, uri, options):
    extension: pathlib.Path = EXTENSIONS[language]
    if not shutil.which(language) or not extension.exists():
        pytest.skip(f"{language} or {extension.name} is not there: dev/build_{language}")
    place = {name: value for name, value in options.items() if "key" not in name}
    env = {**os.environ, "DELTAIC_NODE_ADDON": str(extension)}
    given = json.dumps([uri, place, [KEY, SECRET]])
    done = subprocess.run(program(language), input=given, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    written, total, asked = json.loads(done.stdout)
    assert total == sum(range(100_000, 200_000))
    # Requests begin at once, and the second of them may be refused after new ones came for the first.
    assert written in (2, 3), "the first were refused"
    assert asked == written + 1, "once for each table that is opened"
    assert "canary" not in done.stdout + done.stderr

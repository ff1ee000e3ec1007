// The TypeScript SDK's client: of its first version, or of its second in the newer era. The contract is bridge.py's.

import { createInterface } from "node:readline";

const told = JSON.parse(process.argv[2]);

async function sdk() {
  if (told.era === "legacy") {
    const base = "@modelcontextprotocol/sdk/client";
    const modules = ["index.js", "stdio.js", "streamableHttp.js", "sse.js"].map((name) => import(`${base}/${name}`));
    return Object.assign({}, ...(await Promise.all(modules)));
  }
  return { ...(await import("@modelcontextprotocol/client")), ...(await import("@modelcontextprotocol/client/stdio")) };
}

const { Client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport } = await sdk();

function transport() {
  if (told.transport === "stdio") return new StdioClientTransport({ command: told.command, args: told.args });
  const Kind = told.transport === "http" ? StreamableHTTPClientTransport : SSEClientTransport;
  return new Kind(new URL(told.url), { requestInit: { headers: told.headers } });
}

const client = new Client({ name: "driver", version: "1" }, { versionNegotiation: { mode: told.era } });
const connection = transport();
await client.connect(connection);
const { tools } = await client.listTools();
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const protocol = client.getNegotiatedProtocolVersion?.() ?? connection.protocolVersion ?? null;
say({ tools: tools.map((tool) => tool.name), protocol });
for await (const line of createInterface({ input: process.stdin })) {
  const [name, args] = JSON.parse(line);
  say(await client.callTool({ name, arguments: args }));
}
await client.close();

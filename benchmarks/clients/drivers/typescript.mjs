// The TypeScript SDK's client, version 1 or 2. The protocol of a driver is in bridge.py.

import { createInterface } from "node:readline";

const target = JSON.parse(process.argv[2]);

async function sdk() {
  if (target.era === "legacy") {
    const base = "@modelcontextprotocol/sdk/client";
    const modules = ["index.js", "stdio.js", "streamableHttp.js", "sse.js"].map((name) => import(`${base}/${name}`));
    return Object.assign({}, ...(await Promise.all(modules)));
  }
  return { ...(await import("@modelcontextprotocol/client")), ...(await import("@modelcontextprotocol/client/stdio")) };
}

const { Client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport } = await sdk();

function transport() {
  if (target.transport === "stdio") return new StdioClientTransport({ command: target.command, args: target.args });
  const Kind = target.transport === "http" ? StreamableHTTPClientTransport : SSEClientTransport;
  return new Kind(new URL(target.url), { requestInit: { headers: target.headers } });
}

const client = new Client({ name: "driver", version: "1" }, { versionNegotiation: { mode: target.era } });
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
